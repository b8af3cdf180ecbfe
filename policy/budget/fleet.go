package budget

import "time"

// Fleet is what is known of the replicas that share limits.
type Fleet struct {
	Replicas int       // at least 1
	Until    time.Time // after it, what is known of them no longer counts
	Lost     bool      // the store does not answer: no slice grows
}

// First is the slice that a replica may use of an account of which the store has not told it yet. The store holds as much back
// for each replica that it has not seen, all together half of the limit.
func (f *Fleet) First(limit Amount) Amount { return limit.Over(2 * int64(max(1, f.Replicas))) }

// Share makes the book one of a fleet: from now on, accounts use slices of their limits only.
func (b *Book) Share(f Fleet) { b.fleet.Store(&f) }

// Lost says that the store does not answer, until the next Share. What a slice does not cover is then not worth waiting for.
func (b *Book) Lost() {
	if f := b.fleet.Load(); f != nil {
		lost := *f
		lost.Lost = true
		b.fleet.Store(&lost)
	}
}

// Claim asks the shared store for a slice, and tells it what was used of the one before. Claims may be repeated: all amounts
// are of the whole period, or of this moment.
type Claim struct {
	Key      Key
	End      time.Time // of the period
	Limit    Amount
	First    Amount // see Fleet.First
	Replicas int

	Spent    Amount // by this process
	Reserved Amount // too
	Keep     Amount // of what it has, Reserved counted in: this much it does not give back
	Want     Amount // what it would like to have, Reserved counted in
	Need     Amount // and this much is lacking now
	Known    bool   // the store has told something of the account before
	Leave    bool   // the account is no longer of interest

	account *account
	epoch   uint32
}

// Key names an account of a period.
type Key struct {
	Budget, Subject string
	Start           time.Time // of the period
}

// Grant answers a Claim.
type Grant struct {
	Hold      Amount // what this process may reserve beyond Claim.Spent; at least Claim.Keep
	Others    Amount // what other processes spent, those that are gone too
	Pending   Amount // what they have reserved
	Contested bool   // more than half of the limit is spent or held
}

// How often an account makes claims. Each is bounded by what the store answers within a few milliseconds.
const (
	claimGap  = 10 * time.Millisecond // at least, between two
	starveGap = 50 * time.Millisecond // where the one before had too little left
	reportGap = time.Second           // where nothing is lacking
	idleAfter = 5 * time.Minute       // without a request, a slice is given back for good
)

// hungry reports whether a larger slice is wanted before the next regular claim: a request was not covered, or more than half
// of it is used. The lock is held.
func (a *account) hungry() bool {
	switch {
	case a.budget.book.fleet.Load() == nil:
		return false
	case !a.slice.known || !a.slice.need.IsZero():
		return true
	}
	return a.slice.low.exceedsAny(a.slice.ceiling.Minus(a.spent.Plus(a.reserved)))
}

// Claims returns the claims that are due. ttl is how long a grant lasts.
func (b *Book) Claims(now time.Time, ttl time.Duration) []Claim { return b.claims(now, ttl, false) }

// Closing returns the claims by which a process that ends gives back all but what requests under way have reserved.
func (b *Book) Closing(now time.Time) []Claim { return b.claims(now, 0, true) }

func (b *Book) claims(now time.Time, ttl time.Duration, closing bool) []Claim {
	fleet := b.fleet.Load()
	if fleet == nil {
		return nil
	}
	var out []Claim
	for _, budget := range b.list() {
		limit := budget.Spec().Limit
		for _, a := range budget.all() {
			a.mu.Lock()
			if !a.gone && now.UnixNano() < a.endNano && (closing || a.due(now, ttl)) {
				out = append(out, a.claim(now, limit, fleet, closing))
			}
			a.mu.Unlock()
		}
	}
	return out
}

func (a *account) due(now time.Time, ttl time.Duration) bool {
	gap := time.Duration(now.UnixNano() - a.slice.asked)
	switch {
	case gap < claimGap, a.slice.starved && gap < starveGap:
		return false
	case a.hungry():
		return true
	case a.slice.changed || a.slice.contested:
		return gap >= reportGap
	}
	return gap >= ttl/3
}

// claim lowers what this process may use to what it keeps, before anyone else is told of it. The lock is held.
func (a *account) claim(now time.Time, limit Amount, fleet *Fleet, closing bool) Claim {
	first := fleet.First(limit)
	slack := Amount{}
	if ceiling, until := a.ceiling(limit, fleet); now.UnixNano() < until {
		slack = ceiling.Minus(a.spent.Plus(a.reserved))
	}
	idle := now.UnixNano()-a.touched > int64(idleAfter)
	recent := a.slice.recent(now)
	wish := first.Max(recent).Max(slack)
	switch {
	case closing, idle && a.slice.known && !a.slice.contested && a.reserved.IsZero():
		slack, wish = Amount{}, Amount{}
	case a.slice.contested && !a.slice.need.IsZero():
		slack, wish = Amount{}, recent // too little for a request: together with what others give back, it may do
	case a.slice.contested && recent.IsZero():
		slack = slack.Over(2) // others may need it
		wish = slack
	case a.slice.contested:
		wish = recent
		slack = slack.Min(wish)
	}
	c := Claim{
		Key: Key{a.budget.Spec().Name, a.subject, a.start}, End: a.end, Limit: limit, First: first, Replicas: max(1, fleet.Replicas),
		Spent: a.spent, Reserved: a.reserved, Keep: a.reserved.Plus(slack), Want: a.reserved.Plus(wish), Known: a.slice.known,
		Leave:   idle && a.slice.known && !a.slice.contested && a.reserved.IsZero() && !closing,
		account: a, epoch: a.epoch,
	}
	if !a.slice.need.IsZero() {
		c.Need = a.reserved.Plus(a.slice.need)
	}
	if a.slice.known || closing {
		a.slice.ceiling = a.spent.Plus(c.Keep)
	}
	a.slice.asked, a.slice.changed, a.slice.need = now.UnixNano(), false, Amount{}
	return c
}

// Granted takes in the answer to a claim. It holds until then.
func (b *Book) Granted(c *Claim, g *Grant, until time.Time) {
	a := c.account
	a.mu.Lock()
	var alert *Alert
	switch {
	case a.gone || a.epoch != c.epoch:
	case c.Leave:
		if a.spent == c.Spent && a.reserved.IsZero() {
			c.account.budget.drop(a)
		} else { // it is wanted again
			a.spent = a.spent.Minus(c.Spent) // the store counts it among what is gone
			a.slice = slice{changed: true, barred: true}
		}
	default:
		a.slice.known, a.slice.ceiling, a.slice.until = true, c.Spent.Plus(g.Hold), until.UnixNano()
		a.slice.low = g.Hold.Minus(c.Reserved).Over(2)
		a.slice.starved = c.Need.exceedsAny(g.Hold)
		a.slice.others, a.slice.pending, a.slice.contested = g.Others, g.Pending, g.Contested
		alert = a.alert()
	}
	a.mu.Unlock()
	if alert != nil {
		b.alert(alert)
	}
}

// Contest says that an account's limit is more than half used or held, by others too. What this process does not use of it
// is wanted by them.
func (b *Book) Contest(k Key, now time.Time) {
	b.mu.Lock()
	budget := b.budgets[k.Budget]
	b.mu.Unlock()
	if budget == nil {
		return
	}
	if start, _ := budget.Spec().Period.Bounds(now, budget.Spec().Zone); !start.Equal(k.Start) {
		return
	}
	a := budget.account(k.Subject)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roll(now)
	a.slice.contested = true
	if !a.slice.known {
		a.slice.barred = true
	}
}
