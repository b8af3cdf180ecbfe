package anthropic

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// thinking is what the request's thinking becomes for the model at hand.
type thinking struct {
	mode      string // enabled, adaptive, disabled, or empty: nothing is sent
	raw       []byte // instead of the above: a mode that only this format knows
	budget    int
	display   string // summarized or omitted
	effort    string // output_config.effort
	maxTokens int
}

func (t *thinking) on() bool { return t.mode == "enabled" || t.mode == "adaptive" || t.raw != nil }

// thinks reports whether the model will think, because it was asked to or because nobody told it not to.
func (o *outbound) thinks() bool {
	return o.thinking.on() || o.model.since(firstAlwaysThinking) && o.thinking.mode != "disabled"
}

func asksToThink(r schema.Reasoning) bool {
	return r.Said() && r.Effort != "none" && (r.Budget == nil || *r.Budget != 0)
}

// think settles thinking, effort and max_tokens, which depend on each other.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/thinking
func (o *outbound) think() {
	t, reason := &o.thinking, o.r.Reasoning
	t.maxTokens = o.model.maxTokens()
	if o.r.MaxOutputTokens != nil {
		t.maxTokens = *o.r.MaxOutputTokens
	}
	switch raw := o.extra("thinking"); {
	case raw.Exists():
		t.raw = []byte(raw.Raw)
	case !reason.Said():
	case !asksToThink(reason):
		o.rest()
	case reason.Budget == nil && o.own: // output_config.effort alone does not turn thinking on
		o.setEffort(reason.Effort)
	case !o.model.thinks():
		o.lose("reasoning")
	case o.forced(): // a call that must come excludes thinking; effort holds without
		if reason.Effort != "" && o.model.takesEffort() {
			o.setEffort(reason.Effort)
		} else {
			o.lose("reasoning")
		}
	case o.model.takesBudget() && (!o.model.since(firstAdaptive) || reason.Budget != nil && *reason.Budget > 0):
		o.enable(reason)
	default:
		o.adapt(reason)
	}
	if o.own && reason.Word != "" && o.model.takesEffort() {
		o.setEffort(reason.Word)
	}
	switch {
	case !t.on():
	case reason.Hidden:
		t.display = "omitted"
	case reason.Summary != "" && (o.model.since(firstAdaptiveOnly) || o.own):
		t.display = "summarized" // the default of older models
	}
}

// forced reports whether the model must call a tool.
func (o *outbound) forced() bool {
	mode := o.r.ToolChoice.Mode
	return o.answer == answerTool || len(o.tools) > 0 && (mode == schema.ToolRequired || mode == schema.ToolNamed)
}

// rest turns thinking off, for models that think unless told not to.
func (o *outbound) rest() {
	if o.model.cannotRest() {
		o.lose("reasoning_effort")
		return
	}
	if o.model.since(firstAlwaysThinking) {
		o.thinking.mode = "disabled"
	}
}

// enable asks for a thinking budget of at least 1,024 tokens and below max_tokens.
func (o *outbound) enable(reason schema.Reasoning) {
	t := &o.thinking
	t.budget = budgetOf(reason.Effort)
	exact := reason.Budget != nil && *reason.Budget > 0
	if exact {
		t.budget = max(*reason.Budget, leastBudget)
	}
	switch limit, ceiling := o.r.MaxOutputTokens, o.r.OutputCeiling; {
	case o.broken():
		o.lose("reasoning (history without thoughts)")
		t.budget = 0
		return
	case limit == nil:
		t.maxTokens = max(t.maxTokens, t.budget+o.model.maxTokens()/4)
	case *limit <= leastBudget && ceiling > 0 && *limit+leastBudget > ceiling:
		o.lose("reasoning (output limit)")
		t.budget = 0
		return
	case *limit <= leastBudget:
		t.budget, t.maxTokens = leastBudget, *limit+leastBudget
	case exact:
		t.budget = min(t.budget, *limit-1)
	default: // leave a quarter for the answer, where that can be
		t.budget = max(leastBudget, min(t.budget, *limit-*limit/4))
	}
	t.mode = "enabled"
	if reason.Effort != "" && reason.Budget != nil && o.model.takesEffort() {
		o.setEffort(reason.Effort)
	}
}

// broken reports whether the turn that goes on has lost its thoughts, as after an answer of another provider: with a
// thinking budget the API demands that a turn with tool calls, whose results come last, begins with a thought.
func (o *outbound) broken() bool {
	n := len(o.turns)
	if n < 2 || o.turns[n-2].role != "assistant" || o.turns[n-1].blocks[0].part.Kind != schema.PartToolResult {
		return false
	}
	return o.turns[n-2].blocks[0].part.Kind != schema.PartThinking
}

// adapt leaves the budget to the model and gives it the effort.
func (o *outbound) adapt(reason schema.Reasoning) {
	o.thinking.mode = "adaptive"
	switch {
	case reason.Effort != "":
		o.setEffort(reason.Effort)
	case *reason.Budget > 0:
		o.setEffort(effortOf(*reason.Budget))
	}
}

func (o *outbound) setEffort(effort string) {
	if !o.model.takesEffort() {
		o.lose("reasoning_effort")
		return
	}
	o.thinking.effort = o.model.effortWord(effort)
}

func (o *outbound) writeThinking() {
	t, w := &o.thinking, &o.w
	if t.raw != nil {
		w.Key("thinking").Raw(t.raw)
	} else if t.mode != "" {
		w.Key("thinking").Open('{')
		w.Key("type").String(t.mode)
		if t.mode == "enabled" {
			w.Key("budget_tokens").Int(int64(t.budget))
		}
		if t.display != "" && t.on() {
			w.Key("display").String(t.display)
		}
		w.Close('}')
	}
	kept := o.extra("output_config")
	if t.effort == "" && o.answer != answerNative && only(kept, "effort", "format") {
		return
	}
	w.Key("output_config").Open('{')
	if t.effort != "" {
		w.Key("effort").String(t.effort)
	}
	if o.answer == answerNative {
		w.Key("format").Open('{')
		w.Key("type").String("json_schema")
		w.Key("schema").Raw(o.schema)
		w.Close('}')
	}
	kept.ForEach(func(key, v gjson.Result) bool {
		if key.Str != "effort" && key.Str != "format" {
			w.Key(key.Str).Raw([]byte(v.Raw))
		}
		return true
	})
	w.Close('}')
}
