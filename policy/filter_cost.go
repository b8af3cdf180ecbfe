package policy

import "fmt"

// costFilter keeps what is expected to cost no more than the client, the route and the policies allow. Where the
// price is not known, the ceilings of the client and the route let it pass, and those of policies do not.
type costFilter struct{}

var _ filter = costFilter{}

func (costFilter) name() string { return filterCost }

func (costFilter) allow(q *query, c *Considered) (Verdict, bool) {
	for _, p := range q.priced {
		if reason := p.tooExpensive(c); reason != "" {
			return Verdict{Reason: reason, Policy: p.Name}, false
		}
	}
	ceiling, whose := q.f.MaxCostUSD, "x-llmroute-max-cost-usd"
	if m := q.route.MaxCostUSD; m != nil && (ceiling == 0 || *m < ceiling) {
		ceiling, whose = *m, "route "+q.route.Name
	}
	switch {
	case whose == "x-llmroute-max-cost-usd" && ceiling == 0:
	case c.ExpectedUSD < 0:
		c.Note = fmt.Sprintf("its price is not known, so the ceiling of %s could not be checked", whose)
	case c.ExpectedUSD > ceiling:
		return refuse(fmt.Sprintf("expected to cost %s, and %s allows %s", usd(c.ExpectedUSD), whose, usd(ceiling))), false
	}
	return Verdict{}, false
}

// tooExpensive says why p refuses what c is expected to cost, if it does.
func (p *orgPolicy) tooExpensive(c *Considered) string {
	switch {
	case p.MaxCostUSD == nil:
		return ""
	case c.ExpectedUSD < 0:
		return fmt.Sprintf("its price is not known, and policy %s bounds the cost; give the model a price", p.Name)
	case c.ExpectedUSD > *p.MaxCostUSD:
		return fmt.Sprintf("expected to cost %s, and policy %s allows %s", usd(c.ExpectedUSD), p.Name, usd(*p.MaxCostUSD))
	}
	return ""
}
