package budget

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func monthly(name string, usd NanoUSD) Spec {
	return Spec{Name: name, Limit: Amount{USD: usd, Tokens: NoLimit}, Period: Month, Zone: time.UTC, OnExceeded: Reject, OnUnavailable: Reject}
}

func usd(n NanoUSD) Amount { return Amount{USD: n} }

// reserve asks for one charge.
func reserve(b *Book, id string, budget *Budget, amount Amount, now time.Time) (Ruling, bool) {
	rulings, ok := b.Reserve(id, []Charge{{Budget: budget, Amount: amount}}, now, nil)
	return rulings[0], ok
}

func spentOn(b *Book, now time.Time) Status {
	for _, s := range b.Status(now, 1) {
		return s
	}
	return Status{}
}

func TestARequestThatDoesNotFitIsRefusedAndOneThatDoesIsNot(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	if _, ok := reserve(b, "1", budget, usd(60), noon); !ok {
		t.Fatal("60 of 100 were refused")
	}
	r, ok := reserve(b, "2", budget, usd(41), noon)
	if ok || r.Verdict != Exceeded || r.Left.USD != 40 || !r.Resets.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("41 of the 40 that are left: %v, %+v", ok, r)
	}
	if _, ok := reserve(b, "3", budget, usd(40), noon); !ok {
		t.Error("40 of the 40 that are left were refused")
	}
}

func TestWhatWasUsedTakesThePlaceOfTheReservation(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	reserve(b, "1", budget, usd(90), noon)
	if !b.Settle("1", "", usd(10), noon) {
		t.Fatal("the request is not known")
	}
	if s := spentOn(b, noon); s.Spent.USD != 10 || s.Reserved.USD != 0 || s.Remaining.USD != 90 {
		t.Errorf("got %+v", s)
	}
	if b.Settle("1", "", usd(7), noon); spentOn(b, noon).Spent.USD != 10 {
		t.Error("a second, smaller count was taken")
	}
	if b.Settle("1", "", usd(12), noon); spentOn(b, noon).Spent.USD != 12 {
		t.Error("a second, larger count was not taken")
	}
	if b.Settle("2", "", usd(7), noon) {
		t.Error("a request that nobody admitted is known")
	}
}

func TestOfSeveralBudgetsAllMustAdmit(t *testing.T) {
	b := NewBook(Options{})
	budgets := b.Use([]Spec{monthly("wide", 1000), monthly("tight", 10)})
	charges := []Charge{{Budget: budgets[0], Amount: usd(50)}, {Budget: budgets[1], Amount: usd(50)}}
	if rulings, ok := b.Reserve("1", charges, noon, nil); ok || len(rulings) != 2 || !rulings[1].Refuses() {
		t.Fatalf("%v, %+v", ok, rulings)
	}
	for _, s := range b.Status(noon, 9) {
		if !s.Reserved.IsZero() {
			t.Errorf("%s keeps %+v of a refused request", s.Name, s.Reserved)
		}
	}
}

func TestAReservationEndsWithItsLeaseAndALateCountStillCounts(t *testing.T) {
	b := NewBook(Options{Lease: time.Minute})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	reserve(b, "1", budget, usd(90), noon)
	b.Sweep(noon.Add(59 * time.Second))
	if spentOn(b, noon).Reserved.USD != 90 {
		t.Error("the reservation ended early")
	}
	b.Sweep(noon.Add(time.Minute))
	if s := spentOn(b, noon); !s.Reserved.IsZero() || !s.Spent.IsZero() {
		t.Errorf("after the lease: %+v", s)
	}
	if !b.Settle("1", "", usd(30), noon.Add(time.Hour)) || spentOn(b, noon).Spent.USD != 30 {
		t.Errorf("a late count: %+v", spentOn(b, noon))
	}
}

func TestANewPeriodBeginsWithNothingSpent(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	reserve(b, "1", budget, usd(100), noon)
	reserve(b, "2", budget, usd(0), noon)
	december := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if _, ok := reserve(b, "3", budget, usd(1), december.Add(-1)); ok {
		t.Error("the last moment of the period lets more pass")
	}
	if _, ok := reserve(b, "3", budget, usd(100), december); !ok {
		t.Error("the first moment of the next one refuses")
	}
	b.Settle("1", "", usd(100), december)
	if s := spentOn(b, december); s.Spent.USD != 0 || s.Reserved.USD != 100 {
		t.Errorf("what was admitted before counts in the new period: %+v", s)
	}
}

func TestTheModelThatAnswersIsCharged(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	b.Reserve("1", []Charge{{Budget: budget, Subject: "first", Amount: usd(50), ByModel: true}}, noon, nil)
	b.Settle("1", "second", usd(20), noon)
	b.Settle("1", "second", usd(30), noon)
	got := map[string]Amount{}
	for _, s := range b.Status(noon, 9) {
		got[s.Subject] = s.Spent.Plus(s.Reserved)
	}
	if got["first"].USD != 0 || got["second"].USD != 30 {
		t.Errorf("got %v", got)
	}
}

func TestBudgetsThatDoNotRefuseCountAllTheSame(t *testing.T) {
	for _, action := range []Action{Downgrade, Audit} {
		b := NewBook(Options{})
		spec := monthly("m", 10)
		spec.OnExceeded = action
		budget := b.Use([]Spec{spec})[0]
		if r, ok := reserve(b, "1", budget, usd(50), noon); !ok || r.Verdict != Exceeded {
			t.Errorf("%s: %v, %v", action, ok, r.Verdict)
		}
		if s := spentOn(b, noon); s.Reserved.USD != 50 || s.Remaining.USD != 0 {
			t.Errorf("%s: %+v", action, s)
		}
	}
}

func TestAlertsComeOnceAPeriodAndLevel(t *testing.T) {
	var got []float64
	b := NewBook(Options{Alert: func(a *Alert) { got = append(got, a.Level) }})
	spec := monthly("m", 100)
	spec.Alerts = []float64{0.5, 0.8, 1}
	budget := b.Use([]Spec{spec})[0]
	now := noon
	for i, n := range []NanoUSD{40, 10, 10, 35, 5} {
		id := fmt.Sprint(i)
		reserve(b, id, budget, usd(n), now)
		b.Settle(id, "", usd(n), now)
	}
	now = noon.AddDate(0, 1, 0)
	reserve(b, "next", budget, usd(60), now)
	b.Settle("next", "", usd(60), now)
	if want := []float64{0.5, 0.8, 1, 0.5}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAReloadKeepsWhatWasCountedUnlessThePeriodChanges(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	reserve(b, "1", budget, usd(60), noon)
	again := b.Use([]Spec{monthly("m", 70)})[0]
	if _, ok := reserve(b, "2", again, usd(20), noon); ok {
		t.Error("20 on top of 60 were admitted by the new limit of 70")
	}
	spec := monthly("m", 70)
	spec.Period = Day
	if _, ok := reserve(b, "3", b.Use([]Spec{spec})[0], usd(70), noon); !ok {
		t.Error("a day begins with what the month had spent")
	}
}

func TestLookingChangesNothing(t *testing.T) {
	b := NewBook(Options{})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	for range 3 {
		r := b.Look([]Charge{{Budget: budget, Subject: "x", Amount: usd(60)}}, noon, nil)
		if r[0].Verdict != Covered || r[0].Left.USD != 100 {
			t.Fatalf("got %+v", r[0])
		}
	}
	if len(b.Status(noon, 9)) != 0 {
		t.Error("looking opened an account")
	}
}

func TestASubjectNobodyAsksForIsForgottenAfterItsPeriod(t *testing.T) {
	b := NewBook(Options{Lease: time.Minute})
	budget := b.Use([]Spec{monthly("m", 100)})[0]
	reserve(b, "1", budget, usd(1), noon)
	b.Sweep(noon.AddDate(0, 2, 0))
	if n := len(budget.all()); n != 0 {
		t.Errorf("%d accounts are left", n)
	}
	if _, ok := reserve(b, "2", budget, usd(1), noon.AddDate(0, 2, 0)); !ok {
		t.Error("the subject cannot come back")
	}
}

// TestNoInterleavingSpendsMoreThanTheLimit has many goroutines reserve, settle for less, lose and repeat requests on several
// budgets, while time passes. What is settled and reserved never is more than the limit.
func TestNoInterleavingSpendsMoreThanTheLimit(t *testing.T) {
	for seed := range uint64(20) {
		b := NewBook(Options{Lease: time.Minute})
		specs := []Spec{monthly("a", 1000), monthly("b", 3000), monthly("c", 500)}
		specs[1].Limit.Tokens, specs[2].Period = 700, Day
		budgets := b.Use(specs)
		var group sync.WaitGroup
		for worker := range uint64(8) {
			group.Go(func() {
				random := rand.New(rand.NewPCG(seed, worker))
				now := noon
				for i := range 200 {
					now = now.Add(time.Duration(random.IntN(2000)) * time.Millisecond)
					id := fmt.Sprint(worker, "/", i)
					most := Amount{NanoUSD(random.IntN(20)), random.Int64N(10)}
					var charges []Charge
					for _, k := range random.Perm(3)[:1+random.IntN(3)] {
						charges = append(charges, Charge{Budget: budgets[k], Subject: fmt.Sprint(random.IntN(2)), Amount: most})
					}
					_, ok := b.Reserve(id, charges, now, nil)
					if ok && random.IntN(4) > 0 { // else its fate is never told
						used := Amount{NanoUSD(random.Int64N(int64(most.USD) + 1)), random.Int64N(most.Tokens + 1)}
						b.Settle(id, "", used, now)
						b.Settle(id, "", used, now)
					}
					if random.IntN(20) == 0 {
						b.Sweep(now)
					}
					for _, s := range b.Status(now, 99) {
						if !s.Spent.Plus(s.Reserved).Within(s.Limit) {
							t.Errorf("seed %d: %+v", seed, s)
							return
						}
					}
				}
			})
		}
		group.Wait()
	}
}
