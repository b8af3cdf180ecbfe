package openai

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestDialectFollowsTheEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://api.openai.com/v1":            "",
		"https://eu.api.openai.com/v1":         "",
		"https://acme.openai.azure.com/openai": "",
		"https://api.groq.com/openai/v1":       "groq",
		"https://api.mistral.ai/v1":            "mistral",
		"https://API.deepseek.com":             "deepseek",
		"http://127.0.0.1:11434/v1":            "ollama",
		"http://vllm.eu:8000/v1":               "compatible",
		"https://api.openai.com.evil.test/v1":  "compatible",
		"https://openrouter.ai/api/v1":         "openrouter",
		"://":                                  "compatible",
	} {
		if got := DialectOf(endpoint).Name; got != want {
			t.Errorf("%s: %q, want %q", endpoint, got, want)
		}
	}
}

// One request that asks for much, sent to servers that differ.
const demanding = `{"model":"m","max_tokens":9,"top_k":40,"seed":1,"n":2,"logprobs":true,"verbosity":"low","user":"u","parallel_tool_calls":false,
	"messages":[{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"user","content":"hi"},
		{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"call_abcdef","type":"function","function":{"name":"a.b","arguments":"{}"},"extra_content":{"google":{"thought_signature":"sig"}}}]},
		{"role":"tool","tool_call_id":"call_abcdef","content":"ok"}],
	"tools":[{"type":"function","function":{"name":"a.b"},"cache_control":{"type":"ephemeral"}}],
	"reasoning_effort":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"stream":true}`

func TestServersGetWhatTheyUnderstand(t *testing.T) {
	for _, c := range []struct {
		name     string
		endpoint string
		has      map[string]string
		hasNot   []string
		lost     []string
	}{
		{
			name: "OpenAI", endpoint: "https://api.openai.com/v1",
			has: map[string]string{
				"max_completion_tokens": "9", "messages.0.role": "developer", "messages.0.content.1.text": "b", "seed": "1", "n": "2",
				"messages.2.tool_calls.0.function.name": "a_b_e61d99190466522c", "tools.0.function.parameters.type": "object",
				"stream_options.include_usage": "true",
			},
			hasNot: []string{"max_tokens", "top_k", "messages.2.reasoning_content", "tools.0.cache_control", "messages.2.tool_calls.0.extra_content"},
			lost:   []string{"top_k"},
		},
		{
			name: "vLLM", endpoint: "http://vllm:8000/v1",
			has: map[string]string{
				"max_tokens": "9", "top_k": "40", "messages.0.role": "system", "messages.0.content": "a\n\nb",
				"messages.2.reasoning_content": "hm", "messages.2.tool_calls.0.extra_content.google.thought_signature": "sig",
			},
			hasNot: []string{"max_completion_tokens", "verbosity"},
			lost:   []string{"verbosity"},
		},
		{
			name: "Mistral", endpoint: "https://api.mistral.ai/v1",
			has:    map[string]string{"random_seed": "1", "max_tokens": "9", "messages.0.content.0.text": "a"},
			hasNot: []string{"seed", "stream_options", "user", "logprobs", "reasoning_effort"},
			lost:   []string{"top_k", "user", "logprobs", "reasoning_effort", "verbosity"},
		},
		{
			name: "DeepSeek", endpoint: "https://api.deepseek.com",
			has:  map[string]string{"response_format.type": "json_object", "messages.2.reasoning_content": "hm"},
			lost: []string{"n", "seed", "response_format (json_schema)", "parallel_tool_calls"},
		},
		{
			name: "OpenRouter", endpoint: "https://openrouter.ai/api/v1",
			has: map[string]string{
				"reasoning.effort": "low", "tools.0.cache_control.type": "ephemeral", "messages.2.reasoning_details.0.text": "hm",
			},
			hasNot: []string{"reasoning_effort"},
			lost:   []string{"n"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, []byte(demanding))
			if err != nil {
				t.Fatal(err)
			}
			out, err := Provider{Dialect: DialectOf(c.endpoint)}.EncodeRequest(r)
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range c.has {
				if got := gjson.GetBytes(out.Body, path).String(); got != want {
					t.Errorf("%s is %q, want %q", path, got, want)
				}
			}
			for _, path := range c.hasNot {
				if gjson.GetBytes(out.Body, path).Exists() {
					t.Errorf("%s was sent", path)
				}
			}
			for _, name := range c.lost {
				if !slices.Contains(out.Lost, name) {
					t.Errorf("%s is not named as lost: %q", name, out.Lost)
				}
			}
			if t.Failed() {
				t.Logf("%s", out.Body)
			}
		})
	}
}

func TestMistralCallIDsAreNineLettersTheSameForCallAndResult(t *testing.T) {
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, []byte(demanding))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Provider{Dialect: DialectOf("https://api.mistral.ai/v1")}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	call := gjson.GetBytes(out.Body, "messages.2.tool_calls.0.id").String()
	if result := gjson.GetBytes(out.Body, "messages.3.tool_call_id").String(); len(call) != 9 || result != call {
		t.Errorf("call %q, result %q", call, result)
	}
}

func TestReasoningModelsBehindAnyServerGetMaxCompletionTokens(t *testing.T) {
	for model, want := range map[string]string{
		"o3-mini": "max_completion_tokens", "openai/gpt-5-mini": "max_completion_tokens", "o1": "max_completion_tokens",
		"openai/gpt-oss-120b": "max_tokens", "olmo": "max_tokens", "o": "max_tokens", "": "max_tokens",
	} {
		if got := compatible.limitName(model); got != want {
			t.Errorf("%s: %s, want %s", model, got, want)
		}
	}
}
