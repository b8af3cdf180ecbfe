package bedrock

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// think decides how the model will think, for the sampling parameters depend on it.
func (e *requestEncoder) think() {
	re := e.r.Reasoning
	if !re.Said() || re.Effort == "none" || re.Budget != nil && *re.Budget == 0 {
		return
	}
	mode := e.r.ToolChoice.Mode
	switch {
	case e.family == claude && (mode == schema.ToolRequired || mode == schema.ToolNamed): // one excludes the other
		e.lose("reasoning (with a forced tool)")
	case e.family == claude && e.broken():
		e.lose("reasoning (history without thoughts)")
	case e.family == claude && (e.version == 0 || e.version >= 307):
		e.thinks = true
		if e.version >= 406 && (re.Budget == nil || *re.Budget < 0 || e.version >= 407) {
			e.effort = re.Effort
			return
		}
		e.claudeBudget()
	case e.family == gptOSS || e.family == nova2:
		e.effort = re.Effort
		if e.effort == "" {
			e.effort = effortOf(*re.Budget)
		}
	default:
		e.lose("reasoning")
	}
}

// broken reports whether the turn that goes on has lost its thoughts, as after an answer of another provider: Claude
// demands that a turn with calls, whose results come last, begins with a thought.
func (e *requestEncoder) broken() bool {
	ms := e.r.Messages
	n := len(ms)
	results := false
	for ; n > 0 && ms[n-1].Role != schema.RoleAssistant; n-- {
		for i := range ms[n-1].Parts {
			results = results || ms[n-1].Parts[i].Kind == schema.PartToolResult
		}
	}
	if n == 0 || !results {
		return false
	}
	for i := range ms[n-1].Parts {
		if p := &ms[n-1].Parts[i]; p.Kind == schema.PartThinking {
			if _, own := e.signature(p); own {
				return false
			}
		}
	}
	return true
}

// claudeBudget: at least 1024 tokens and less than the output limit.
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
func (e *requestEncoder) claudeBudget() {
	const least = 1024
	e.budget = efforts[e.r.Reasoning.Effort]
	if b := e.r.Reasoning.Budget; b != nil && *b > 0 {
		e.budget = *b
	}
	e.budget = max(e.budget, least)
	limit := e.r.MaxOutputTokens
	if limit == nil || *limit > e.budget {
		return
	}
	switch b, ceiling := e.r.Reasoning.Budget, e.r.OutputCeiling; {
	case *limit > least:
		e.budget = max(least, *limit-least)
	case ceiling > 0 && *limit+least > ceiling:
		e.thinks, e.budget = false, 0
		e.lose("reasoning (output limit)")
	case b != nil && *b > 0: // more than the limit allows
		e.thinks, e.budget = false, 0
		e.lose("reasoning")
	default: // an effort asks for some thinking: what the client allowed stays for the answer
		e.budget = least
		e.raise = least
	}
}

func effortOf(budget int) string {
	switch {
	case budget < 0:
		return "medium"
	case budget <= 2048:
		return "low"
	case budget <= 8192:
		return "medium"
	}
	return "high"
}

// inference writes inferenceConfig.
func (e *requestEncoder) inference() {
	r, w := e.r, &e.w
	start := w.Mark()
	w.Key("inferenceConfig").Open('{')
	empty := w.Mark()
	switch {
	case r.MaxOutputTokens != nil:
		w.Key("maxTokens").Int(int64(*r.MaxOutputTokens + e.raise))
	case e.budget > 0: // the default may be less than the budget
		w.Key("maxTokens").Int(int64(e.budget + 4096))
	}
	e.sampling()
	e.stops()
	if !w.Wrote(empty) {
		w.Back(start)
		return
	}
	w.Close('}')
}

// sampling writes temperature and topP. Claude takes temperatures up to 1, none while it thinks, from 4.1 on only one
// of the two, and from 4.7 on neither.
func (e *requestEncoder) sampling() {
	t, p := e.r.Temperature, e.r.TopP
	if e.family == claude {
		if t != nil && (e.thinks && *t != 1 || e.version >= 407) {
			e.loseSampler("temperature", *t != 1)
			t = nil
		}
		if p != nil && (e.thinks && *p < 0.95 || e.version >= 407 || t != nil && e.version >= 401) {
			e.loseSampler("top_p", *p != 1)
			p = nil
		}
	}
	if t != nil {
		value := *t
		if value > 1 && e.family != otherFamily {
			value = 1
			e.lose("temperature (above 1)")
		}
		e.w.Key("temperature").Float(value)
	}
	if p != nil {
		e.w.Key("topP").Float(*p)
	}
}

// loseSampler notes the loss of a parameter that says something. Clients send such as a habit, so a loss to thinking says that
// it is one.
func (e *requestEncoder) loseSampler(name string, says bool) {
	switch {
	case !says:
	case e.thinks:
		e.lose("%s (thinking)", name)
	default:
		e.lose("%s", name)
	}
}

// stops writes the stop sequences; ones of white space alone are refused.
func (e *requestEncoder) stops() {
	start := e.w.Mark()
	e.w.Key("stopSequences").Open('[')
	empty := e.w.Mark()
	for i, s := range e.r.Stop {
		if strings.TrimSpace(s) == "" {
			if s != "" {
				e.lose("stop[%d]", i)
			}
			continue
		}
		e.w.String(s)
	}
	if !e.w.Wrote(empty) {
		e.w.Back(start)
		return
	}
	e.w.Close(']')
}

// additional writes additionalModelRequestFields, each maker's own parameters.
func (e *requestEncoder) additional() {
	w := &e.w
	start := w.Mark()
	w.Key("additionalModelRequestFields").Open('{')
	empty := w.Mark()
	e.topK()
	switch {
	case e.thinks && e.budget > 0:
		w.Key("thinking").Open('{')
		w.Key("type").String("enabled")
		w.Key("budget_tokens").Int(int64(e.budget))
		w.Close('}')
	case e.thinks:
		w.Key("thinking").Open('{')
		w.Key("type").String("adaptive")
		w.Close('}')
		if e.effort != "" {
			w.Key("output_config").Open('{')
			w.Key("effort").String(claudeEffort(e.effort, e.version))
			w.Close('}')
		}
	case e.family == gptOSS && e.effort != "":
		w.Key("reasoning_effort").String(threeEfforts(e.effort))
	case e.family == nova2 && e.effort != "":
		w.Key("reasoningConfig").Open('{')
		w.Key("type").String("enabled")
		w.Key("maxReasoningEffort").String(threeEfforts(e.effort))
		w.Close('}')
	}
	if !w.Wrote(empty) {
		w.Back(start)
	} else {
		w.Close('}')
	}
	if e.family == claude && len(e.r.Stop) > 0 { // which of them was met
		w.Key("additionalModelResponseFieldPaths").Open('[')
		w.String("/stop_sequence")
		w.Close(']')
	}
}

// topK writes the parameter under each maker's name for it.
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
func (e *requestEncoder) topK() {
	k, w := e.r.TopK, &e.w
	switch {
	case k == nil:
	case e.family == claude && (e.thinks || e.version >= 407):
		e.loseSampler("top_k", true)
	case e.family == claude || e.family == mistral:
		w.Key("top_k").Int(int64(*k))
	case e.family == cohere:
		w.Key("k").Int(int64(*k))
	case e.family == nova || e.family == nova2:
		w.Key("inferenceConfig").Open('{')
		w.Key("topK").Int(int64(*k))
		w.Close('}')
	default:
		e.lose("top_k")
	}
}

func threeEfforts(effort string) string {
	switch effort {
	case "minimal":
		return "low"
	case "xhigh", "max":
		return "high"
	}
	return effort
}

func claudeEffort(effort string, version int) string {
	switch {
	case effort == "minimal":
		return "low"
	case effort == "xhigh" && version < 407:
		return "high"
	}
	return effort
}
