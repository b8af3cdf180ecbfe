package anthropic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestThinking(t *testing.T) {
	const old, mid, newer, newest = "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-7", "claude-sonnet-5"
	effort := func(e string) schema.Reasoning { return schema.Reasoning{Effort: e} }
	budget := func(n int) schema.Reasoning { return schema.Reasoning{Budget: &n} }
	for name, tc := range map[string]struct {
		model    string
		reason   schema.Reasoning
		limit    int
		edit     func(*schema.Request)
		thinking string
		effort   string
		max      int64
		lost     []string
	}{
		"an effort becomes a budget":                          {model: old, reason: effort("high"), thinking: `{"type":"enabled","budget_tokens":16384}`, max: 32000},
		"a budget is raised to the least (case 38)":           {model: old, reason: budget(10), limit: 5000, thinking: `{"type":"enabled","budget_tokens":1024}`, max: 5000},
		"a budget stays below max_tokens (case 38)":           {model: old, reason: budget(9000), limit: 4000, thinking: `{"type":"enabled","budget_tokens":3999}`, max: 4000},
		"an effort leaves room for the answer (case 38)":      {model: old, reason: effort("high"), limit: 4000, thinking: `{"type":"enabled","budget_tokens":3000}`, max: 4000},
		"max_tokens is raised where no budget fits (case 38)": {model: old, reason: effort("low"), limit: 500, thinking: `{"type":"enabled","budget_tokens":1024}`, max: 1524},
		"without a limit a large budget raises it":            {model: old, reason: budget(60000), thinking: `{"type":"enabled","budget_tokens":60000}`, max: 68000},
		"a dynamic budget is a medium one":                    {model: old, reason: budget(-1), thinking: `{"type":"enabled","budget_tokens":8192}`, max: 32000},
		"none is silence where silence is the default":        {model: old, reason: effort("none"), max: 32000},
		"a budget of zero is none":                            {model: old, reason: budget(0), max: 32000},
		"adaptive models take the effort":                     {model: mid, reason: effort("xhigh"), thinking: `{"type":"adaptive"}`, effort: "max", max: 32000},
		"a model that has both keeps the exact budget":        {model: mid, reason: budget(2000), thinking: `{"type":"enabled","budget_tokens":2000}`, max: 32000},
		"a model without budgets gets an effort for it":       {model: newer, reason: budget(12000), thinking: `{"type":"adaptive"}`, effort: "high", max: 32000},
		"a dynamic budget is adaptive":                        {model: newer, reason: budget(-1), thinking: `{"type":"adaptive"}`, max: 32000},
		"minimal is low":                                      {model: newer, reason: effort("minimal"), thinking: `{"type":"adaptive"}`, effort: "low", max: 32000},
		"readable thoughts are asked for where they are not the default": {model: newer, reason: schema.Reasoning{Effort: "xhigh", Summary: "auto"},
			thinking: `{"type":"adaptive","display":"summarized"}`, effort: "xhigh", max: 32000},
		"none is said where thinking is the default":    {model: newest, reason: effort("none"), thinking: `{"type":"disabled"}`, max: 32000},
		"a model that cannot rest goes on":              {model: "claude-fable-5", reason: effort("none"), max: 32000, lost: []string{"reasoning_effort"}},
		"a model that cannot think":                     {model: "claude-3-5-haiku-latest", reason: effort("low"), max: 8192, lost: []string{"reasoning"}},
		"a forced call excludes thinking":               {model: old, reason: effort("low"), max: 32000, lost: []string{"reasoning"}, edit: forceCall},
		"a forced call leaves the effort":               {model: newer, reason: effort("low"), max: 32000, effort: "low", edit: forceCall},
		"sampling parameters exclude thinking's models": {model: old, reason: effort("low"), thinking: `{"type":"enabled","budget_tokens":4096}`, max: 32000, edit: func(r *schema.Request) { r.Temperature, r.TopP, r.TopK = ptr(0.5), ptr(0.5), ptr(4) }, lost: []string{"temperature (thinking)", "top_p (thinking)", "top_k (thinking)"}},
		"sampling parameters that say nothing":          {model: old, reason: effort("low"), thinking: `{"type":"enabled","budget_tokens":4096}`, max: 32000, edit: func(r *schema.Request) { r.Temperature, r.TopP = ptr(1.0), ptr(1.0) }},
		"a model that thinks unless told not to":        {model: newest, max: 32000, edit: func(r *schema.Request) { r.Temperature = ptr(0.5) }, lost: []string{"temperature (thinking)"}},
		"such a model, told not to":                     {model: newest, reason: effort("none"), thinking: `{"type":"disabled"}`, max: 32000, edit: func(r *schema.Request) { r.Temperature = ptr(0.5) }, lost: []string{"temperature"}},
		"a policy's limit leaves no room to think":      {model: old, reason: effort("low"), limit: 500, max: 500, edit: func(r *schema.Request) { r.OutputCeiling = 1000 }, lost: []string{"reasoning (output limit)"}},
		"a policy's limit above leaves some":            {model: old, reason: effort("low"), limit: 500, thinking: `{"type":"enabled","budget_tokens":1024}`, max: 1524, edit: func(r *schema.Request) { r.OutputCeiling = 1524 }},
		"a turn without its thoughts cannot go on thinking": {model: old, reason: effort("low"), max: 32000, lost: []string{"reasoning (history without thoughts)"}, edit: func(r *schema.Request) {
			r.Tools = []schema.Tool{function("f")}
			r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, call("a", "f", "{}")), say(schema.RoleTool, result("a"))}
		}},
		"a turn with its thoughts goes on thinking": {model: old, reason: effort("low"), max: 32000, thinking: `{"type":"enabled","budget_tokens":4096}`, edit: func(r *schema.Request) {
			r.Tools = []schema.Tool{function("f")}
			thought := schema.Part{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "s")}
			r.Messages = []schema.Message{user("go"), say(schema.RoleAssistant, thought, call("a", "f", "{}")), say(schema.RoleTool, result("a"))}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := foreign(tc.model)
			r.Reasoning = tc.reason
			if tc.limit > 0 {
				r.MaxOutputTokens = &tc.limit
			}
			if tc.edit != nil {
				tc.edit(r)
			}
			out := mustEncode(t, r)
			if got := gjson.GetBytes(out.Body, "thinking").Raw; tc.thinking == "" && got != "" {
				t.Errorf("thinking %s", got)
			} else if tc.thinking != "" {
				sameJSON(t, got, tc.thinking)
			}
			if got := gjson.GetBytes(out.Body, "output_config.effort").String(); got != tc.effort {
				t.Errorf("effort %q, want %q", got, tc.effort)
			}
			if got := gjson.GetBytes(out.Body, "max_tokens").Int(); got != tc.max {
				t.Errorf("max_tokens %d, want %d", got, tc.max)
			}
			if diff := cmp.Diff(tc.lost, out.Lost); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
		})
	}
}

func forceCall(r *schema.Request) {
	r.Tools, r.ToolChoice.Mode = []schema.Tool{function("f")}, schema.ToolRequired
}

func TestOnlyClaudesThoughtsAreSent(t *testing.T) {
	thoughts := []schema.Part{
		{Kind: schema.PartThinking, Text: "mine", Signature: schema.Sign(schema.Anthropic, "s1")},
		{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Anthropic, "s2")},
		{Kind: schema.PartThinking, Text: "mine too", Signature: "s3", SignedBy: schema.Anthropic},
		{Kind: schema.PartThinking, Text: "unsigned"},
		{Kind: schema.PartThinking, Text: "gemini's", Signature: schema.Sign(schema.Gemini, "s4")},
		{Kind: schema.PartThinking, Text: "openai's", Signature: "s5", SignedBy: schema.OpenAI},
		{Kind: schema.PartThinking, Text: "anyone's", Signature: "s6"},
		text("answer"),
	}
	out := mustEncode(t, foreign("claude-haiku-4-5", user("a"), say(schema.RoleAssistant, thoughts...), user("b")))
	sameJSON(t, gjson.GetBytes(out.Body, "messages.1.content").Raw, `[{"type":"thinking","thinking":"mine","signature":"s1"},
		{"type":"redacted_thinking","data":"s2"},{"type":"thinking","thinking":"mine too","signature":"s3"},{"type":"text","text":"answer"}]`)
	if out.Lost != nil {
		t.Errorf("lost %v", out.Lost)
	}
}

func TestJSONAnswers(t *testing.T) {
	const open = `{"type":"object","properties":{"a":{"type":"string","minLength":2}},"required":["a"]}`
	const recursive = `{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}}}}}`
	schemaOf := func(doc string) schema.OutputFormat {
		return schema.OutputFormat{Kind: schema.OutputSchema, Name: "out", Schema: json.RawMessage(doc)}
	}
	for name, tc := range map[string]struct {
		model  string
		output schema.OutputFormat
		edit   func(*schema.Request)
		want   map[string]string
		words  bool
	}{
		"a schema that fits is the model's own matter": {
			model: "claude-sonnet-4-5", output: schemaOf(open),
			want: map[string]string{"output_config.format": `{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string","description":"{minLength: 2}"}},"required":["a"],"additionalProperties":false}}`, "tools": "", "system": ""},
		},
		"a schema that does not fit becomes a tool": {
			model: "claude-sonnet-4-5", output: schemaOf(recursive),
			want: map[string]string{"output_config": "", "tools.0.name": `"json_answer"`, "tools.0.input_schema": recursive, "tool_choice": `{"type":"tool","name":"json_answer"}`},
		},
		"an older model gets a tool": {
			model: "claude-sonnet-4-0", output: schemaOf(open), want: map[string]string{"tools.0.input_schema": open, "tool_choice": `{"type":"tool","name":"json_answer"}`},
		},
		"beside tools of the client's any of them may be called": {
			model: "claude-sonnet-4-0", output: schemaOf(open), edit: func(r *schema.Request) { r.Tools = []schema.Tool{function("json_answer")} },
			want: map[string]string{"tools.1.name": `"json_answer_"`, "tool_choice": `{"type":"any"}`},
		},
		"thinking excludes a forced call": {
			model: "claude-sonnet-4-0", output: schemaOf(open), edit: func(r *schema.Request) { r.Reasoning.Effort = "low" },
			want: map[string]string{"tools": "", "thinking.type": `"enabled"`}, words: true,
		},
		"any JSON is asked for in words (case 41)": {
			model: "claude-sonnet-4-5", output: schema.OutputFormat{Kind: schema.OutputJSON}, want: map[string]string{"tools": "", "output_config": ""}, words: true,
		},
		"a required call is no JSON answer": {
			model: "claude-sonnet-4-0", output: schemaOf(open), edit: forceCall, want: map[string]string{"tools.1": "", "tool_choice": `{"type":"any"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := foreign(tc.model)
			r.Output = tc.output
			if tc.edit != nil {
				tc.edit(r)
			}
			out := mustEncode(t, r)
			for path, want := range tc.want {
				got := gjson.GetBytes(out.Body, path)
				if want == "" && got.Exists() {
					t.Errorf("%s: %s", path, got.Raw)
				} else if want != "" {
					sameJSON(t, got.Raw, want)
				}
			}
			if got := strings.Contains(gjson.GetBytes(out.Body, "system").String(), "nothing else"); got != tc.words {
				t.Errorf("system prompt: %s", gjson.GetBytes(out.Body, "system"))
			}
			if out.Lost != nil {
				t.Errorf("lost %v", out.Lost)
			}
		})
	}
}
