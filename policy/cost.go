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

// expectedUSD is what c is expected to cost for this request, or -1 if its price is not known.
func (q *query) expectedUSD(c *Candidate) float64 {
	if !c.Facts.PriceKnown {
		return -1
	}
	return c.Facts.Price.USD(q.f.InputTokens, 0, 0, q.totalOutput(c))
}

// totalOutput is the expected length of all answers together.
func (q *query) totalOutput(c *Candidate) int {
	out := q.out
	if most := c.Facts.MaxOutputTokens; most > 0 {
		out = min(out, most)
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
