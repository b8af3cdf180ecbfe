package budgetstore

import (
	"context"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
)

// Ledger is the History that a ledger knows.
type Ledger struct {
	Reader interface {
		Usage(ctx context.Context, q ledger.Query) ([]ledger.Sum, error)
	}
}

var _ History = Ledger{}

// Spent implements History.
func (l Ledger) Spent(ctx context.Context, since, until time.Time) ([]Spending, error) {
	sums, err := l.Reader.Usage(ctx, ledger.Query{
		By: []ledger.Dim{ledger.Team, ledger.User, ledger.Client, ledger.Route, ledger.Model}, Since: since, Until: until,
	})
	if err != nil {
		return nil, err
	}
	out := make([]Spending, len(sums))
	for i := range sums {
		s := &sums[i]
		out[i] = Spending{
			Team: s.By[0], User: s.By[1], Client: s.By[2], Route: s.By[3], Model: s.By[4], USD: s.CostUSD, Tokens: s.Tokens.Total(),
		}
	}
	return out, nil
}
