package policy

import "fmt"

// contextFilter keeps what the prompt and the answer fit into. Token counts are estimates,
// but near a bound of models whose tokenizer is known, so there are three zones:
//
//	refused  the prompt alone is above the longest input, or the window; or prompt and the output that the client
//	         asked for are above the window by more than a tenth
//	doubt    prompt and output (512 where the client set no limit) are above the window by less
//	kept     otherwise, and where neither bound is known
type contextFilter struct{}

var _ filter = contextFilter{}

func (contextFilter) name() string          { return filterContext }
func (contextFilter) applies(q *query) bool { return true }

func (contextFilter) allow(q *query, m *mark) ruling {
	t := &q.traits[m.id]
	in := q.promptOf(t)
	switch {
	case t.maxInput > 0 && in > t.maxInput:
		return refused
	case t.window == 0:
		return kept
	case in > t.window:
		return refused
	}
	out := q.outputOf(t)
	switch {
	case in+out <= t.window:
		return kept
	case q.f.MaxOutputTokens == 0 || in+out <= t.window+t.window/10:
		return doubted
	}
	return refused
}

func (contextFilter) why(q *query, m *mark) Verdict {
	t := &q.traits[m.id]
	in := q.promptOf(t)
	switch {
	case t.maxInput > 0 && in > t.maxInput:
		return refuse(fmt.Sprintf("about %d input tokens are more than the %d that it takes", in, t.maxInput))
	case in > t.window:
		return refuse(fmt.Sprintf("about %d input tokens do not fit its context window of %d", in, t.window))
	}
	return refuse(fmt.Sprintf("about %d input tokens and %d for the answer do not fit its context window of %d", in, q.outputOf(t), t.window))
}

// outputOf is how many tokens the answer may take of the window: what the client asked for, as far as policies and the model
// allow, or else what is expected.
func (q *query) outputOf(t *profile) int {
	if t.maxOutput > 0 && (!q.asked || q.f.MaxOutputTokens == 0) {
		return min(q.out, t.maxOutput)
	}
	return q.out
}
