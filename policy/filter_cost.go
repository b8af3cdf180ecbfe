package policy

import "fmt"

// costFilter keeps what is expected to cost no more than the client, the route and the policies allow. Where the
// price is not known, the ceilings of the client and the route let it pass, and those of policies do not.
type costFilter struct{}

var _ filter = costFilter{}

func (costFilter) name() string { return filterCost }

func (costFilter) applies(q *query) bool {
	return len(q.priced) > 0 || q.f.MaxCostUSD != 0 || q.route.MaxCostUSD != nil
}

func (costFilter) allow(q *query, m *mark) ruling {
	usd := q.costOf(m)
	for _, p := range q.priced {
		if usd < 0 || usd > *p.MaxCostUSD {
			return refused
		}
	}
	if ceiling, _, any := q.ceiling(); any && usd > ceiling {
		return refused
	}
	return kept
}

func (costFilter) why(q *query, m *mark) Verdict {
	for _, p := range q.priced {
		if reason := p.tooExpensive(q.costOf(m)); reason != "" {
			return Verdict{Reason: reason, Policy: p.Name}
		}
	}
	ceiling, whose, _ := q.ceiling()
	return refuse(fmt.Sprintf("expected to cost %s, and %s allows %s", usd(q.costOf(m)), whose, usd(ceiling)))
}

// note tells that a ceiling could not be checked.
func (costFilter) note(q *query, m *mark) string {
	_, whose, any := q.ceiling()
	if !any || q.costOf(m) >= 0 {
		return ""
	}
	return fmt.Sprintf("its price is not known, so the ceiling of %s could not be checked", whose)
}

// ceiling is the lower of what the client and the route allow.
func (q *query) ceiling() (usd float64, whose string, any bool) {
	ceiling, whose := q.f.MaxCostUSD, "x-llmroute-max-cost-usd"
	if m := q.route.MaxCostUSD; m != nil && (ceiling == 0 || *m < ceiling) {
		return *m, "route " + q.route.Name, true
	}
	return ceiling, whose, ceiling != 0
}

// tooExpensive says why p refuses what a candidate is expected to cost, if it does.
func (p *orgPolicy) tooExpensive(expected float64) string {
	switch {
	case p.MaxCostUSD == nil:
		return ""
	case expected < 0:
		return fmt.Sprintf("its price is not known, and policy %s bounds the cost; give the model a price", p.Name)
	case expected > *p.MaxCostUSD:
		return fmt.Sprintf("expected to cost %s, and policy %s allows %s", usd(expected), p.Name, usd(*p.MaxCostUSD))
	}
	return ""
}
