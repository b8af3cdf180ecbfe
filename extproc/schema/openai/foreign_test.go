package openai

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

func text(s string) schema.Part { return schema.Part{Kind: schema.PartText, Text: s} }

// Requests as other formats' clients leave them in the neutral form.
func TestForeignRequestsBecomeOpenAIs(t *testing.T) {
	image := schema.Part{Kind: schema.PartImage, Media: schema.Media{Type: "image/png", Data: "AAAA"}}
	for _, c := range []struct {
		name string
		r    schema.Request
		want string
		lost []string
	}{
		{
			name: "FIELD 32: images in tool results follow in a user message, errors are marked, results in one turn are parted",
			r: schema.Request{Format: schema.Anthropic, Op: schema.OpMessages, Model: "m", Messages: []schema.Message{
				{Role: schema.RoleAssistant, Parts: []schema.Part{{Kind: schema.PartToolCall, ID: "a", Name: "f"}, {Kind: schema.PartToolCall, ID: "b", Name: "f", Args: `{"x":1}`}}},
				{Role: schema.RoleTool, Parts: []schema.Part{
					{Kind: schema.PartToolResult, ID: "a", Result: []schema.Part{image}},
					{Kind: schema.PartToolResult, ID: "b", IsError: true, Result: []schema.Part{text("boom")}},
				}},
				{Role: schema.RoleUser, Parts: []schema.Part{text("go on")}},
			}},
			want: `{"model":"m","messages":[
				{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},
				{"role":"tool","tool_call_id":"a","content":"see the attachment in the next message"},
				{"role":"tool","tool_call_id":"b","content":"Error: boom"},
				{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
				{"role":"user","content":"go on"}]}`,
		},
		{
			name: "a user turn with results and text: results first",
			r: schema.Request{Format: schema.Anthropic, Model: "m", Messages: []schema.Message{
				{Role: schema.RoleUser, Parts: []schema.Part{text("and"), {Kind: schema.PartToolResult, ID: "a", Result: []schema.Part{text("1")}}}},
			}},
			want: `{"model":"m","messages":[{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"and"}]}`,
		},
		{
			name: "what Chat Completions cannot say is named",
			r: schema.Request{
				Format: schema.Gemini, Model: "m", TopK: new(3), SafetySettings: json.RawMessage(`[{}]`),
				Extra: []schema.Field{{Name: "cachedContent", Value: json.RawMessage(`"x"`)}},
				Tools: []schema.Tool{{Kind: schema.ToolOther, Raw: json.RawMessage(`{"codeExecution":{}}`)}},
				Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{
					{Kind: schema.PartImage, Media: schema.Media{URL: "gs://b/a.png"}},
					{Kind: schema.PartAudio, Media: schema.Media{Type: "audio/flac", Data: "AA"}},
					{Kind: schema.PartFile, Media: schema.Media{URL: "https://x.test/a.pdf"}},
					{Kind: schema.PartOther, Raw: json.RawMessage(`{"executableCode":{}}`)},
					text("hi"),
				}}},
			},
			want: `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
			lost: []string{
				"messages[0].content[0] (image)", "messages[0].content[1] (audio)", "messages[0].content[2] (file)",
				"messages[0].content[3] (other)", "tools[0] (other)", "top_k", "cachedContent", "safety_settings",
			},
		},
		{
			name: "FIELD 38: a thinking budget becomes an effort; Anthropic's tier and search tool in OpenAI's words",
			r: schema.Request{
				Format: schema.Anthropic, Model: "gpt-5", Reasoning: schema.Reasoning{Budget: new(4096)}, ServiceTier: "standard_only",
				Tools: []schema.Tool{{Kind: schema.ToolWebSearch, Name: "web_search", Raw: json.RawMessage(
					`{"type":"web_search_20250305","name":"web_search","user_location":{"type":"approximate","city":"Ulm"}}`)}},
				Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{text("hi")}}},
			},
			want: `{"model":"gpt-5","messages":[{"role":"user","content":"hi"}],"reasoning_effort":"medium","service_tier":"default",
				"web_search_options":{"user_location":{"type":"approximate","approximate":{"city":"Ulm"}}}}`,
		},
		{
			name: "FIELD 27: parallel calls off means auto; FIELD 44: n",
			r: schema.Request{
				Format: schema.Anthropic, Model: "m", ParallelTools: new(false), N: new(1),
				Tools:    []schema.Tool{{Kind: schema.ToolFunction, Name: "f", Cache: &schema.Cache{}}},
				Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{text("hi")}}},
			},
			want: `{"model":"m","messages":[{"role":"user","content":"hi"}],"n":1,"parallel_tool_calls":false,
				"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}`,
		},
		{
			name: "a plain-text document is text",
			r: schema.Request{Format: schema.Anthropic, Model: "m", Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{
				{Kind: schema.PartFile, Media: schema.Media{Type: "text/plain", Text: "doc"}}, text("hi")}}}},
			want: `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"doc"},{"type":"text","text":"hi"}]}]}`,
		},
		{
			name: "to a model that only Responses has, nothing is stored",
			r: schema.Request{
				Format: schema.OpenAI, Op: schema.OpChat, Via: schema.OpResponses, Model: "gpt-5-pro", Seed: new(int64(1)), Stop: []string{"x"},
				MaxOutputTokens: new(9), Tools: []schema.Tool{{Kind: schema.ToolFunction, Name: "f"}},
				Extra: []schema.Field{{Name: "prediction", Value: json.RawMessage(`{}`)}, {Name: "prompt_cache_retention", Value: json.RawMessage(`"24h"`)}},
				Messages: []schema.Message{
					{Role: schema.RoleSystem, Parts: []schema.Part{text("sys")}},
					{Role: schema.RoleUser, Parts: []schema.Part{text("hi"), image}},
					{Role: schema.RoleAssistant, Parts: []schema.Part{
						{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "x")},
						text("ok"), {Kind: schema.PartToolCall, ID: "a", Name: "f"}}},
					{Role: schema.RoleTool, Parts: []schema.Part{{Kind: schema.PartToolResult, ID: "a", IsError: true, Result: []schema.Part{image}}}},
				},
			},
			want: `{"model":"gpt-5-pro","instructions":"sys","input":[
				{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"}]},
				{"type":"message","role":"assistant","content":[{"type":"output_text","text":"ok"}]},
				{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
				{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"Error"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"}]}],
				"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],
				"max_output_tokens":9,"include":["reasoning.encrypted_content"],"store":false,"prompt_cache_retention":"24h"}`,
			lost: []string{"seed", "stop", "prediction"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Provider{}.EncodeRequest(&c.r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := schematest.DiffJSON(t, c.want, string(out.Body)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !slices.Equal(out.Lost, c.lost) {
				t.Errorf("lost %q, want %q", out.Lost, c.lost)
			}
		})
	}
}

func TestWrongRequestsAreRefusedWithTheFieldAtFault(t *testing.T) {
	for _, c := range []struct{ name, op, body, code, param string }{
		{"no JSON", "chat_completions", `{"model":`, "invalid_json", ""},
		{"a list", "chat_completions", `[]`, "invalid_type", ""},
		{"too deep", "chat_completions", `{"messages":` + deep(300) + `}`, "invalid_json", ""},
		{"no messages", "chat_completions", `{"model":"m","messages":[]}`, "missing_field", "messages"},
		{"messages of another type", "chat_completions", `{"messages":{}}`, "invalid_type", "messages"},
		{"an unknown role", "chat_completions", `{"messages":[{"role":"x"}]}`, "invalid_value", "messages[0].role"},
		{"a content that is a number", "chat_completions", `{"messages":[{"role":"user","content":1}]}`, "invalid_type", "messages[0].content"},
		{"a temperature that is a string", "chat_completions", `{"messages":[{"role":"user"}],"temperature":"1"}`, "invalid_type", "temperature"},
		{"an unknown tool choice", "chat_completions", `{"messages":[{"role":"user"}],"tool_choice":"x"}`, "invalid_value", "tool_choice"},
		{"previous_response_id", "responses", `{"input":"a","previous_response_id":"resp_1"}`, "unsupported_parameter", "previous_response_id"},
		{"conversation", "responses", `{"input":"a","conversation":{"id":"c"}}`, "unsupported_parameter", "conversation"},
		{"background", "responses", `{"input":"a","background":true}`, "unsupported_parameter", "background"},
		{"a stored prompt", "responses", `{"input":"a","prompt":{"id":"p"}}`, "unsupported_parameter", "prompt"},
		{"item_reference", "responses", `{"input":[{"type":"item_reference","id":"x"}]}`, "unsupported_parameter", "input[0]"},
		{"no input", "responses", `{}`, "missing_field", "input"},
		{"several prompts", "completions", `{"prompt":["a","b"]}`, "unsupported_parameter", "prompt"},
		{"a prompt of token ids", "completions", `{"prompt":[1]}`, "unsupported_parameter", "prompt"},
		{"mixed embedding input", "embeddings", `{"input":["a",1]}`, "invalid_type", "input"},
		{"empty embedding input", "embeddings", `{"input":[]}`, "missing_field", "input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Client{}.DecodeRequest(schema.Target{Op: schema.Op(c.op)}, []byte(c.body))
			e, ok := err.(*schema.Error)
			if !ok || e.Kind != schema.KindInvalidRequest || e.Code != c.code || e.Param != c.param {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestHarmlessStatefulMembersPass(t *testing.T) {
	body := `{"input":"a","previous_response_id":null,"background":false,"conversation":null,"truncation":"disabled"}`
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpResponses}, []byte(body))
	if err != nil || len(r.Extra) > 0 {
		t.Errorf("%v, extra %v", err, r)
	}
}

func deep(n int) string {
	b := make([]byte, 0, 2*n)
	for range n {
		b = append(b, '[')
	}
	for range n {
		b = append(b, ']')
	}
	return string(b)
}
