package openai

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// script writes events one a line, so that a stream reads as a text.
func script(events []schema.Event) string {
	var b strings.Builder
	for i := range events {
		e := &events[i]
		fmt.Fprintf(&b, "%s", e.Kind)
		switch e.Kind {
		case schema.EventStart:
			fmt.Fprintf(&b, " %s %s %d", e.ID, e.Model, e.Created)
		case schema.EventPartStart:
			fmt.Fprintf(&b, " %d/%d %s", e.Choice, e.Part, e.Value.Kind)
			for _, s := range []string{e.Value.ID, e.Value.Name, e.Value.Signature, e.Value.Media.Data} {
				if s != "" {
					b.WriteString(" " + s)
				}
			}
		case schema.EventDelta:
			fmt.Fprintf(&b, " %d/%d %q", e.Choice, e.Part, e.Text)
			if e.Signature != "" {
				b.WriteString(" signature " + e.Signature)
			}
			for _, c := range e.Citations {
				b.WriteString(" cites " + c.URL)
			}
			if len(e.Logprobs) > 0 {
				b.WriteString(" logprobs")
			}
		case schema.EventPartEnd:
			fmt.Fprintf(&b, " %d/%d", e.Choice, e.Part)
		case schema.EventStop:
			fmt.Fprintf(&b, " %d %s %s", e.Choice, e.Stop, e.StopDetail)
		case schema.EventUsage:
			fmt.Fprintf(&b, " in %d (cached %d) out %d (reasoning %d)", e.Usage.Input, e.Usage.CachedInput, e.Usage.Output, e.Usage.Reasoning)
		case schema.EventError:
			fmt.Fprintf(&b, " %s %s", e.Err.Kind, e.Err.Message)
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// chunks makes a stream of data lines.
func chunks(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("data: " + line + "\n\n")
	}
	return b.String()
}

const head = `"id":"c1","object":"chat.completion.chunk","created":5,"model":"m",`

// delta is a chunk of choice 0.
func delta(members, finish string) string {
	if finish != "null" {
		finish = `"` + finish + `"`
	}
	return `{` + head + `"choices":[{"index":0,"delta":{` + members + `},"finish_reason":` + finish + `}]}`
}

var chatStreams = []struct {
	name   string
	stream string
	want   string
	kind   schema.Kind // of the error at the end
}{
	{
		name: "text, and FIELD 10: usage in a last chunk without choices",
		stream: chunks(delta(`"role":"assistant","content":""`, "null"), delta(`"content":"Hé"`, "null"), delta(`"content":"y"`, "null"),
			delta(``, "stop"), `{`+head+`"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}`, `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"Hé\"\ndelta 0/0 \"y\"\npart_end 0/0\nstop 0 end\nusage in 9 (cached 4) out 2 (reasoning 0)\nend\n",
	},
	{
		name: "FIELD 1 and 2: parallel calls whose deltas interleave; FIELD 4: one without arguments",
		stream: chunks(
			delta(`"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]`, "null"),
			delta(`"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}},{"index":0,"function":{"arguments":"{\"x\""}}]`, "null"),
			delta(`"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"}"}}]`, "null"),
			delta(`"tool_calls":[{"index":2,"id":"c","function":{"name":"h"}}]`, "null"), delta(``, "tool_calls"), `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 tool_call a f\npart_start 0/1 tool_call b g\ndelta 0/1 \"{\"\ndelta 0/0 \"{\\\"x\\\"\"\ndelta 0/0 \":1}\"\ndelta 0/1 \"}\"\n" +
			"part_start 0/2 tool_call c h\npart_end 0/0\npart_end 0/1\npart_end 0/2\nstop 0 tool_calls\nend\n",
	},
	{
		name: "parallel calls that all have the index 0, or none, or arguments that are an object",
		stream: chunks(
			delta(`"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]`, "null"),
			delta(`"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\":1}"}}]`, "null"),
			delta(`"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"y":2}}}]`, "null"),
			delta(`"tool_calls":[{"function":{"arguments":" "}}]`, "stop"), `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 tool_call a f\ndelta 0/0 \"{}\"\npart_start 0/1 tool_call b f\ndelta 0/1 \"{\\\"x\\\":1}\"\n" +
			"part_start 0/2 tool_call c f\ndelta 0/2 \"{\\\"y\\\":2}\"\ndelta 0/2 \" \"\npart_end 0/0\npart_end 0/1\npart_end 0/2\nstop 0 tool_calls\nend\n",
	},
	{
		name: "a name that comes after the first arguments, and Google's signature",
		stream: chunks(
			delta(`"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{"}}]`, "null"),
			delta(`"tool_calls":[{"index":0,"function":{"name":"f","arguments":"}"},"extra_content":{"google":{"thought_signature":"s=="}}}]`, "tool_calls"), `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 tool_call a f gemini:s==\ndelta 0/0 \"{}\"\npart_end 0/0\nstop 0 tool_calls\nend\n",
	},
	{
		name: "FIELD 8 and 9: Azure's first chunk without choices, its filter chunk without delta",
		stream: chunks(
			`{"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}`,
			delta(`"role":"assistant","content":"a"`, "null"), delta(``, "stop"),
			`{"id":"","object":"","created":0,"model":"","choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1},"content_filter_results":{}}]}`, `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 end\nend\n",
	},
	{
		name: "FIELD 11 and 12: an early usage chunk is not the end, usage with an empty delta",
		stream: chunks(
			`{`+head+`"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":0}}`,
			delta(`"content":"a"`, "null"),
			`{`+head+`"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`),
		want: "start c1 m 5\nusage in 3 (cached 0) out 0 (reasoning 0)\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 end\nusage in 3 (cached 0) out 1 (reasoning 0)\nend\n",
	},
	{
		name:   "FIELD 17: an error in the stream keeps its kind, and what follows is not read",
		stream: chunks(delta(`"content":"a"`, "null"), `{"error":{"message":"overloaded","type":"overloaded_error","code":null}}`, `[DONE]`),
		want:   "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\nerror overloaded overloaded\n",
	},
	{
		name:   "an error with a status as its code",
		stream: chunks(`{"error":{"message":"slow down","type":null,"code":429}}`),
		want:   "error rate_limit slow down\n",
	},
	{
		name:   "vLLM's older error",
		stream: chunks(`{"object":"error","message":"maximum context length is 10 tokens","type":"BadRequestError","code":400}`),
		want:   "error context_too_long maximum context length is 10 tokens\n",
	},
	{
		name:   "an event named error",
		stream: "event: error\ndata: {\"message\":\"gone\"}\n\n",
		want:   "error bad_gateway gone\n",
	},
	{
		name:   "a stream without [DONE] but with a finish_reason is complete",
		stream: chunks(delta(`"content":"a"`, "length")),
		want:   "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 length\nend\n",
	},
	{
		name:   "a stream with [DONE] but without a finish_reason is complete",
		stream: chunks(delta(`"content":"a"`, "null"), `[DONE]`),
		want:   "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 end\nend\n",
	},
	{
		name:   "a stream with neither broke off",
		stream: chunks(delta(`"content":"a"`, "null")),
		want:   "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\n", kind: schema.KindTruncated,
	},
	{name: "an empty stream broke off", kind: schema.KindTruncated},
	{name: "nothing but [DONE] broke off", stream: chunks(`[DONE]`), kind: schema.KindTruncated},
	{name: "what is not JSON is a bad answer", stream: chunks(`{"choices":`), kind: schema.KindBadGateway},
	{
		name:   "FIELD 13: CRLF, comments, no space, multi-line data",
		stream: "\ufeff: hi\r\n\r\ndata:{" + head + "\r\ndata: \"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\r\n\r\ndata:[DONE]\r\r",
		want:   "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 end\nend\n",
	},
	{
		name:   "thoughts of DeepSeek, of Groq, then text",
		stream: chunks(delta(`"content":null,"reasoning_content":"h"`, "null"), delta(`"reasoning":"m"`, "null"), delta(`"content":"a","reasoning_content":null`, "stop"), `[DONE]`),
		want:   "start c1 m 5\npart_start 0/0 thinking\ndelta 0/0 \"h\"\ndelta 0/0 \"m\"\npart_end 0/0\npart_start 0/1 text\ndelta 0/1 \"a\"\npart_end 0/1\nstop 0 end\nend\n",
	},
	{
		name: "thoughts of OpenRouter with signatures, and one blacked out",
		stream: chunks(
			delta(`"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","format":"anthropic-claude-v1","index":0}]`, "null"),
			delta(`"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s","format":"anthropic-claude-v1","index":0}]`, "null"),
			delta(`"reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"anthropic-claude-v1","index":1}]`, "null"),
			delta(`"content":"a"`, "stop"), `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 thinking\ndelta 0/0 \"h\"\ndelta 0/0 \"\" signature anthropic:s\npart_end 0/0\n" +
			"part_start 0/1 thinking anthropic:d\npart_end 0/1\npart_start 0/2 text\ndelta 0/2 \"a\"\npart_end 0/2\nstop 0 end\nend\n",
	},
	{
		name:   "Mistral's content in parts",
		stream: chunks(delta(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]}]`, "null"), delta(`"content":[{"type":"text","text":"a"}]`, "model_length"), `[DONE]`),
		want:   "start c1 m 5\npart_start 0/0 thinking\ndelta 0/0 \"h\"\npart_end 0/0\npart_start 0/1 text\ndelta 0/1 \"a\"\npart_end 0/1\nstop 0 context_window\nend\n",
	},
	{
		name: "refusal, citations, logprobs, a picture",
		stream: chunks(
			`{`+head+`"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]},"finish_reason":null}]}`,
			delta(`"annotations":[{"type":"url_citation","url_citation":{"url":"https://x.test","title":"x","start_index":0,"end_index":1}}]`, "null"),
			delta(`"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]`, "null"),
			delta(`"refusal":"no"`, "stop"), `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\" logprobs\ndelta 0/0 \"\" cites https://x.test\npart_end 0/0\npart_start 0/1 image AA\npart_end 0/1\n" +
			"part_start 0/2 refusal\ndelta 0/2 \"no\"\npart_end 0/2\nstop 0 end\nend\n",
	},
	{
		name: "FIELD 44: two choices that interleave",
		stream: chunks(`{`+head+`"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}`,
			`{`+head+`"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}`, `{`+head+`"choices":[{"index":0,"delta":{"content":"c"},"finish_reason":"length"}]}`, `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_start 1/0 text\ndelta 1/0 \"b\"\npart_end 1/0\nstop 1 end\ndelta 0/0 \"c\"\npart_end 0/0\nstop 0 length\nend\n",
	},
	{
		name: "Completions",
		stream: chunks(`{"id":"c1","object":"text_completion","created":5,"model":"m","choices":[{"index":0,"text":"a","finish_reason":null}]}`,
			`{"id":"c1","object":"text_completion","created":5,"model":"m","choices":[{"index":0,"text":"","finish_reason":"stop"}]}`, `[DONE]`),
		want: "start c1 m 5\npart_start 0/0 text\ndelta 0/0 \"a\"\npart_end 0/0\nstop 0 end\nend\n",
	},
}

func TestChatStreamsBecomeEvents(t *testing.T) {
	for _, c := range chatStreams {
		t.Run(c.name, func(t *testing.T) {
			events, err := schematest.Decode(Provider{}.NewDecoder(&schema.Request{}), []byte(c.stream))
			checkStream(t, events, err, c.want, c.kind)
		})
	}
}

func checkStream(t *testing.T, events []schema.Event, err error, want string, kind schema.Kind) {
	t.Helper()
	if got := script(events); got != want {
		t.Errorf("events:\n%s\nwant:\n%s", got, want)
	}
	var e *schema.Error
	errors.As(err, &e)
	if kind == "" && err != nil || kind != "" && (e == nil || e.Kind != kind) {
		t.Errorf("error %v, want kind %q", err, kind)
	}
}

func TestAnyCuttingOfAStreamGivesTheSameEvents(t *testing.T) {
	for _, c := range chatStreams {
		t.Run(c.name, func(t *testing.T) {
			everyCut(t, func() schema.Decoder { return Provider{}.NewDecoder(nil) }, c.stream, c.want)
		})
	}
	responses := &schema.Request{Via: schema.OpResponses}
	for _, c := range responsesStreams {
		t.Run(c.name, func(t *testing.T) {
			everyCut(t, func() schema.Decoder { return Provider{}.NewDecoder(responses) }, c.stream, c.want)
		})
	}
}

func everyCut(t *testing.T, decoder func() schema.Decoder, stream, want string) {
	t.Helper()
	for cut, chunks := range schematest.Cuts([]byte(stream)) {
		events, _ := schematest.Decode(decoder(), chunks...)
		if got := script(events); got != want {
			t.Fatalf("%s:\n%s", cut, got)
		}
	}
}
