package policy

// costScore is the expected cost in USD.
type costScore struct{}

var _ scorer = costScore{}

func (costScore) unit() string { return "USD" }

func (costScore) score(q *query, m *mark) (float64, bool) {
	usd := q.costOf(m)
	return max(0, usd), usd >= 0
}
