package budget

import (
	"sync"
	"time"
)

// account counts what one subject spends of one budget, in the present period.
type account struct {
	budget  *Budget
	subject string

	mu         sync.Mutex
	gone       bool // no longer in Budget.accounts: look it up again
	start, end time.Time
	endNano    int64
	epoch      uint32 // counts periods; a reservation of an earlier one no longer matters
	spent      Amount // by this process, settled
	reserved   Amount // by this process, not settled
	before     Amount // spent before this process began, as the ledger has it
	touched    int64  // when a request last came, Unix nanoseconds
	alerted    int    // how many of Spec.Alerts are reached
	slice      slice
}

// slice is the part of a shared limit that this process may use. The zero value is that of a period of which the store has
// not told anything yet.
type slice struct {
	known     bool   // the store has told
	barred    bool   // not even the first slice: others may have used it all
	ceiling   Amount // of spent and reserved, until:
	until     int64  // Unix nanoseconds, as the next two
	asked     int64  // when the latest claim was made
	others    Amount // what other processes spent
	pending   Amount // what they have reserved
	contested bool   // more than half of the limit is spent or held
	changed   bool   // something was spent since the last claim
	need      Amount // the largest request that the slice did not cover since then
	starved   bool   // the last grant did not cover the need
	low       Amount // when less than this is left of the slice, it is time for more
	second    int64  // the second of now, by Unix
	now, last Amount // what was reserved in it, and in the one before
}

// take notes what is reserved.
func (s *slice) take(amount Amount, now time.Time) {
	s.turn(now)
	s.now = s.now.Plus(amount)
	s.changed = true
}

// recent is what is reserved in a second.
func (s *slice) recent(now time.Time) Amount {
	s.turn(now)
	return s.now.Max(s.last)
}

func (s *slice) turn(now time.Time) {
	switch second := now.Unix(); second {
	case s.second:
	case s.second + 1:
		s.second, s.now, s.last = second, Amount{}, s.now
	default:
		s.second, s.now, s.last = second, Amount{}, Amount{}
	}
}

// roll begins a new period if the present one is over. The lock is held.
func (a *account) roll(now time.Time) {
	if now.UnixNano() < a.endNano {
		return
	}
	spec := a.budget.Spec()
	a.start, a.end = spec.Period.Bounds(now, spec.Zone)
	a.endNano = a.end.UnixNano()
	a.epoch++
	a.spent, a.reserved, a.before, a.alerted, a.slice = Amount{}, Amount{}, Amount{}, 0, slice{}
}

// used is all that counts against the limit, by any process. The lock is held.
func (a *account) used() Amount { return a.settled().Plus(a.reserved).Plus(a.slice.pending) }

// settled is what is certainly spent, by any process.
func (a *account) settled() Amount { return a.before.Plus(a.spent).Plus(a.slice.others) }

// judge says whether amount is covered. The lock is held.
func (a *account) judge(amount Amount, now time.Time) Verdict {
	limit := a.budget.Spec().Limit
	if !a.used().Plus(amount).Within(limit) {
		return Exceeded
	}
	fleet := a.budget.book.fleet.Load()
	if fleet == nil {
		return Covered
	}
	ceiling, until := a.ceiling(limit, fleet)
	switch {
	case now.UnixNano() >= until:
		return Unavailable
	case a.spent.Plus(a.reserved).Plus(amount).Within(ceiling):
		return Covered
	case fleet.Lost:
		return Unavailable
	}
	return Short
}

// ceiling is what this process may use of limit, until when. Before the store has told anything of the period, it is the
// first slice, which the store holds back for every replica.
func (a *account) ceiling(limit Amount, fleet *Fleet) (ceiling Amount, until int64) {
	switch {
	case a.slice.known:
		return a.slice.ceiling, a.slice.until
	case a.slice.barred:
		return Amount{}, fleet.Until.UnixNano()
	}
	return fleet.First(limit), fleet.Until.UnixNano()
}

// reserve takes amount if it is covered, or if the budget lets it go all the same. wake asks for a larger slice at once. Not
// ok: the account is gone.
func (a *account) reserve(c *Charge, now time.Time) (r Ruling, epoch uint32, wake, ok bool) {
	spec := a.budget.Spec()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		return r, 0, false, false
	}
	a.roll(now)
	r = Ruling{Charge: *c, Verdict: a.judge(c.Amount, now), Left: spec.Limit.Minus(a.used()), Resets: a.end}
	a.touched = now.UnixNano()
	if r.Verdict == Short || r.Verdict == Unavailable {
		a.slice.need = a.slice.need.Max(c.Amount)
	}
	if spec.lets(r.Verdict) {
		a.reserved = a.reserved.Plus(c.Amount)
		a.slice.take(c.Amount, now)
	}
	return r, a.epoch, a.hungry(), true
}

// exceedsAny reports whether any part of a is above that of b.
func (a Amount) exceedsAny(b Amount) bool { return a.USD > b.USD || a.Tokens > b.Tokens }

// settle puts used in the place of what was reserved. A reservation of a period that is over changes nothing.
func (a *account) settle(epoch uint32, reserved, used Amount) (alert *Alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != epoch {
		return nil
	}
	a.reserved = a.reserved.Minus(reserved)
	a.spent = a.spent.Plus(used)
	a.slice.changed = true
	return a.alert()
}

// correct takes in a better count of a request that is settled.
func (a *account) correct(epoch uint32, was, is Amount) (alert *Alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != epoch {
		return nil
	}
	a.spent = a.spent.Minus(was).Plus(is)
	a.slice.changed = true
	return a.alert()
}

// spend counts what was not reserved here.
func (a *account) spend(used Amount, now time.Time) (alert *Alert, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		return nil, false
	}
	a.roll(now)
	a.spent = a.spent.Plus(used)
	a.touched = now.UnixNano()
	a.slice.changed = true
	return a.alert(), true
}

// alert notes levels that are reached for the first time in the period, and returns the highest of them. The lock is held.
func (a *account) alert() *Alert {
	spec := a.budget.Spec()
	if a.alerted >= len(spec.Alerts) {
		return nil
	}
	share := a.settled().ShareOf(spec.Limit)
	before := a.alerted
	for a.alerted < len(spec.Alerts) && share >= spec.Alerts[a.alerted] {
		a.alerted++
	}
	if a.alerted == before {
		return nil
	}
	a.budget.counts.alerts.Add(1)
	return &Alert{Budget: spec.Name, Subject: a.subject, Level: spec.Alerts[a.alerted-1], Share: share, Spent: a.settled(), Resets: a.end}
}

// Alert says that spending has reached a level for the first time in a period.
type Alert struct {
	Budget, Subject string
	Level           float64 // of Spec.Alerts
	Share           float64 // of the limit that is spent
	Spent           Amount
	Resets          time.Time
}
