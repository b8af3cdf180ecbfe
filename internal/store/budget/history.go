package budgetstore

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/budget"
)

// Spending is what requests of one kind used together.
type Spending struct {
	Team, User, Client, Route, Model string
	USD                              decimal.Decimal
	Tokens                           int64
}

// History is what the ledger knows.
type History interface {
	// Spent returns what requests used that began from since and before until.
	Spent(ctx context.Context, since, until time.Time) ([]Spending, error)
}

// startTimeout bounds how long the first Serve waits for the ledger or Redis.
const startTimeout = 5 * time.Second

// Serve puts budgets on the book, in place of those before, and returns them so. The first time it waits for what was spent
// before, or for Redis, so that the first requests find their budgets as they are. b may be nil.
func (k *Keeper) Serve(b *extproc.Budgets) *extproc.Budgets {
	b = b.On(k.book)
	k.budgets.Store(b)
	b.Each(func(r *extproc.BudgetRule, account *budget.Budget) {
		if r.Per == extproc.PerAll {
			account.Open("", k.now())
		}
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	k.load(ctx)
	if k.joined.IsZero() {
		k.sync(ctx)
	}
	return b
}

// spend counts what no reservation is known of, since it was made before this process began.
func (k *Keeper) spend(s *Spending) {
	k.budgets.Load().Each(func(r *extproc.BudgetRule, b *budget.Budget) {
		if subject, ok := s.subject(r); ok {
			k.book.Spend(b, subject, s.amount(), k.now())
		}
	})
}

func (s *Spending) amount() budget.Amount {
	return budget.Amount{USD: budget.FromDecimal(s.USD), Tokens: s.Tokens}
}

// told reports whether a ledger can tell what counts for a rule.
func told(r *extproc.BudgetRule) bool { return r.Match.OnlyOf("team", "user", "client") }

// subject is whose account it counts for by a rule; not ok: for none, or that cannot be told.
func (s *Spending) subject(r *extproc.BudgetRule) (subject string, ok bool) {
	f := &policy.Features{Team: s.Team, User: s.User, Client: s.Client}
	if !told(r) || !r.Covers(f) {
		return "", false
	}
	return r.Per.Subject(f, s.Route, s.Model), true
}

// load counts what was spent in the present periods before this process began, or before a budget was added to those that it
// had. With Redis it does nothing: that knows better. The lock is held.
func (k *Keeper) load(ctx context.Context) {
	now := k.now()
	first := now
	if k.unread == nil {
		k.unread, first = map[*budget.Budget]time.Time{}, k.began
	}
	rows := map[span][]Spending{}
	k.budgets.Load().Each(func(r *extproc.BudgetRule, b *budget.Budget) {
		until, seen := k.unread[b]
		if !seen {
			until = first
			k.unread[b] = first
		}
		if until.IsZero() || k.shared != nil {
			return
		}
		l := loading{keeper: k, until: until, now: now, rows: rows}
		if err := l.load(ctx, r, b); err != nil {
			k.log.Error("budgets: what was spent before is not known yet and does not count; the ledger is asked again", "budget", r.Spec.Name, "error", err.Error())
			return
		}
		k.unread[b] = time.Time{}
	})
}

// loading asks the ledger once for budgets whose periods began together.
type loading struct {
	keeper     *Keeper
	until, now time.Time
	rows       map[span][]Spending
}

// span is a stretch of time.
type span struct{ since, until time.Time }

func (l *loading) load(ctx context.Context, r *extproc.BudgetRule, b *budget.Budget) error {
	k := l.keeper
	start, _ := r.Spec.Period.Bounds(l.now, r.Spec.Zone)
	switch {
	case k.history == nil:
		k.log.Warn("budgets: there is no ledger, so what was spent before this start is not known and does not count", "budget", r.Spec.Name)
		return nil
	case !told(r):
		k.log.Warn("budgets: what was spent before this start does not count, since match looks at more than the ledger has: team, user and client", "budget", r.Spec.Name)
		return nil
	case !start.Before(l.until):
		return nil
	}
	rows, ok := l.rows[span{start, l.until}]
	if !ok {
		var err error
		if rows, err = k.history.Spent(ctx, start, l.until); err != nil {
			return err
		}
		l.rows[span{start, l.until}] = rows
	}
	for subject, amount := range sum(r, rows) {
		k.book.Load(b, subject, start, amount, l.now)
	}
	return nil
}

func sum(r *extproc.BudgetRule, rows []Spending) map[string]budget.Amount {
	sums := map[string]budget.Amount{}
	for i := range rows {
		if subject, ok := rows[i].subject(r); ok {
			sums[subject] = sums[subject].Plus(rows[i].amount())
		}
	}
	return sums
}
