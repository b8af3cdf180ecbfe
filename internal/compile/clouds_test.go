package compile

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/bedrock"
)

func TestCloudsServeClaudeInTheirEnvelopes(t *testing.T) {
	s, _ := compiled(t, `
providers:
  invoke: {schema: bedrock, endpoint: "https://bedrock-runtime.us-east-1.amazonaws.com", apis: [messages]}
  converse: {schema: bedrock, endpoint: "https://bedrock-runtime.us-east-1.amazonaws.com"}
  vertex: {schema: anthropic, endpoint: "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic"}
  direct: {schema: anthropic, endpoint: "https://api.anthropic.com"}
models:
  a: {provider: invoke, name: "anthropic.claude-haiku-4-5-20251001-v1:0"}
  b: {provider: converse, name: "anthropic.claude-haiku-4-5-20251001-v1:0"}
  c: {provider: vertex, name: "claude-haiku-4-5@20251001"}
  d: {provider: direct, name: claude-haiku-4-5}
`, nil)
	stages := s.Stages(time.Time{})
	for name, want := range map[string]struct {
		face   schema.Provider
		serves string
	}{
		"invoke":   {bedrock.Claude{}, "messages"},
		"converse": {bedrock.Provider{}, "converse"},
		"vertex":   {anthropic.Vertex{}, "messages"},
		"direct":   {anthropic.Provider{}, "count_tokens messages"},
	} {
		p := stages.Providers[name]
		var serves []string
		for _, op := range slices.Sorted(maps.Keys(p.Serves)) {
			serves = append(serves, string(op))
		}
		if p.Face != want.face || strings.Join(serves, " ") != want.serves {
			t.Errorf("%s: %T serves %v", name, p.Face, serves)
		}
	}
	_, faults := Compile(load(t, `
providers: {both: {schema: bedrock, endpoint: "https://bedrock-runtime.us-east-1.amazonaws.com", apis: [messages, converse]}}
models: {a: {provider: both, name: anthropic.claude}}
`, nil), nil)
	if len(faults) != 1 || !strings.Contains(faults.Error(), "make two providers of them") {
		t.Errorf("faults: %v", faults)
	}
}
