package policy

// latencyScore is the expected time to the last byte, in seconds, with what failures are expected to add.
type latencyScore struct{}

var _ scorer = latencyScore{}

func (latencyScore) unit() string { return "s" }

func (latencyScore) score(q *query, m *mark) (float64, bool) {
	o, ok := q.outlook(m)
	if !ok {
		return 0, false
	}
	if m.is(probe) { // a probe would be wasted if it went by what is known to be so
		return o.Seconds(), true
	}
	return o.Seconds() + o.FailChance/(1-o.FailChance)*(o.FailTook+o.Seconds()), true
}
