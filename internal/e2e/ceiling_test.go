package e2e

import (
	"testing"

	"github.com/tidwall/gjson"
)

// TestThinkingRaisesNoLimitAboveAPolicys sends efforts and budgets that have no room under the limit. A client's own small limit is
// raised, for providers count thoughts inside it; a policy's is not, whoever was first to be under it.
func TestThinkingRaisesNoLimitAboveAPolicys(t *testing.T) {
	s := start(t, `
providers:
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
  delta: {schema: bedrock, endpoint: "${delta}", auth: {bearer: "${delta_key}"}}
  gone: {schema: openai, endpoint: "${gone}", auth: {bearer: "${gone_key}"}}
models:
  lost: {provider: gone, name: gpt-5}
  claude: {provider: gamma, name: claude-sonnet-4-5}
  rock: {provider: delta, name: anthropic.claude-sonnet-4-5-20250929-v1:0}
routes:
  - {name: twice-gamma, models: [lost, claude], strategy: priority}
  - {name: twice-delta, models: [lost, rock], strategy: priority}
  - {name: default, models: ["*"]}
aliases: {door-claude: twice-gamma, door-rock: twice-delta}
policies:
  - {name: small, match: 'headers["x-cap"] == "600"', max_output_tokens: 600}
  - {name: middle, match: 'headers["x-cap"] == "2000"', max_output_tokens: 2000}
`, farEnd{name: "gamma", schema: "anthropic"}, farEnd{name: "delta", schema: "bedrock"}, farEnd{name: "gone", schema: "openai", refused: true})
	for name, row := range map[string]struct {
		cap, path, rest string
		limit, budget   int64 // that the provider gets
	}{
		"a client's small limit is raised":                     {rest: `"max_tokens":500,"reasoning_effort":"low"`, limit: 1524, budget: 1024},
		"a policy's small limit leaves no room":                {cap: "600", rest: `"reasoning_effort":"low"`, limit: 600},
		"nor for a client who wanted more":                     {cap: "600", rest: `"max_tokens":9000,"reasoning_effort":"high"`, limit: 600},
		"nor for one whose limit is lower":                     {cap: "600", rest: `"max_tokens":500,"reasoning_effort":"low"`, limit: 500},
		"a client's limit is raised as far as the policy lets": {cap: "2000", rest: `"max_tokens":500,"reasoning_effort":"low"`, limit: 1524, budget: 1024},
		"and no farther":                                       {cap: "2000", rest: `"max_tokens":1000,"reasoning_effort":"low"`, limit: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			for _, model := range []string{"claude", "rock", "door-claude", "door-rock"} {
				var headers []string
				if row.cap != "" {
					headers = append(headers, "x-cap: "+row.cap)
				}
				got := s.chat(`{"model":"`+model+`",`+row.rest+`,"messages":[{"role":"user","content":"hi"}]}`, headers...)
				if got.status != 200 {
					t.Fatalf("%s: status %d: %s", model, got.status, got.body)
				}
				end, limit, budget := "gamma", "max_tokens", "thinking.budget_tokens"
				if model == "rock" || model == "door-rock" {
					end, limit, budget = "delta", "inferenceConfig.maxTokens", "additionalModelRequestFields.thinking.budget_tokens"
				}
				asked := s.providers[end].Requests()
				body := asked[len(asked)-1].Body
				if l, b := gjson.GetBytes(body, limit).Int(), gjson.GetBytes(body, budget).Int(); l != row.limit || b != row.budget {
					t.Errorf("%s: limit %d, budget %d, want %d and %d: %s", model, l, b, row.limit, row.budget, body)
				}
				if dropped := got.header.Get("x-llmroute-dropped"); (row.budget == 0) != (dropped == "reasoning (output limit)") {
					t.Errorf("%s: dropped %q", model, dropped)
				}
			}
		})
	}
	t.Run("an Anthropic client's budget is shrunk under the policy's limit", func(t *testing.T) {
		for cap, want := range map[string]string{"2000": `{"type":"enabled","budget_tokens":1999}`, "600": ""} {
			got := s.do("POST", "/v1/messages", []byte(`{"model":"claude","max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":8000},"messages":[{"role":"user","content":"hi"}]}`), "x-cap: "+cap)
			asked := s.providers["gamma"].Requests()
			if body := asked[len(asked)-1].Body; got.status != 200 || gjson.GetBytes(body, "thinking").Raw != want || gjson.GetBytes(body, "max_tokens").Raw != cap {
				t.Errorf("status %d, the provider got %s", got.status, body)
			}
		}
	})
}
