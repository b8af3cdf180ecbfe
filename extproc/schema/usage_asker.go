package schema

import "encoding/json"

// UsageAsker is a Provider whose streamed answers tell their usage only if the request asks for it.
type UsageAsker interface {
	Provider
	// AskUsage is the top-level member that asks, made of what the request has in its place; nil: nothing. ok is false
	// where asking is of no use: the operation tells usage anyway, or the server does, or it would refuse.
	AskUsage(op Op, have json.RawMessage) (ask Field, ok bool)
	// ReadUsage reads the usage in one event of a stream; nil if there is none. alone tells that the event is there
	// for nothing else.
	ReadUsage(event []byte) (u *Usage, alone bool)
}
