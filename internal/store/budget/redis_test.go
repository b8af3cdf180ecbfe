package budgetstore

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/redistest"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/budget"
)

const dollar = budget.NanoUSD(1_000_000_000)

// replica is one llmroute of a fleet, as far as budgets go.
type replica struct {
	t       *testing.T
	keeper  *Keeper
	budgets []*budget.Budget
	stop    func()
	made    int
}

func rules(specs ...budget.Spec) *extproc.Budgets {
	var out []extproc.BudgetRule
	for _, s := range specs {
		per := extproc.PerAll
		if strings.HasPrefix(s.Name, "team") {
			per = extproc.PerTeam
		}
		out = append(out, extproc.BudgetRule{Per: per, Spec: s})
	}
	return extproc.NewBudgets(out)
}

func spec(name string, limit budget.NanoUSD, unavailable budget.Action) budget.Spec {
	return budget.Spec{
		Name: name, Limit: budget.Amount{USD: limit, Tokens: budget.NoLimit}, Period: budget.Month, Zone: time.UTC,
		OnExceeded: budget.Reject, OnUnavailable: unavailable,
	}
}

func join(t *testing.T, url string, o Options, specs ...budget.Spec) *replica {
	t.Helper()
	o.Redis, o.Log = url, slog.New(slog.DiscardHandler)
	k, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{t: t, keeper: k}
	served := k.Serve(rules(specs...))
	served.Each(func(_ *extproc.BudgetRule, b *budget.Budget) { r.budgets = append(r.budgets, b) })
	r.stop = sync.OnceFunc(k.Start())
	t.Cleanup(r.stop)
	return r
}

// ask reserves a dollar, unless it may cost something else.
func (r *replica) ask(subject string, amount budget.NanoUSD) (id string, v budget.Verdict, ok bool) {
	r.made++
	id = fmt.Sprintf("%p/%d", r, r.made)
	rulings, ok := r.keeper.Book().Reserve(id, []budget.Charge{{
		Budget: r.budgets[0], Subject: subject, Amount: budget.Amount{USD: amount},
	}}, time.Now(), nil)
	return id, rulings[0].Verdict, ok
}

func (r *replica) settle(id string, usd float64) {
	r.keeper.Settle(&usage.Record{ID: id, CostUSD: decimal.NewFromFloat(usd), Started: time.Now()})
}

func (r *replica) status() budget.Status {
	if all := r.keeper.Status(1); len(all) > 0 {
		return all[0]
	}
	return budget.Status{}
}

// until waits for something that takes a few round trips.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func TestReplicasTogetherSpendALimitAndNoMore(t *testing.T) {
	redis := redistest.Start(t)
	for _, name := range []string{"all", "team"} {
		var fleet []*replica
		for range 3 {
			fleet = append(fleet, join(t, redis.URL(), Options{}, spec(name, 300*dollar, budget.Reject)))
		}
		var group sync.WaitGroup
		var admitted, early [3]int
		for i, r := range fleet {
			group.Go(func() {
				for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
					_, v, ok := r.ask("x", dollar)
					switch {
					case ok:
						admitted[i]++
					case v == budget.Exceeded:
						return
					default:
						early[i]++
					}
				}
			})
		}
		group.Wait()
		total := admitted[0] + admitted[1] + admitted[2]
		t.Logf("%s: admitted %v of 300, refused early %v", name, admitted, early)
		if total > 300 || total < 290 {
			t.Errorf("%s: %d requests of a dollar were admitted by a limit of $300", name, total)
		}
		for _, r := range fleet {
			r.stop()
		}
	}
}

// TestUnusedSlicesComeBack has one replica hold what another one needs, die, or leave.
func TestUnusedSlicesComeBack(t *testing.T) {
	redis := redistest.Start(t)
	a := join(t, redis.URL(), Options{Lease: time.Second}, spec("all", 100*dollar, budget.Reject))
	b := join(t, redis.URL(), Options{Lease: time.Second}, spec("all", 100*dollar, budget.Reject))
	id, _, ok := b.ask("", 5*dollar)
	if !ok {
		t.Fatal("the first request was refused")
	}
	b.settle(id, 5)
	until(t, "the other one knows what was spent", func() bool { a.ask("", 200*dollar); return a.status().Spent.USD == 5*dollar })
	b.stop()
	spent := 0
	until(t, "all that is left can be spent by the other one", func() bool {
		if _, _, ok := a.ask("", dollar); ok {
			spent++
		}
		return spent >= 95
	})
	if _, _, ok := a.ask("", dollar); ok {
		t.Error("96 were admitted where 95 are left")
	}
}

func TestWithoutRedisOnUnavailableDecidesOnceTheSliceIsUsedUp(t *testing.T) {
	for _, action := range []budget.Action{budget.Reject, budget.Allow} {
		redis := redistest.Start(t)
		r := join(t, redis.URL(), Options{Lease: 2 * time.Second}, spec("all", 100*dollar, action))
		until(t, "the first slice", func() bool { _, _, ok := r.ask("", dollar); return ok })
		redis.Stop()
		until(t, "the slice is void", func() bool { _, v, _ := r.ask("", dollar/1000); return v == budget.Unavailable })
		began := time.Now()
		if _, _, ok := r.ask("", dollar/1000); ok != (action == budget.Allow) {
			t.Errorf("%s: admitted is %v", action, ok)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: a request waited %s", action, took)
		}
		redis.Restart()
		until(t, "budgets work again", func() bool { _, v, _ := r.ask("", dollar/1000); return v == budget.Covered })
	}
}

func TestARedisThatHangsKeepsNoOneWaiting(t *testing.T) {
	redis := redistest.Start(t)
	r := join(t, redis.URL(), Options{Lease: time.Second}, spec("all", 100*dollar, budget.Reject))
	redis.Pause()
	defer redis.Resume()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 10_000 {
			r.ask("", dollar/1000)
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("requests wait for Redis")
	}
}

// TestRedisThatForgetsDoesNotLetSpendBegin anew: replicas tell it what they have spent.
func TestRedisThatForgetsDoesNotLetSpendBeginAnew(t *testing.T) {
	redis := redistest.Start(t)
	a := join(t, redis.URL(), Options{}, spec("all", 100*dollar, budget.Reject))
	b := join(t, redis.URL(), Options{}, spec("all", 100*dollar, budget.Reject))
	admitted := 0
	spend := func(enough int) {
		until(t, fmt.Sprintf("%d dollars are spent", enough), func() bool {
			for _, r := range []*replica{a, b} {
				if id, _, ok := r.ask("", dollar); ok {
					r.settle(id, 1)
					admitted++
				}
			}
			return admitted >= enough
		})
	}
	spend(60)
	redis.Restart()
	spend(90)
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, r := range []*replica{a, b} {
			if _, _, ok := r.ask("", dollar); ok {
				admitted++
			}
		}
	}
	if admitted > 100 {
		t.Errorf("%d dollars were admitted by a limit of 100", admitted)
	}
}

func TestUsageThatComesToAnotherReplicaSettlesAllTheSame(t *testing.T) {
	redis := redistest.Start(t)
	a := join(t, redis.URL(), Options{}, spec("all", 100*dollar, budget.Reject))
	b := join(t, redis.URL(), Options{}, spec("all", 100*dollar, budget.Reject))
	var id string
	until(t, "a request is admitted", func() (ok bool) { id, _, ok = a.ask("", 10*dollar); return ok })
	b.settle(id, 3)
	until(t, "the reservation is settled", func() bool { s := a.status(); return s.Spent.USD == 3*dollar && s.Reserved.IsZero() })
	until(t, "the other one knows", func() bool { b.ask("", 1000*dollar); return b.status().Spent.USD == 3*dollar })
}

func TestAReplicaThatDiedKeepsWhatItHadReserved(t *testing.T) {
	redis := redistest.Start(t)
	a := join(t, redis.URL(), Options{Lease: time.Second}, spec("all", 100*dollar, budget.Reject))
	b := join(t, redis.URL(), Options{Lease: time.Second}, spec("all", 100*dollar, budget.Reject))
	until(t, "a request is admitted", func() bool { _, _, ok := b.ask("", 20*dollar); return ok })
	until(t, "it is known", func() bool { a.ask("", 1000*dollar); return a.status().Reserved.USD == 20*dollar })
	b.keeper.mu.Lock() // as if it were gone
	defer b.keeper.mu.Unlock()
	spent := 0
	until(t, "the rest is free", func() bool {
		if _, _, ok := a.ask("", dollar); ok {
			spent++
		}
		return spent >= 80
	})
	if _, _, ok := a.ask("", dollar); ok {
		t.Error("what a dead replica had reserved was given away")
	}
}

func TestAWrongURLIsSaidWithoutItsPassword(t *testing.T) {
	_, err := New(Options{Redis: "redis://:hunter2@[::1", Log: slog.New(slog.DiscardHandler)})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func FuzzKeysOfAccountsCanBeReadBack(f *testing.F) {
	f.Add("research", "team/a", int64(1793491200))
	f.Add("a/b %", "", int64(-1))
	f.Fuzz(func(t *testing.T, name, subject string, start int64) {
		k := budget.Key{Budget: name, Subject: subject, Start: time.Unix(start, 0)}
		if got, ok := parseKey(formatKey(k)); !ok || got != k {
			t.Errorf("%+v became %+v", k, got)
		}
	})
}

func FuzzReadingAKeyNeverFails(f *testing.F) {
	f.Add("1793491200/research/team-a")
	f.Add("x/%zz/")
	f.Fuzz(func(t *testing.T, text string) {
		if k, ok := parseKey(text); ok {
			if again, ok := parseKey(formatKey(k)); !ok || again != k {
				t.Errorf("%q: %+v became %+v", text, k, again)
			}
		}
	})
}
