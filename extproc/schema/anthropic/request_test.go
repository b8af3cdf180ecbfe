package anthropic

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Requests that a client may send, with a model that has what they use. Each must come back as it was.
var roundTrips = map[string]string{
	"text":            `{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}`,
	"everything flat": `{"model":"claude-3-7-sonnet-latest","max_tokens":10,"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.9,"top_k":3,"stop_sequences":["a","b"],"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","system":"be kind"}`,
	"system blocks with markers": `{"model":"claude-haiku-4-5","max_tokens":10,"system":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}`,
	"images and documents": `{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":[
		{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}},
		{"type":"image","source":{"type":"url","url":"https://a/b.png"}},
		{"type":"image","source":{"type":"file","file_id":"file_1"}},
		{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQK"},"title":"t","context":"c","citations":{"enabled":true}},
		{"type":"document","source":{"type":"url","url":"https://a/b.pdf"}},
		{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}},
		{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}},
		{"type":"search_result","source":"https://a","title":"t","content":[{"type":"text","text":"x"}]},
		{"type":"text","text":"see"}]}]}`,
	"tools and their results": `{"model":"claude-haiku-4-5","max_tokens":10,"tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"ephemeral"}},
		{"type":"custom","name":"g","input_schema":{"type":"object"},"eager_input_streaming":true},{"type":"bash_20250124","name":"bash"},{"type":"web_search_20250305","name":"web_search","max_uses":3}],
		"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"messages":[{"role":"user","content":"go"},
		{"role":"assistant","content":[{"type":"text","text":"I call"},{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":[1,2]}},{"type":"tool_use","id":"toolu_2","name":"g","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1","is_error":true},
			{"type":"tool_result","tool_use_id":"toolu_2","content":[{"type":"text","text":"x"},{"type":"image","source":{"type":"url","url":"https://a/b.png"}}],"cache_control":{"type":"ephemeral"}},
			{"type":"text","text":"and?"}]}]}`,
	"an empty result":          `{"model":"claude-haiku-4-5","max_tokens":10,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}`,
	"a named tool":             `{"model":"claude-haiku-4-5","max_tokens":10,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"f"},"messages":[{"role":"user","content":"go"}]}`,
	"no tool":                  `{"model":"claude-haiku-4-5","max_tokens":10,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"none"},"messages":[{"role":"user","content":"go"}]}`,
	"thoughts":                 `{"model":"claude-haiku-4-5","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"redacted_thinking","data":"EmwK"},{"type":"text","text":"x"}]},{"role":"user","content":"on"}]}`,
	"adaptive":                 `{"model":"claude-opus-4-7","max_tokens":5000,"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"},"messages":[{"role":"user","content":"go"}]}`,
	"omitted thoughts":         `{"model":"claude-opus-4-7","max_tokens":5000,"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"max","task_budget":{"type":"tokens","total":1}},"messages":[{"role":"user","content":"go"}]}`,
	"between tools":            `{"model":"claude-opus-5-5","max_tokens":5000,"thinking":{"type":"between_tools"},"messages":[{"role":"user","content":"go"}]}`,
	"effort alone":             `{"model":"claude-opus-4-5","max_tokens":5000,"output_config":{"effort":"low"},"messages":[{"role":"user","content":"go"}]}`,
	"no thoughts":              `{"model":"claude-sonnet-5","max_tokens":5000,"thinking":{"type":"disabled"},"output_config":{"effort":"low"},"messages":[{"role":"user","content":"go"}]}`,
	"a schema":                 `{"model":"claude-sonnet-5","max_tokens":5000,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1}}}}},"messages":[{"role":"user","content":"go"}]}`,
	"system in the middle":     `{"model":"claude-opus-5-5","max_tokens":5000,"system":"a","messages":[{"role":"user","content":"go"},{"role":"system","content":"b"},{"role":"assistant","content":"x"},{"role":"user","content":"y"}]}`,
	"what only this API knows": `{"model":"claude-sonnet-5","max_tokens":5000,"container":"c1","inference_geo":"eu","speed":"fast","cache_control":{"type":"ephemeral"},"mcp_servers":[{"type":"url","url":"https://m","name":"m"}],"messages":[{"role":"user","content":"go"}]}`,
	"cited text of an earlier answer": `{"model":"claude-sonnet-5","max_tokens":5000,"messages":[{"role":"user","content":"go"},
		{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},
			{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a","title":"t","encrypted_content":"e","page_age":null}]},
			{"type":"text","text":"x","citations":[{"type":"web_search_result_location","url":"https://a","title":"t","cited_text":"c","encrypted_index":"i"}]}]},{"role":"user","content":"on"}]}`,
}

func TestWhatAClientOfThisFormatSaysComesBack(t *testing.T) {
	for name, body := range roundTrips {
		t.Run(name, func(t *testing.T) {
			out := mustEncode(t, mustDecode(t, body))
			var want, got map[string]any
			if err := errors.Join(json.Unmarshal([]byte(body), &want), json.Unmarshal(out.Body, &got)); err != nil {
				t.Fatal(err)
			}
			if tools, ok := want["tools"].([]any); ok { // the type that stands for none
				for _, tool := range tools {
					if m := tool.(map[string]any); m["type"] == "custom" && m["eager_input_streaming"] == nil {
						delete(m, "type")
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-sent +forwarded)\n%s", diff)
			}
			if out.Lost != nil || out.Header != nil {
				t.Errorf("lost %v, headers %v", out.Lost, out.Header)
			}
		})
	}
}

func TestDecodeRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want schema.Request
	}{
		"results of tools become messages of their own, in order": {
			`{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b"},{"type":"text","text":"x"}]}]}`,
			schema.Request{Messages: []schema.Message{
				say(schema.RoleTool, result("a", text("1")), result("b")), user("x"),
			}},
		},
		"system comes first wherever it stands": {
			`{"messages":[{"role":"user","content":"x"}],"system":"s"}`,
			schema.Request{Messages: []schema.Message{say(schema.RoleSystem, text("s")), user("x")}},
		},
		"null is absent": {
			`{"messages":[{"role":"user","content":"x"}],"system":null,"temperature":null,"thinking":null,"tools":null,"stream":null,"container":null}`,
			schema.Request{Messages: []schema.Message{user("x")}},
		},
		"thinking of a set budget": {
			`{"messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":2000,"display":"summarized"}}`,
			schema.Request{Messages: []schema.Message{user("x")}, Reasoning: schema.Reasoning{Budget: ptr(2000), Summary: "auto"}},
		},
		"the greatest effort is the greatest that all know": {
			`{"messages":[{"role":"user","content":"x"}],"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}}`,
			schema.Request{Messages: []schema.Message{user("x")}, Reasoning: schema.Reasoning{Budget: ptr(-1), Effort: "xhigh", Word: "max"}},
		},
		"disabled thinking wins over effort": {
			`{"output_config":{"effort":"low"},"messages":[{"role":"user","content":"x"}],"thinking":{"type":"disabled"}}`,
			schema.Request{Messages: []schema.Message{user("x")}, Reasoning: schema.Reasoning{Effort: "none", Word: "low"}},
		},
		"a thought of another provider keeps its mark": {
			`{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"gemini:abc"},{"type":"thinking","thinking":"y","signature":""}]}]}`,
			schema.Request{Messages: []schema.Message{say(schema.RoleAssistant,
				schema.Part{Kind: schema.PartThinking, Text: "x", Signature: "gemini:abc", SignedBy: schema.Gemini},
				schema.Part{Kind: schema.PartThinking, Text: "y"})}},
		},
		"the older spelling of a schema": {
			`{"messages":[{"role":"user","content":"x"}],"output_format":{"type":"json_schema","schema":{"type":"object"}}}`,
			schema.Request{Messages: []schema.Message{user("x")},
				Output: schema.OutputFormat{Kind: schema.OutputSchema, Schema: json.RawMessage(`{"type":"object"}`), Strict: ptr(true)}},
		},
		"any tool, in parallel": {
			`{"messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"any","disable_parallel_tool_use":false}}`,
			schema.Request{Messages: []schema.Message{user("x")}, ToolChoice: schema.ToolChoice{Mode: schema.ToolRequired}, ParallelTools: ptr(true)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.want.Format, tc.want.Op, tc.want.IncludeUsage = schema.Anthropic, schema.OpMessages, true
			if diff := cmp.Diff(&tc.want, mustDecode(t, tc.body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBadRequestsAreRefusedWithTheFieldAtFault(t *testing.T) {
	for body, param := range map[string]string{
		``:                            "",
		`[]`:                          "",
		`{"messages":[]} {}`:          "",
		`{"model":1}`:                 "model",
		`{"model":"a","model":"b"}`:   "model",
		`{"messages":{}}`:             "messages",
		`{"messages":["a"]}`:          "messages[0]",
		`{"messages":[{"role":"x"}]}`: "messages[0].role",
		`{"messages":[{"role":"user","content":1}]}`:                                        "messages[0].content",
		`{"messages":[{"role":"user","content":[{"text":"x"}]}]}`:                           "messages[0].content[0].type",
		`{"messages":[{"role":"user","content":[{"type":"image"}]}]}`:                       "messages[0].content[0].source",
		`{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"x"}}]}]}`: "messages[0].content[0].source.type",
		`{"max_tokens":"1"}`:              "max_tokens",
		`{"max_tokens":1.5}`:              "max_tokens",
		`{"max_tokens":-1}`:               "max_tokens",
		`{"stream":1}`:                    "stream",
		`{"temperature":"1"}`:             "temperature",
		`{"stop_sequences":"a"}`:          "stop_sequences",
		`{"stop_sequences":[1]}`:          "stop_sequences[0]",
		`{"tools":[1]}`:                   "tools[0]",
		`{"tool_choice":"auto"}`:          "tool_choice",
		`{"tool_choice":{"type":"x"}}`:    "tool_choice.type",
		`{"thinking":{"type":"enabled"}}`: "thinking.budget_tokens",
		`{"output_format":{"type":"x"}}`:  "output_format.type",
	} {
		_, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpMessages}, []byte(body))
		if e := asError(t, err); e.Kind != schema.KindInvalidRequest || e.Param != param {
			t.Errorf("%s: %s at %q, want %q", body, e.Code, e.Param, param)
		}
	}
}

func TestCountTokensStaysWhatItIs(t *testing.T) {
	body := `{"model":"claude-haiku-4-5","system":"s","messages":[{"role":"user","content":"x"}]}`
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpCountTokens}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	out := mustEncode(t, r)
	sameJSON(t, string(out.Body), body)
	if out.Op != schema.OpCountTokens {
		t.Errorf("op %s", out.Op)
	}
	answer, err := Provider{}.DecodeResponse(r, []byte(`{"input_tokens":2095}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpCountTokens}, answer)
	if err != nil || string(got) != `{"input_tokens":2095}` {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	for _, body := range roundTrips {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpMessages}, body)
		if err != nil {
			asError(t, err)
			return
		}
		for _, format := range []schema.Format{schema.Anthropic, schema.OpenAI} { // with and without what only this format knows
			r.Format = format
			out, err := Provider{}.EncodeRequest(r)
			if err != nil {
				asError(t, err)
				continue
			}
			again, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpMessages}, out.Body)
			if err != nil {
				t.Fatalf("refused what was written: %v\n%s", err, out.Body)
			}
			again.Format = schema.Anthropic
			twice, err := Provider{}.EncodeRequest(again)
			if err != nil {
				t.Fatalf("second time: %v\n%s", err, out.Body)
			}
			if format == schema.Anthropic && string(twice.Body) != string(out.Body) {
				t.Fatalf("not settled:\n%s\n%s", out.Body, twice.Body)
			}
		}
	})
}
