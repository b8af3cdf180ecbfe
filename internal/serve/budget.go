package serve

import (
	"time"

	"github.com/llmroute/llmroute/internal/status"
	"github.com/llmroute/llmroute/internal/telemetry"
	"github.com/llmroute/llmroute/policy/budget"
)

// mostBudgets bounds what the status page and metrics list.
const mostBudgets = 100

// budgets are those that are used most, each in the unit that it bounds.
func (s *server) budgets(time.Time) []status.Budget {
	if s.Budgets == nil {
		return nil
	}
	var out []status.Budget
	for _, s := range s.Budgets.Status(mostBudgets) {
		b := status.Budget{Name: s.Name, Key: s.Subject, Period: string(s.Period), ResetsAt: s.ResetsAt}
		if s.Limit.USD != budget.NoLimit {
			b.Unit, b.Limit, b.Spent, b.Reserved = "USD", s.Limit.USD.USD(), s.Spent.USD.USD(), s.Reserved.USD.USD()
			out = append(out, b)
		}
		if s.Limit.Tokens != budget.NoLimit {
			b.Unit, b.Limit, b.Spent, b.Reserved = "tokens", float64(s.Limit.Tokens), float64(s.Spent.Tokens), float64(s.Reserved.Tokens)
			out = append(out, b)
		}
	}
	return out
}

// budgetStates are the same for metrics.
func (s *server) budgetStates() []telemetry.BudgetState {
	var out []telemetry.BudgetState
	for _, b := range s.budgets(time.Now()) {
		out = append(out, telemetry.BudgetState{Name: b.Name, Key: b.Key, Unit: b.Unit, Limit: b.Limit, Spent: b.Spent, Reserved: b.Reserved})
	}
	return out
}

// budgetRulings count what budgets have said to requests.
func (s *server) budgetRulings() []telemetry.BudgetRulings {
	if s.Budgets == nil {
		return nil
	}
	var out []telemetry.BudgetRulings
	for _, c := range s.Budgets.Book().Counts() {
		out = append(out, telemetry.BudgetRulings{
			Name: c.Budget, Covered: int64(c.Covered), Exceeded: int64(c.Exceeded), Short: int64(c.Short), Unavailable: int64(c.Unavailable), Alerted: int64(c.Alerted),
		})
	}
	return out
}
