package openai

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// narrowed is a request with three tools, of which two may be called.
func narrowed(format schema.Format, mode schema.ToolMode, allowed ...string) *schema.Request {
	return &schema.Request{
		Format: format, Model: "m",
		Messages:   []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: "hi"}}}},
		Tools:      []schema.Tool{{Kind: schema.ToolFunction, Name: "a"}, {Kind: schema.ToolFunction, Name: "b"}, {Kind: schema.ToolFunction, Name: "c"}},
		ToolChoice: schema.ToolChoice{Mode: mode, Allowed: allowed},
	}
}

func TestAllowedToolsAreTheOnlyOnesWhereTheServerKnowsNoRestriction(t *testing.T) {
	for _, c := range []struct {
		name     string
		r        *schema.Request
		endpoint string
		choice   string
		tools    int
	}{
		{"two of three, vLLM", narrowed(schema.Gemini, schema.ToolRequired, "a", "c"), "http://vllm:8000/v1", "required", 2},
		{"all, vLLM", narrowed(schema.Gemini, schema.ToolRequired, "a", "b", "c"), "http://vllm:8000/v1", "required", 3},
		{"one, at will, vLLM", narrowed(schema.OpenAI, schema.ToolAuto, "b"), "http://vllm:8000/v1", "auto", 1},
		{"two of three, OpenAI", narrowed(schema.Gemini, schema.ToolRequired, "a", "c"), "https://api.openai.com/v1", "allowed_tools", 3},
		{"all, OpenAI", narrowed(schema.Gemini, schema.ToolRequired, "a", "b", "c"), "https://api.openai.com/v1", "required", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Provider{Dialect: DialectOf(c.endpoint)}.EncodeRequest(c.r)
			if err != nil || out.Lost != nil {
				t.Fatalf("lost %v, %v", out.Lost, err)
			}
			choice := gjson.GetBytes(out.Body, "tool_choice")
			if choice.IsObject() {
				choice = choice.Get("type")
			}
			if n := gjson.GetBytes(out.Body, "tools.#").Int(); choice.Str != c.choice || n != int64(c.tools) {
				t.Errorf("%s", out.Body)
			}
		})
	}
}

func TestThinkingBesideTheEffortIsUnderstoodOfChatClients(t *testing.T) {
	for _, c := range []struct {
		name, members string
		want          schema.Reasoning
		vllm          string // what a server that follows OpenAI gets
		asked         bool
	}{
		{"a budget", `"thinking":{"type":"enabled","budget_tokens":2048}`, schema.Reasoning{Budget: new(2048)}, `{"type":"enabled","budget_tokens":2048}`, true},
		{"no budget", `"thinking":{"type":"enabled"}`, schema.Reasoning{Budget: new(-1)}, `{"type":"enabled"}`, true},
		{"off", `"thinking":{"type":"disabled"}`, schema.Reasoning{Effort: "none"}, `{"type":"disabled"}`, false},
		{"with an effort", `"reasoning_effort":"low","thinking":{"type":"adaptive"}`, schema.Reasoning{Effort: "low", Budget: new(-1)}, `{"type":"adaptive"}`, true},
		{"null", `"thinking":null`, schema.Reasoning{}, ``, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(`{"model":"m","models":null,"messages":[{"role":"user","content":"hi"}],` + c.members + `}`)
			facts, err := Client{}.Scan(schema.Target{Op: schema.OpChat}, body)
			if err != nil || facts.Reasoning != c.asked {
				t.Errorf("reasoning %t, %v", facts.Reasoning, err)
			}
			r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, body)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Reasoning
			if got.Effort != c.want.Effort || (got.Budget == nil) != (c.want.Budget == nil) || got.Budget != nil && *got.Budget != *c.want.Budget {
				t.Errorf("%+v", got)
			}
			out, err := Provider{Dialect: DialectOf("http://vllm:8000/v1")}.EncodeRequest(r)
			if err != nil || gjson.GetBytes(out.Body, "thinking").Raw != c.vllm || out.Lost != nil {
				t.Errorf("%s, lost %v, %v", out.Body, out.Lost, err)
			}
			if out, err = (Provider{Dialect: DialectOf("https://api.openai.com/v1")}).EncodeRequest(r); err != nil || gjson.GetBytes(out.Body, "thinking").Exists() {
				t.Errorf("OpenAI has no such member: %s, %v", out.Body, err)
			}
		})
	}
}

func TestTheUsualVerbosityIsNothingToLose(t *testing.T) {
	for verbosity, lost := range map[string]bool{"medium": false, "low": true} {
		r := narrowed(schema.OpenAI, "")
		r.Verbosity = verbosity
		out, err := Provider{Dialect: DialectOf("http://vllm:8000/v1")}.EncodeRequest(r)
		if err != nil || slices.Contains(out.Lost, "verbosity") != lost || gjson.GetBytes(out.Body, "verbosity").Exists() {
			t.Errorf("%s: %s, lost %v, %v", verbosity, out.Body, out.Lost, err)
		}
	}
}

func TestEachFaultThatAServerFindsIsSaid(t *testing.T) {
	for body, want := range map[string]string{
		`{"detail":[{"loc":["body","messages",0,"role"],"msg":"Field required"},{"loc":["query"],"msg":"Bad"}]}`: "messages.0.role: Field required; query: Bad",
		`{"object":"error","message":{"detail":[{"loc":["body","n"],"msg":"Extra inputs"}]}}`:                    "n: Extra inputs",
		`{"detail":[]}`: "the provider answered 422 Unprocessable Entity",
	} {
		if e := decodeErrorObject(422, func(string) string { return "" }, []byte(body)); e.Message != want {
			t.Errorf("%s: %q, want %q", body, e.Message, want)
		}
	}
}

func TestACallWithoutAnIDGetsOneOfItsOwn(t *testing.T) {
	const answer = `{"choices":[{"message":{"tool_calls":[{"function":{"name":"a","arguments":"{}"}},{"id":null,"function":{"name":"a","arguments":{"x":1}}}]}}]}`
	r := narrowed(schema.Anthropic, "")
	first, err := Provider{}.DecodeResponse(r, []byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Provider{}.DecodeResponse(r, []byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"": true}
	for _, p := range append(first.Choices[0].Parts, second.Choices[0].Parts...) {
		if seen[p.ID] {
			t.Errorf("id %q is empty or comes twice", p.ID)
		}
		seen[p.ID] = true
	}
}
