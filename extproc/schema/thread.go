package schema

import "github.com/tidwall/gjson"

// ThreadNotFound is Anthropic's word for a message thread that the server does not hold (any longer). Its clients then
// send the whole conversation again.
const ThreadNotFound = "thread_not_found"

// ThreadLost returns the error for a request that goes on with a message thread, {"type":"continue",
// "previous_message_id":…}, at a provider that keeps none: its messages are the newest alone, and an answer to them would
// be one without the conversation. A request that begins a thread, {"type":"create"}, has all messages, and a thread may
// be lost at any time, so such a provider answers it as it stands. nil: r may be answered.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/message-threads
func ThreadLost(r *Request) *Error {
	if len(r.Thread) == 0 || gjson.GetBytes(r.Thread, "type").String() == "create" {
		return nil
	}
	return &Error{
		Kind: KindNotFound, Code: ThreadNotFound, Param: "thread.previous_message_id",
		Message: "this provider does not hold the message thread; send the whole conversation",
	}
}
