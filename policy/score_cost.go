package policy

// costScore is the expected cost in USD.
type costScore struct{}

var _ scorer = costScore{}

func (costScore) unit() string { return "USD" }

func (costScore) score(_ *query, c *Considered) (float64, bool) {
	return max(0, c.ExpectedUSD), c.ExpectedUSD >= 0
}
