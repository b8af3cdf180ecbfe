package policy

// latencyScore is the expected time to the last byte, in seconds.
type latencyScore struct{}

var _ scorer = latencyScore{}

func (latencyScore) unit() string { return "s" }

func (latencyScore) score(q *query, c *Considered) (float64, bool) {
	if q.seen == nil {
		return 0, false
	}
	return q.seen.Latency(c.Candidate, q.f.InputTokens, q.totalOutput(c.Candidate))
}
