package policy

import (
	"math"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// armsOf finds what is known of each candidate, once.
func armsOf(candidates []Candidate, seen *learn.State) []*learn.Arm {
	if seen == nil {
		return nil
	}
	arms := make([]*learn.Arm, len(candidates))
	for i := range candidates {
		arms[i] = seen.Arm(candidates[i].Provider, candidates[i].Model)
	}
	return arms
}

// moment is the time of this decision, the same for all its steps.
func (q *query) moment() time.Time {
	if q.now.IsZero() {
		q.now = q.seen.Now()
	}
	return q.now
}

// outlook is what to expect of a candidate; !ok: it has not been measured.
func (q *query) outlook(m *mark) (o learn.Outlook, ok bool) {
	if q.arms == nil {
		return o, false
	}
	if q.usualTokens == 0 { // the first of many
		q.ask = learn.Ask(q.moment(), q.f.InputTokens)
		q.usualTokens = q.usualAnswer()
	}
	o = q.arms[m.id].Outlook(q.ask, q.answerTokens(m))
	if q.route.Percentile > 0 && o.Measured {
		o.FirstByte = o.FirstByteAt(q.route.quantile)
	}
	return o, o.Measured
}

// normalQuantile is what the standard normal distribution stays under with a probability of percentile, above 0 and below 100.
// Of 0, which stands for none, it is 0.
func normalQuantile(percentile float64) float64 {
	if percentile <= 0 || percentile >= 100 {
		return 0
	}
	return math.Sqrt2 * math.Erfinv(percentile/50-1)
}

// answerTokens is how long this request's answers will be: what the answers of the route were of late, or what is assumed,
// within what the client, the policies and the model allow.
func (q *query) answerTokens(m *mark) int {
	return min(q.totalOutput(&q.traits[m.id]), q.usualTokens)
}

// usualAnswer is how long the answers of the route were of late, above 0; if none was seen, it bounds nothing.
func (q *query) usualAnswer() int {
	if q.route.answers != nil {
		if usual, ok := q.route.answers.Tokens(); ok {
			return int(usual) + 1
		}
	}
	return math.MaxInt
}
