package budget

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"
)

// Status is an account as pages show it.
type Status struct {
	Name      string
	Subject   string // empty: all together, or a caller without a name
	Period    Period
	Limit     Amount // NoLimit where a part is not bounded, as in Remaining
	Spent     Amount // by all processes, as far as is known here
	Reserved  Amount // too
	Remaining Amount
	Share     float64 // of the limit that is spent or reserved
	ResetsAt  time.Time
	Level     float64 // the highest alert that is reached; 0: none
}

// Status lists the accounts of this period, those with the largest share first, at most that many.
func (b *Book) Status(now time.Time, limit int) []Status {
	var out []Status
	for _, budget := range b.list() {
		for _, a := range budget.all() {
			if s, ok := a.status(now); ok {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(x, y Status) int {
		return cmp.Or(cmp.Compare(y.Share, x.Share), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Subject, y.Subject))
	})
	return out[:min(len(out), limit)]
}

func (a *account) status(now time.Time) (Status, bool) {
	spec := a.budget.Spec()
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.UnixNano() >= a.endNano {
		return Status{}, false
	}
	s := Status{
		Name: spec.Name, Subject: a.subject, Period: spec.Period, Limit: spec.Limit, Spent: a.settled(),
		Reserved: a.reserved.Plus(a.slice.pending), Remaining: spec.Limit.Minus(a.used()), Share: a.used().ShareOf(spec.Limit), ResetsAt: a.end,
	}
	if a.alerted > 0 {
		s.Level = spec.Alerts[min(a.alerted, len(spec.Alerts))-1]
	}
	return s, true
}

// Counts tells how often a budget ruled, since the process began or the budget came to be.
type Counts struct {
	Budget                                         string
	Covered, Exceeded, Short, Unavailable, Alerted uint64
}

type counts struct {
	verdicts [Unavailable + 1]atomic.Uint64
	alerts   atomic.Uint64
}

func (c *counts) add(r *Ruling) { c.verdicts[r.Verdict].Add(1) }

// Counts lists the budgets, by name.
func (b *Book) Counts() []Counts {
	var out []Counts
	for _, budget := range b.list() {
		c := &budget.counts
		out = append(out, Counts{
			Budget: budget.Spec().Name, Covered: c.verdicts[Covered].Load(), Exceeded: c.verdicts[Exceeded].Load(),
			Short: c.verdicts[Short].Load(), Unavailable: c.verdicts[Unavailable].Load(), Alerted: c.alerts.Load(),
		})
	}
	slices.SortFunc(out, func(x, y Counts) int { return cmp.Compare(x.Budget, y.Budget) })
	return out
}
