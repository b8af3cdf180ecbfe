package extproc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// askedStreams are answers to requests that asked for usage, and what a client gets that did not ask.
var askedStreams = []struct {
	name, in, out string
	input         int // tokens; 0: no usage is there
}{
	{
		name: "OpenAI",
		in: `data: {"id":"1","choices":[{"delta":{"content":"a"}}],"usage":null}` + "\n\n" +
			`data: {"id":"1","choices":[{"delta":{},"finish_reason":"stop"}],"usage":null}` + "\n\n" +
			`data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}` + "\n\n" +
			"data: [DONE]\n\n",
		out: `data: {"id":"1","choices":[{"delta":{"content":"a"}}]}` + "\n\n" +
			`data: {"id":"1","choices":[{"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
			"data: [DONE]\n\n",
		input: 9,
	},
	{
		name: "Azure's filter results, which have no choices either, stay",
		in: `data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}],"usage":null}` + "\n\n" +
			`data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":1}}` + "\n\n",
		out:   `data: {"choices":[],"prompt_filter_results":[{"prompt_index":0}]}` + "\n\n",
		input: 4,
	},
	{
		name: "spaces, carriage returns, comments, and usage first",
		in: ": hello\r\n\r\n" +
			`data: {"usage": null, "choices": [{"index": 0}]}` + "\r\n\r\n" +
			`data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}` + "\r\n\r\n" +
			"data: [DONE]\r\n\r\n",
		out:   ": hello\r\n\r\n" + `data: { "choices": [{"index": 0}]}` + "\r\n\r\n" + "data: [DONE]\r\n\r\n",
		input: 3,
	},
	{
		name:  "usage with the last piece of the answer stays",
		in:    `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}` + "\n\n",
		out:   `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}` + "\n\n",
		input: 5,
	},
	{
		name: "text that looks like usage",
		in:   `data: {"choices":[{"delta":{"content":"{\"usage\":null,\"choices\":[]} \"usage"}}]}` + "\n\n",
		out:  `data: {"choices":[{"delta":{"content":"{\"usage\":null,\"choices\":[]} \"usage"}}]}` + "\n\n",
	},
	{
		name:  "an error that has usage beside it stays",
		in:    `data: {"choices":[],"error":{"message":"x"},"usage":{"prompt_tokens":5}}` + "\n\n",
		out:   `data: {"choices":[],"error":{"message":"x"},"usage":{"prompt_tokens":5}}` + "\n\n",
		input: 5,
	},
	{
		name:  "an end without a blank line",
		in:    "data: {\"choices\":[{}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":5}}\n\ndata: [DONE]",
		out:   "data: {\"choices\":[{}]}\n\ndata: [DONE]",
		input: 5,
	},
	{name: "lines that end in carriage returns alone", in: "data: {\"usage\":null,\"a\":1}\r\rdata: x\r\r", out: "data: {\"a\":1}\r\rdata: x\r\r"},
	{name: "not a stream of events", in: `{"error":"x"}`, out: `{"error":"x"}`},
	{name: "nothing", in: "", out: ""},
}

func filtered(in string, cut int) (out []byte, f *usageFilter) {
	f = &usageFilter{read: openai.Provider{}.ReadUsage}
	for rest := []byte(in); len(rest) > 0; {
		n := min(cut, len(rest))
		out = append(out, f.append(bytes.Clone(rest[:n]))...)
		rest = rest[n:]
	}
	return append(out, f.rest()...), f
}

func TestAClientThatDidNotAskForUsageSeesNoneHoweverTheStreamIsCut(t *testing.T) {
	for _, test := range askedStreams {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []int{1, 2, 3, 7, 50, 1000, 1 << 20} {
				got, f := filtered(test.in, cut)
				if string(got) != test.out {
					t.Errorf("cut every %d: got %.300q, want %.300q", cut, got, test.out)
				}
				if input := inputOf(f.usage); input != test.input {
					t.Errorf("cut every %d: %d input tokens, want %d", cut, input, test.input)
				}
			}
		})
	}
}

func inputOf(u *schema.Usage) int {
	if u == nil {
		return 0
	}
	return u.Input
}

func TestEventsPassAsSoonAsTheyAreWhole(t *testing.T) {
	f := &usageFilter{read: openai.Provider{}.ReadUsage}
	for _, step := range []struct{ in, out string }{
		{"data: a", ""}, {"b\n", ""}, {"\n", "data: ab\n\n"}, {"data: c\n\ndata: d\n\nda", "data: c\n\ndata: d\n\n"}, {"ta: e\n\n", "data: e\n\n"},
	} {
		if got := string(f.append([]byte(step.in))); got != step.out {
			t.Errorf("after %q: got %q, want %q", step.in, got, step.out)
		}
	}
}

// TestALongEventIsNotHeld though it passes whole, those after it are looked into.
func TestALongEventIsNotHeld(t *testing.T) {
	long := `data: {"usage":null,"content":"` + strings.Repeat("é", 70<<10) + "\"}\n\n"
	got, f := filtered(long+`data: {"choices":[],"usage":{"prompt_tokens":5}}`+"\n\n", 1000)
	if string(got) != long || inputOf(f.usage) != 5 {
		t.Errorf("%d of %d bytes came, usage %+v", len(got), len(long), f.usage)
	}
	f = &usageFilter{read: openai.Provider{}.ReadUsage}
	for range 100 {
		f.append(bytes.Repeat([]byte("x"), 16<<10))
		if len(f.held) > maxHeldEvent {
			t.Fatalf("%d bytes are held", len(f.held))
		}
	}
}

// FuzzUsageFilter checks that what stays does not depend on how the stream is cut, and that of events that do not speak
// of usage every byte does.
func FuzzUsageFilter(f *testing.F) {
	for _, test := range askedStreams {
		f.Add(test.in, uint8(5))
	}
	f.Fuzz(func(t *testing.T, in string, cut uint8) {
		if len(in) > maxHeldEvent {
			return
		}
		whole, a := filtered(in, len(in)+1)
		pieces, b := filtered(in, int(cut)+1)
		if !bytes.Equal(whole, pieces) {
			t.Errorf("whole: %q\ncut every %d: %q", whole, int(cut)+1, pieces)
		}
		if inputOf(a.usage) != inputOf(b.usage) {
			t.Errorf("usage %+v and %+v", a.usage, b.usage)
		}
		if !strings.Contains(in, `"usage"`) && string(whole) != in {
			t.Errorf("%q became %q", in, whole)
		}
	})
}

func BenchmarkUsageFilter(b *testing.B) {
	event := []byte(`data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1,"model":"gpt-5-mini","service_tier":"default",` +
		`"system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null}` + "\n\n")
	f := &usageFilter{read: openai.Provider{}.ReadUsage}
	chunk := make([]byte, len(event))
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		copy(chunk, event)
		f.append(chunk)
	}
}

func TestAskingKeepsTheOptionsThatTheClientSet(t *testing.T) {
	for have, want := range map[string]string{
		"":                              `{"include_usage":true}`,
		"null":                          `{"include_usage":true}`,
		`{"include_usage":false}`:       `{"include_usage":true}`,
		`{"include_obfuscation":false}`: `{"include_usage":true,"include_obfuscation":false}`,
		`{"include_usage":null,"a":[1, 2],"b":"x"}`: `{"include_usage":true,"a":[1, 2],"b":"x"}`,
	} {
		got, ok := openai.Provider{}.AskUsage(schema.OpChat, json.RawMessage(have))
		if !ok || string(got.Value) != want || got.Name != "stream_options" {
			t.Errorf("%s: got %s, want %s", have, got.Value, want)
		}
	}
	for _, endpoint := range []string{"https://api.mistral.ai/v1", "https://openrouter.ai/api/v1"} {
		if _, ok := (openai.Provider{Dialect: openai.DialectOf(endpoint)}).AskUsage(schema.OpChat, nil); ok {
			t.Errorf("%s is asked, though it tells usage anyway", endpoint)
		}
	}
	if _, ok := (openai.Provider{}).AskUsage(schema.OpResponses, nil); ok {
		t.Error("Responses are asked")
	}
}

func TestUsageIsReadFromTheEndOfALargeAnswer(t *testing.T) {
	for _, test := range []struct {
		end   string
		input int
	}{
		{`],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}`, 8},
		{`],"usage": {"prompt_tokens":8}, "id":"x"}` + "\n", 8},
		{`],"usage":null}`, 0},
		{`],"usage":{"prompt_tok`, 0},
		{`]}`, 0},
	} {
		whole := `{"object":"list","usage":1,"data":[` + strings.Repeat("0.123,", 10_000) + "0" + test.end
		for _, cut := range []int{1, 100, 5000, len(whole)} {
			w := &watch{}
			for rest := whole; rest != ""; rest = rest[min(cut, len(rest)):] {
				w.gather([]byte(rest[:min(cut, len(rest))]))
			}
			if u, _ := (openai.Provider{}).ReadUsage(w.usage()); inputOf(u) != test.input || len(w.tail) > usageTail {
				t.Errorf("%s, cut every %d: usage %+v, %d bytes kept", test.end, cut, u, len(w.tail))
			}
		}
	}
}
