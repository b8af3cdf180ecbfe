package budget

import (
	"sync"
	"sync/atomic"
	"time"
)

// Book holds all accounts. Configurations come and go; it stays.
type Book struct {
	lease time.Duration
	alert func(*Alert)
	wake  func()

	fleet   atomic.Pointer[Fleet] // nil: this process alone
	mu      sync.Mutex            // of the next
	budgets map[string]*Budget    // by name
	pending pending
}

// Options are what a Book needs. The zero value works.
type Options struct {
	// Lease is how long a reservation lasts if nothing is heard of its request. Default: 15 minutes.
	Lease time.Duration
	// Alert is told of levels that are reached, once a period and account. It must be quick. nil: nobody is told.
	Alert func(*Alert)
	// Wake is called when claims are due at once, on the request's goroutine. It must not block. nil: nobody is called.
	Wake func()
}

// defaultLease is longer than answers take, and short enough for a lost one not to matter for long.
const defaultLease = 15 * time.Minute

// NewBook returns a book without budgets.
func NewBook(o Options) *Book {
	b := &Book{lease: o.Lease, alert: o.Alert, wake: o.Wake, budgets: map[string]*Budget{}}
	if b.lease <= 0 {
		b.lease = defaultLease
	}
	if b.alert == nil {
		b.alert = func(*Alert) {}
	}
	if b.wake == nil {
		b.wake = func() {}
	}
	b.pending.init()
	return b
}

// Budget is one budget of a book, with its accounts.
type Budget struct {
	book     *Book
	spec     atomic.Pointer[Spec]
	accounts sync.Map // subject → *account
	counts   counts
}

// Spec is what is configured now.
func (b *Budget) Spec() *Spec { return b.spec.Load() }

// Use makes specs the book's budgets and returns them in the same order. What a budget of the same name, period and zone has
// counted stays.
func (b *Book) Use(specs []Spec) []*Budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := make(map[string]*Budget, len(specs))
	out := make([]*Budget, len(specs))
	for i := range specs {
		s := &specs[i]
		budget := b.budgets[s.Name]
		if budget == nil || !budget.Spec().kin(s) {
			budget = &Budget{book: b}
		}
		budget.spec.Store(s)
		next[s.Name], out[i] = budget, budget
	}
	b.budgets = next
	return out
}

// account finds or opens an account.
func (b *Budget) account(subject string) *account {
	if a, ok := b.accounts.Load(subject); ok {
		return a.(*account)
	}
	a, _ := b.accounts.LoadOrStore(subject, &account{budget: b, subject: subject})
	return a.(*account)
}

// Open opens the account of a subject that is known before requests come, so that its first slice is there when they do.
func (b *Budget) Open(subject string, now time.Time) {
	a := b.account(subject)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roll(now)
	a.touched = now.UnixNano()
}

// Reserve takes the charges of a request under id, all or none. It returns a ruling for each charge that came to be judged;
// if the last one refuses, nothing is reserved. dst is appended to.
func (b *Book) Reserve(id string, charges []Charge, now time.Time, dst []Ruling) (rulings []Ruling, ok bool) {
	r := &reservation{id: id, deadline: now.Add(b.lease).UnixNano()}
	r.holds = r.room[:0]
	for i := range charges {
		ruling, h := b.hold(&charges[i], now)
		dst = append(dst, ruling)
		h.account.budget.counts.add(&ruling)
		if ruling.Refuses() {
			for _, taken := range r.holds {
				taken.account.settle(taken.epoch, taken.amount, Amount{})
			}
			return dst, false
		}
		r.holds = append(r.holds, h)
	}
	b.pending.add(r)
	return dst, true
}

func (b *Book) hold(c *Charge, now time.Time) (Ruling, hold) {
	for {
		a := c.Budget.account(c.Subject)
		if ruling, epoch, wake, ok := a.reserve(c, now); ok {
			if wake {
				b.wake()
			}
			return ruling, hold{account: a, epoch: epoch, amount: c.Amount, byModel: c.ByModel}
		}
	}
}

// Look rules on charges as Reserve would, and changes nothing. dst is appended to.
func (b *Book) Look(charges []Charge, now time.Time, dst []Ruling) []Ruling {
	for i := range charges {
		c := &charges[i]
		a := &account{budget: c.Budget, subject: c.Subject}
		if found, ok := c.Budget.accounts.Load(c.Subject); ok {
			a = found.(*account)
		}
		dst = append(dst, a.look(c, now))
	}
	return dst
}

func (a *account) look(c *Charge, now time.Time) Ruling {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roll(now)
	return Ruling{Charge: *c, Verdict: a.judge(c.Amount, now), Left: a.budget.Spec().Limit.Minus(a.used()), Resets: a.end}
}

// Settle says what the request id used and which model answered. It may be said again as more is known: the larger count
// stays. It reports false if nothing is known of the request.
func (b *Book) Settle(id, model string, used Amount, now time.Time) bool {
	r := b.pending.settle(id)
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	total := used.Max(r.used)
	for i := range r.holds {
		h := &r.holds[i]
		var alert *Alert
		switch {
		case r.settled:
			alert = h.account.correct(h.epoch, r.used, total)
		case h.byModel && model != "" && model != h.account.subject:
			h.account.settle(h.epoch, h.amount, Amount{})
			h.account, h.epoch, alert = b.spend(h.account.budget, model, total, now)
		default:
			alert = h.account.settle(h.epoch, h.amount, total)
		}
		if alert != nil {
			b.alert(alert)
		}
		h.amount = Amount{}
	}
	r.used, r.settled = total, true
	return true
}

// Spend counts what was spent without a reservation that this book knows of.
func (b *Book) Spend(budget *Budget, subject string, used Amount, now time.Time) {
	if _, _, alert := b.spend(budget, subject, used, now); alert != nil {
		b.alert(alert)
	}
}

func (b *Book) spend(budget *Budget, subject string, used Amount, now time.Time) (*account, uint32, *Alert) {
	for {
		a := budget.account(subject)
		if alert, ok := a.spend(used, now); ok {
			return a, a.present(), alert
		}
	}
}

func (a *account) present() uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.epoch
}

// Load notes what was spent in the period that began at start, before this process did.
func (b *Book) Load(budget *Budget, subject string, start time.Time, before Amount, now time.Time) {
	a := budget.account(subject)
	a.mu.Lock()
	a.roll(now)
	var alert *Alert
	if a.start.Equal(start) {
		a.before = before
		alert = a.alert()
	}
	a.mu.Unlock()
	if alert != nil {
		b.alert(alert)
	}
}

// Sweep frees reservations whose lease is over and forgets accounts that nothing has touched since their period ended. To be
// called every few seconds.
func (b *Book) Sweep(now time.Time) {
	for _, r := range b.pending.expire(now.UnixNano()) {
		r.mu.Lock()
		if !r.settled {
			for i := range r.holds {
				h := &r.holds[i]
				h.account.settle(h.epoch, h.amount, Amount{})
				h.amount = Amount{}
			}
		}
		r.mu.Unlock()
	}
	for _, budget := range b.list() {
		for _, a := range budget.all() {
			a.mu.Lock()
			if now.UnixNano() >= a.endNano && a.reserved.IsZero() {
				budget.drop(a)
			}
			a.mu.Unlock()
		}
	}
}

// drop forgets an account, whose lock is held.
func (b *Budget) drop(a *account) {
	a.gone = true
	b.accounts.CompareAndDelete(a.subject, a)
}

func (b *Book) list() []*Budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*Budget, 0, len(b.budgets))
	for _, budget := range b.budgets {
		out = append(out, budget)
	}
	return out
}

func (b *Budget) all() []*account {
	var out []*account
	b.accounts.Range(func(_, a any) bool {
		out = append(out, a.(*account))
		return true
	})
	return out
}
