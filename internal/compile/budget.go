package compile

import (
	"fmt"
	"time"
	_ "time/tzdata" // zones are known on machines without a database of them, too

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy/budget"
)

func (c *compiler) compileBudgets() {
	for i := range c.config.Budgets {
		b := &c.config.Budgets[i]
		at := fmt.Sprintf("budgets[%d]", i)
		zone, err := time.LoadLocation(b.Zone)
		if err != nil {
			c.fault(at+".zone", fmt.Sprintf("%q is not a time zone", b.Zone), "")
			continue
		}
		c.budgets = append(c.budgets, extproc.BudgetRule{
			Match: c.expression(at+".match", b.Match), Per: extproc.BudgetPer(b.Per),
			Spec: budget.Spec{
				Name: b.Name, Limit: limitOf(b), Period: budget.Period(b.Period), Zone: zone, Alerts: b.Alerts,
				OnExceeded: budget.Action(b.OnExceeded), OnUnavailable: budget.Action(b.OnUnavailable),
			},
		})
		if b.LimitUSD != nil && b.LimitTokens == nil {
			c.warnUnpriced(at)
		}
	}
}

func limitOf(b *config.Budget) budget.Amount {
	limit := budget.Amount{USD: budget.NoLimit, Tokens: budget.NoLimit}
	if b.LimitUSD != nil {
		limit.USD = budget.FromFloat(*b.LimitUSD)
	}
	if b.LimitTokens != nil {
		limit.Tokens = int64(*b.LimitTokens)
	}
	return limit
}

// warnUnpriced tells of a model that a budget in dollars does not bound.
func (c *compiler) warnUnpriced(at string) {
	for i := range c.spec.Candidates {
		if m := &c.spec.Candidates[i]; !m.Facts.PriceKnown {
			c.warn(at+".limit_usd", fmt.Sprintf("does not bound model %s, whose price is not known", m.Model), "give the model a price, or the budget limit_tokens too")
			return
		}
	}
}
