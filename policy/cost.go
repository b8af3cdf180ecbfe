package policy

import (
	"math"
	"strconv"
)

// ExpectedOutputTokens is how long an answer is taken to be where the client sets no limit. Most chat answers are
// shorter; what matters is that it is the same for all candidates.
const ExpectedOutputTokens = 512

// expectedOutput is the expected length of one answer: what the client set, else the guess, lowered to what policies allow.
func (q *query) expectedOutput() int {
	if !q.f.generates() {
		return 0
	}
	out := ExpectedOutputTokens
	if q.f.MaxOutputTokens > 0 {
		out = q.f.MaxOutputTokens
	}
	if m := q.d.Edit.MaxOutputTokens; m > 0 {
		out = min(out, m)
	}
	return out
}

// costOf is what a candidate is expected to cost for this request, or -1 if its price is not known. It is computed
// when asked for.
func (q *query) costOf(m *mark) float64 {
	if m.is(costed) {
		return m.usd
	}
	t := &q.traits[m.id]
	switch {
	case !t.priced:
		m.usd = -1
	case t.tiered:
		m.usd = q.candidates[m.id].Facts.Price.USD(q.inputOf(t), 0, 0, q.totalOutput(t))
	default:
		m.usd = (float64(max(0, q.inputOf(t)))*t.input + float64(max(0, q.totalOutput(t)))*t.output) / perMillion
	}
	m.flags |= costed
	return m.usd
}

// perMillion is the unit of prices, in tokens.
const perMillion = 1e6

// totalOutput is the expected length of all answers together.
func (q *query) totalOutput(t *profile) int {
	out := q.out
	if t.maxOutput > 0 {
		out = min(out, t.maxOutput)
	}
	return out * q.f.answers()
}

// usd writes an amount with three significant digits, at least to the cent.
func usd(x float64) string {
	digits := 2
	if x > 0 && x < 1 {
		digits = max(2, 2-int(math.Floor(math.Log10(x))))
	}
	return "$" + strconv.FormatFloat(x, 'f', digits, 64)
}
