package openai

import (
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// Each body must mean the same after a way through the neutral form to OpenAI itself. want is empty where the result
// is the body itself; else it spells the same in other words.
var roundTrips = []struct {
	name string
	op   schema.Op
	body string
	want string
}{
	{
		name: "a plain chat", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
	},
	{
		name: "every parameter", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.9,"frequency_penalty":0.1,
			"presence_penalty":-0.1,"seed":7,"n":2,"stop":["a","\n"],"logit_bias":{"50256":-100},"user":"u1","logprobs":true,
			"top_logprobs":3,"max_completion_tokens":100,"reasoning_effort":"low","verbosity":"high","service_tier":"flex",
			"store":true,"metadata":{"a":"b"},"prompt_cache_key":"k","modalities":["text","audio"],
			"audio":{"voice":"alloy","format":"mp3"},"prediction":{"type":"content","content":"x"},
			"prompt_cache_retention":"24h","moderation":{"model":"omni"},"parallel_tool_calls":false,
			"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}],"tool_choice":"required"}`,
	},
	{
		name: "FIELD 36: both limits, the newer wins", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":5,"max_completion_tokens":7}`,
		want: `{"model":"m","messages":[{"role":"user","content":"hi"}],"max_completion_tokens":7}`,
	},
	{
		name: "all parts of a user message", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","name":"ann","content":[
			{"type":"text","text":"look","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}},
			{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AAAA","detail":"low"}},
			{"type":"image_url","image_url":{"url":"https://x.test/a.png"}},
			{"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CCCC"}},
			{"type":"file","file":{"file_id":"file-1"}}]}]}`,
	},
	{
		name: "FIELD 33: system and developer messages wherever they stand", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"developer","content":"d"},{"role":"user","content":"hi"},
			{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}`,
	},
	{
		name: "FIELD 43: null content beside parallel tool calls, and their results", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"},
			{"role":"assistant","content":null,"tool_calls":[
				{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
				{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"c1","content":"one"},
			{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"},{"type":"text","text":"three"}]}]}`,
	},
	{
		name: "FIELD 31: empty text beside calls, empty arguments, an empty result", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"assistant","content":"","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}}]},
			{"role":"tool","tool_call_id":"c","content":""}]}`,
		want: `{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"c","content":""}]}`,
	},
	{
		name: "a refusal and an audio answer of earlier turns", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"assistant","content":null,"refusal":"no"},{"role":"assistant","audio":{"id":"audio_1"},"content":""}]}`,
	},
	{
		name: "legacy functions become tools", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
			{"role":"function","name":"f","content":"ok"}],"functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"}}`,
		want: `{"model":"m","messages":[{"role":"user","content":"hi"},
			{"role":"assistant","content":null,"tool_calls":[{"id":"call_function_1","type":"function","function":{"name":"f","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"call_function_1","content":"ok"}],
			"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}}}`,
	},
	{
		name: "custom tools and a choice among allowed tools", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"},
			{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"custom","custom":{"name":"p","input":"x"}}]}],
			"tools":[{"type":"custom","custom":{"name":"p","format":{"type":"text"}}},{"type":"function","function":{"name":"f","description":"d","parameters":{}}}],
			"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"custom","custom":{"name":"p"}},{"type":"function","function":{"name":"f"}}]}}}`,
	},
	{
		name: "JSON schema output, web search", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"web_search_options":{"search_context_size":"low"},
			"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object"},"strict":true}}}`,
	},
	{
		name: "JSON mode", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object"}}`,
	},
	{
		name: "a stream always asks for usage, and llmroute's own members stay here", op: schema.OpChat,
		body: `{"model":"m","models":["a","b"],"messages":[{"role":"user","content":"hi"}],"stream":true,"response_format":{"type":"text"},"tools":[],"logit_bias":null}`,
		want: `{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}`,
	},
	{
		name: "unknown members pass", op: schema.OpChat,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}],"new_thing":{"a":[1,2]}}`,
	},
	{
		name: "a whole Responses conversation", op: schema.OpResponses,
		body: `{"model":"gpt-5-mini","instructions":"be brief","input":[
			{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"https://x.test/a.png","detail":"high"},
				{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA"},{"type":"input_file","file_url":"https://x.test/a.pdf"}]},
			{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"},
			{"type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]},
			{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
			{"type":"function_call","call_id":"c2","name":"f","arguments":"{}"},
			{"type":"function_call_output","call_id":"c1","output":"ok"},
			{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AA","detail":"auto"}]},
			{"type":"web_search_call","id":"ws_1","status":"completed"}],
			"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},{"type":"web_search","search_context_size":"low"},{"type":"code_interpreter","container":{"type":"auto"}}],
			"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"web_search"}]},"parallel_tool_calls":true,
			"max_output_tokens":50,"temperature":1,"top_p":0.5,"top_logprobs":2,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},"verbosity":"low"},
			"reasoning":{"effort":"low","summary":"auto"},"include":["reasoning.encrypted_content","message.output_text.logprobs","web_search_call.action.sources"],
			"store":false,"metadata":{"a":"b"},"truncation":"auto","max_tool_calls":3,"prompt_cache_key":"k","service_tier":"flex","stream":true}`,
	},
	{
		name: "Responses input as a string", op: schema.OpResponses,
		body: `{"model":"m","input":"hi"}`,
		want: `{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]}`,
	},
	{name: "embeddings of texts", op: schema.OpEmbeddings, body: `{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64","user":"u"}`},
	{name: "embeddings of a text", op: schema.OpEmbeddings, body: `{"model":"m","input":"a"}`},
	{name: "embeddings of token ids", op: schema.OpEmbeddings, body: `{"model":"m","input":[[1,2],[3]]}`},
	{
		name: "a completion", op: schema.OpCompletions,
		body: `{"model":"m","prompt":"once","max_tokens":5,"temperature":0,"stop":["\n"],"suffix":"end","echo":true,"logprobs":2}`,
	},
}

func TestRequestsMeanTheSameAfterTheNeutralForm(t *testing.T) {
	for _, c := range roundTrips {
		t.Run(c.name, func(t *testing.T) {
			r, err := Client{}.DecodeRequest(schema.Target{Op: c.op}, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			out, err := Provider{}.EncodeRequest(r)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.body
			}
			if diff := schematest.DiffJSON(t, want, string(out.Body)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if out.Op != c.op {
				t.Errorf("op %q, want %q", out.Op, c.op)
			}
			if len(out.Lost) > 0 {
				t.Errorf("lost %q", out.Lost)
			}
			again, err := Client{}.DecodeRequest(schema.Target{Op: c.op}, out.Body)
			if err != nil {
				t.Fatal(err)
			}
			second, err := Provider{}.EncodeRequest(again)
			if err != nil {
				t.Fatal(err)
			}
			if string(second.Body) != string(out.Body) {
				t.Errorf("a second way changes it:\n%s\n%s", out.Body, second.Body)
			}
		})
	}
}
