package policy

import "fmt"

// contextFilter keeps what the prompt and the answer fit into. Token counts are estimates, so there are three zones:
//
//	refused  the prompt alone is above the window; or prompt and the output that the client asked for are
//	         above it by more than a tenth
//	doubt    prompt and output (512 where the client set no limit) are above it by less
//	kept     otherwise, and where the window is not known
type contextFilter struct{}

var _ filter = contextFilter{}

func (contextFilter) name() string { return filterContext }

func (contextFilter) allow(q *query, c *Considered) (Verdict, bool) {
	window, in := c.Facts.ContextWindow, q.f.InputTokens
	if window == 0 {
		return Verdict{}, false
	}
	if in > window {
		return refuse(fmt.Sprintf("about %d input tokens do not fit its context window of %d", in, window)), false
	}
	out := q.outputOf(c.Candidate)
	if in+out <= window {
		return Verdict{}, false
	}
	v := refuse(fmt.Sprintf("about %d input tokens and %d for the answer do not fit its context window of %d", in, out, window))
	return v, q.f.MaxOutputTokens == 0 || in+out <= window+window/10
}

// outputOf is how many tokens the answer may take of the window: what the client asked for, as far as policies and the model
// allow, or else what is expected.
func (q *query) outputOf(c *Candidate) int {
	out := q.out
	if most := c.Facts.MaxOutputTokens; most > 0 && (!q.asked || q.f.MaxOutputTokens == 0) {
		out = min(out, most)
	}
	return out
}
