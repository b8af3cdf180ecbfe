package openai

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// named makes a stream whose events are named by their type.
func named(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("event: " + gjson.Get(line, "type").String() + "\ndata: " + line + "\n\n")
	}
	return b.String()
}

const created = `{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"m","created_at":5,"status":"in_progress","output":[],"error":null}}`

var responsesStreams = []struct {
	name   string
	stream string
	want   string
	kind   schema.Kind
}{
	{
		name: "thoughts with a summary in two parts and a signature, text with a citation, a call, usage",
		stream: named(created,
			`{"type":"response.in_progress","response":{"id":"resp_1"}}`,
			`{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}`,
			`{"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}`,
			`{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"h"}`,
			`{"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}`,
			`{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"m"}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"h"}],"encrypted_content":"gA"}}`,
			`{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}`,
			`{"type":"response.content_part.added","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}`,
			`{"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"a","logprobs":[{"token":"a","logprob":-1}]}`,
			`{"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation":{"type":"url_citation","url":"https://x.test","start_index":0,"end_index":1}}`,
			`{"type":"response.output_text.done","output_index":1,"content_index":0,"text":"a"}`,
			`{"type":"response.content_part.done","output_index":1,"content_index":0,"part":{"type":"output_text","text":"a"}}`,
			`{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"msg_1"}}`,
			`{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":""}}`,
			`{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{}"}`,
			`{"type":"response.function_call_arguments.done","output_index":2,"arguments":"{}"}`,
			`{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","arguments":"{}"}}`,
			`{"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"usage":{"input_tokens":9,"output_tokens":5,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":3}}}}`),
		want: "start resp_1 m 5\npart_start 0/0 thinking rs_1\ndelta 0/0 \"h\"\ndelta 0/0 \"\\n\\n\"\ndelta 0/0 \"m\"\ndelta 0/0 \"\" signature openai:gA\npart_end 0/0\n" +
			"part_start 0/1 text\ndelta 0/1 \"a\" logprobs\ndelta 0/1 \"\" cites https://x.test\npart_end 0/1\n" +
			"part_start 0/2 tool_call c1 f\ndelta 0/2 \"{}\"\npart_end 0/2\nstop 0 tool_calls\nusage in 9 (cached 4) out 5 (reasoning 3)\nend\n",
	},
	{
		name: "an incomplete answer with a refusal; arguments that come only when done; a search of OpenAI's own",
		stream: named(created,
			`{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call","id":"ws_1","status":"in_progress"}}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"type":"web_search_call","id":"ws_1","status":"completed"}}`,
			`{"type":"response.refusal.delta","output_index":1,"content_index":0,"delta":"no"}`,
			`{"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"c1","name":"f"}}`,
			`{"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","arguments":"{\"a\":1}"}}`,
			`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}`),
		want: "start resp_1 m 5\npart_start 0/0 other\npart_end 0/0\npart_start 0/1 refusal\ndelta 0/1 \"no\"\npart_start 0/2 tool_call c1 f\ndelta 0/2 \"{\\\"a\\\":1}\"\n" +
			"part_end 0/2\npart_end 0/1\nstop 0 length\nend\n",
	},
	{
		name:   "FIELD 17: a failed answer",
		stream: named(created, `{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}}`),
		want:   "start resp_1 m 5\nerror rate_limit slow down\n",
	},
	{
		name:   "the error event, flat as documented",
		stream: named(`{"type":"error","code":"server_error","message":"oops","param":null,"sequence_number":1}`),
		want:   "error internal oops\n",
	},
	{
		name:   "the error event, nested as sent",
		stream: named(`{"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"too long"}}`),
		want:   "error context_too_long too long\n",
	},
	{name: "a stream that breaks off", stream: named(created), want: "start resp_1 m 5\n", kind: schema.KindTruncated},
	{name: "what is not JSON", stream: "data: {\n\n", kind: schema.KindBadGateway},
}

func TestResponsesStreamsBecomeEvents(t *testing.T) {
	for _, c := range responsesStreams {
		t.Run(c.name, func(t *testing.T) {
			events, err := schematest.Decode(Provider{}.NewDecoder(&schema.Request{Via: schema.OpResponses}), []byte(c.stream))
			checkStream(t, events, err, c.want, c.kind)
		})
	}
}
