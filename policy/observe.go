package policy

import (
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
	o = q.arms[m.id].Outlook(q.moment(), q.f.InputTokens, q.answerTokens(m))
	return o, o.Measured
}

// answerTokens is how long this request's answers will be: what the answers of the route were of late, or what is assumed,
// within what the client, the policies and the model allow.
func (q *query) answerTokens(m *mark) int {
	out := q.totalOutput(&q.traits[m.id])
	if q.route.answers == nil {
		return out
	}
	if usual, ok := q.route.answers.Tokens(); ok {
		return min(out, int(usual)+1)
	}
	return out
}
