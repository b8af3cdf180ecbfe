package budgetstore

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/budget"
)

// rows is a ledger that holds a few requests.
type rows struct {
	records []*usage.Record
	failing bool
}

var _ History = (*rows)(nil)

func (r *rows) Spent(_ context.Context, since, until time.Time) ([]Spending, error) {
	if r.failing {
		return nil, errors.New("the disk is full")
	}
	var out []Spending
	for _, one := range r.records {
		if !one.Started.Before(since) && one.Started.Before(until) {
			out = append(out, Spending{Team: one.Team, User: one.User, Client: one.Client, Route: one.Route, Model: one.Model, USD: one.CostUSD, Tokens: one.Tokens.Total()})
		}
	}
	return out, nil
}

var began = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// past has what two teams spent in this month, and what one did in the last.
func past() []*usage.Record {
	return []*usage.Record{
		{ID: "1", Started: began.Add(-time.Hour), Team: "research", Model: "small", CostUSD: decimal.RequireFromString("1.50"), Tokens: usage.Tokens{Input: 10, Output: 5}},
		{ID: "2", Started: began.Add(-time.Minute), Team: "research", Model: "large", CostUSD: decimal.RequireFromString("2.25"), Tokens: usage.Tokens{Input: 1}},
		{ID: "3", Started: began.Add(-time.Hour), Team: "sales", Model: "small", CostUSD: decimal.RequireFromString("7"), Tokens: usage.Tokens{Output: 1}},
		{ID: "4", Started: began.AddDate(0, -1, 0), Team: "research", Model: "small", CostUSD: decimal.RequireFromString("100")},
	}
}

func expr(t *testing.T, text string) *policy.Expr {
	t.Helper()
	e, err := policy.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func restarted(t *testing.T, h History, rules ...extproc.BudgetRule) (*Keeper, *extproc.Budgets) {
	t.Helper()
	k, err := New(Options{Log: slog.New(slog.DiscardHandler), History: h, Now: func() time.Time { return began }})
	if err != nil {
		t.Fatal(err)
	}
	return k, k.Serve(extproc.NewBudgets(rules))
}

func spent(k *Keeper) map[string]budget.Amount {
	out := map[string]budget.Amount{}
	for _, s := range k.Status(99) {
		out[s.Name+"/"+s.Subject] = s.Spent
	}
	return out
}

func TestAfterARestartTheLedgerTellsWhatIsSpent(t *testing.T) {
	limit := 1000 * dollar
	k, _ := restarted(t, &rows{records: past()},
		extproc.BudgetRule{Per: extproc.PerTeam, Spec: spec("teams", limit, budget.Reject)},
		extproc.BudgetRule{Per: extproc.PerModel, Match: expr(t, `team == "research"`), Spec: spec("research", limit, budget.Reject)},
		extproc.BudgetRule{Per: extproc.PerAll, Match: expr(t, `complexity > 0.5`), Spec: spec("hard", limit, budget.Reject)},
	)
	for name, want := range map[string]budget.Amount{
		"teams/research":  {USD: 3_750_000_000, Tokens: 16},
		"teams/sales":     {USD: 7_000_000_000, Tokens: 1},
		"research/small":  {USD: 1_500_000_000, Tokens: 15},
		"research/large":  {USD: 2_250_000_000, Tokens: 1},
		"hard/":           {}, // the ledger knows no complexity
		"research/unused": {},
	} {
		if got := spent(k)[name]; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestALedgerThatFailsIsAskedAgain(t *testing.T) {
	h := &rows{records: past(), failing: true}
	k, _ := restarted(t, h, extproc.BudgetRule{Per: extproc.PerTeam, Spec: spec("teams", 1000*dollar, budget.Reject)})
	if got := spent(k); len(got) != 0 {
		t.Fatalf("got %v", got)
	}
	h.failing = false
	k.work(t.Context())
	if got := spent(k)["teams/sales"].USD; got != 7*dollar {
		t.Errorf("got %v", got)
	}
}

func TestABudgetThatAReloadAddsCountsWhatWasSpentBefore(t *testing.T) {
	h := &rows{records: past()}
	rule := extproc.BudgetRule{Per: extproc.PerTeam, Spec: spec("teams", 1000*dollar, budget.Reject)}
	k, _ := restarted(t, h, rule)
	k.Serve(extproc.NewBudgets([]extproc.BudgetRule{rule, {Per: extproc.PerAll, Spec: spec("all", 1000*dollar, budget.Reject)}}))
	if got := spent(k); got["all/"].USD != 10_750_000_000 || got["teams/sales"].USD != 7*dollar {
		t.Errorf("got %v", got)
	}
}

// TestARequestOfTheProcessBeforeCounts has its usage come after the start.
func TestARequestOfTheProcessBeforeCounts(t *testing.T) {
	k, _ := restarted(t, &rows{}, extproc.BudgetRule{Per: extproc.PerTeam, Spec: spec("teams", 1000*dollar, budget.Reject)})
	k.Settle(past()[0])
	k.Settle(&usage.Record{ID: "later", Started: began.Add(time.Second), Team: "research", CostUSD: decimal.NewFromInt(5)}) // no budget counted it
	if got := spent(k)["teams/research"].USD; got != 1_500_000_000 {
		t.Errorf("got %v", got)
	}
}

// reader is a ledger's database.
type reader struct{ asked ledger.Query }

func (r *reader) Usage(_ context.Context, q ledger.Query) ([]ledger.Sum, error) {
	r.asked = q
	return []ledger.Sum{{By: []string{"t", "u", "c", "r", "m"}, CostUSD: decimal.NewFromInt(3), Tokens: usage.Tokens{Input: 4, Output: 5}}}, q.Check()
}

func TestTheLedgerIsAskedForSumsByWhatBudgetsGoBy(t *testing.T) {
	r := &reader{}
	got, err := Ledger{Reader: r}.Spent(t.Context(), began.Add(-time.Hour), began)
	want := Spending{Team: "t", User: "u", Client: "c", Route: "r", Model: "m", USD: decimal.NewFromInt(3), Tokens: 9}
	if err != nil || len(got) != 1 || !got[0].USD.Equal(want.USD) || got[0].Team+got[0].User+got[0].Client+got[0].Route+got[0].Model != "tucrm" || got[0].Tokens != 9 {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if !r.asked.Since.Equal(began.Add(-time.Hour)) || !r.asked.Until.Equal(began) {
		t.Errorf("asked for %+v", r.asked)
	}
}

func TestARealLedgerTellsWhatIsSpent(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx := t.Context()
	if err := errors.Join(store.Migrate(ctx), store.Write(ctx, past(), nil)); err != nil {
		t.Fatal(err)
	}
	k, _ := restarted(t, Ledger{Reader: store},
		extproc.BudgetRule{Per: extproc.PerTeam, Spec: spec("teams", 1000*dollar, budget.Reject)},
		extproc.BudgetRule{Per: extproc.PerModel, Match: expr(t, `team == "research"`), Spec: spec("research", 1000*dollar, budget.Reject)})
	got := spent(k)
	if got["teams/research"] != (budget.Amount{USD: 3_750_000_000, Tokens: 16}) || got["research/large"].USD != 2_250_000_000 || len(got) != 4 {
		t.Errorf("got %v", got)
	}
}
