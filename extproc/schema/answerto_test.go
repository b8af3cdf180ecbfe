package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// TestWhatIsKeptForTheAnswerSharesNothingWithTheBody overwrites the body: whatever aliased it would change, and would
// keep it in memory while the answer comes.
func TestWhatIsKeptForTheAnswerSharesNothingWithTheBody(t *testing.T) {
	const tool = `"description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}},"strict":true`
	for op, c := range map[schema.Op]struct {
		client schema.Client
		body   string
	}{
		schema.OpChat: {openai.Client{}, `{"model":"m","user":"u","reasoning_effort":"high","metadata":{"k":"v"},
			"tools":[{"type":"function","function":{"name":"find it",` + tool + `}}],"tool_choice":{"type":"function","function":{"name":"find it"}},
			"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object"}}},
			"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"gone by","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"1","content":"r"}]}`},
		schema.OpResponses: {openai.Client{}, `{"model":"m","user":"u","instructions":"be kind","metadata":{"k":"v"},"reasoning":{"effort":"high","summary":"auto"},
			"tools":[{"type":"function","name":"find it",` + tool + `},{"type":"web_search"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"find it"}]},
			"text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object"}}},"input":"q"}`},
		schema.OpEmbeddings: {openai.Client{}, `{"model":"m","input":"text","encoding_format":"base64"}`},
		schema.OpMessages: {anthropic.Client{}, `{"model":"m","max_tokens":9,"system":"s","tools":[{"name":"find","input_schema":{"type":"object"}}],
			"tool_choice":{"type":"tool","name":"find"},"messages":[{"role":"user","content":"q"}]}`},
		schema.OpGenerate: {gemini.Client{}, `{"contents":[{"role":"user","parts":[{"text":"q"}]}],
			"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"}}}`},
	} {
		body := []byte(c.body)
		r, err := c.client.DecodeRequest(schema.Target{Op: op}, body)
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		kept := r.ForAnswer()
		before, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		for i := range body {
			body[i] = '#'
		}
		if after, err := json.Marshal(kept); err != nil || string(after) != string(before) {
			t.Errorf("%s: changed with the body: %v\n was %s\n  is %s", op, err, before, after)
		}
		if kept.Turns == 0 && op != schema.OpEmbeddings {
			t.Errorf("%s: the length of the conversation is not known", op)
		}
		if op == schema.OpResponses {
			continue // its answers need more than travels
		}
		travelled, err := json.Marshal(kept.Memory())
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		var arrived schema.Memory
		if err := json.Unmarshal(travelled, &arrived); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		if got, err := json.Marshal(arrived.Request()); err != nil || bare(got) != bare(before) {
			t.Errorf("%s: changed on its way, as %s: %v\n was %s\n  is %s", op, travelled, err, before, got)
		}
	}
}

// bare takes out what is empty either way: null and a list of nothing.
func bare(text []byte) string { return strings.ReplaceAll(string(text), ":[]", ":null") }
