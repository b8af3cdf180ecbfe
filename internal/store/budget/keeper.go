package budgetstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/budget"
)

// Options are what a Keeper needs.
type Options struct {
	Redis string // the URL of state.redis; empty: this process alone
	Log   *slog.Logger
	// History is what was spent before this process; nil: there is no ledger. Redis knows better, where there is one.
	History History
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Lease is how long a slice is lent, and so how long a replica goes on without Redis. Default: 30 s.
	Lease time.Duration
	// Reservation is how long a request's reservation lasts if nothing is heard of it. Default: 15 min.
	Reservation time.Duration
}

// defaultLease bounds for how long what a dead replica held is lost to the others.
const defaultLease = 30 * time.Second

// Keeper keeps a book in step with the ledger and with Redis. Methods are safe for concurrent use.
type Keeper struct {
	book   *budget.Book
	log    *slog.Logger
	now    func() time.Time
	ttl    time.Duration
	shared *shared // nil: this process alone
	wake   chan struct{}
	began  time.Time

	history History
	budgets atomic.Pointer[extproc.Budgets]
	outbox  outbox

	mu     sync.Mutex // of the next, while claims are made and answered
	down   bool
	unread map[*budget.Budget]time.Time // up to when the ledger is to be asked for it; zero: it was
	joined time.Time
	told   time.Time
	swept  time.Time
}

// New returns a keeper, whose Start is to be called. It fails if the URL of Redis is none.
func New(o Options) (*Keeper, error) {
	k := &Keeper{log: o.Log, history: o.History, now: o.Now, ttl: o.Lease, wake: make(chan struct{}, 1)}
	if k.now == nil {
		k.now = time.Now
	}
	if k.ttl <= 0 {
		k.ttl = defaultLease
	}
	k.began = k.now()
	k.book = budget.NewBook(budget.Options{Lease: o.Reservation, Alert: k.alert, Wake: k.hurry})
	if o.Redis == "" {
		return k, nil
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	var err error
	if k.shared, err = open(o.Redis, hex.EncodeToString(id[:]), k.ttl); err != nil {
		return nil, err
	}
	k.book.Share(budget.Fleet{Replicas: 1}) // nothing is known: no slices yet
	return k, nil
}

// Book is what requests reserve in.
func (k *Keeper) Book() *budget.Book { return k.book }

// Status lists the accounts that are used most.
func (k *Keeper) Status(limit int) []budget.Status { return k.book.Status(k.now(), limit) }

// Settle takes in a request that has ended. It is quick and safe for concurrent use.
func (k *Keeper) Settle(r *usage.Record) {
	used := budget.Amount{USD: budget.FromDecimal(r.CostUSD), Tokens: r.Tokens.Total()}
	if k.budgets.Load() == nil || k.book.Settle(r.ID, r.Model, used, k.now()) {
		return
	}
	switch {
	case k.shared != nil: // another replica may have admitted it
		k.outbox.add(news{ID: r.ID, Model: r.Model, USD: used.USD, Tokens: used.Tokens})
	case !used.IsZero() && r.Started.Before(k.began): // the process before this one did
		k.spend(&Spending{Team: r.Team, User: r.User, Client: r.Client, Route: r.Route, Model: r.Model, USD: r.CostUSD, Tokens: r.Tokens.Total()})
	}
}

func (k *Keeper) alert(a *budget.Alert) {
	k.log.Warn("budget alert", "budget", a.Budget, "subject", a.Subject, "level", a.Level, "share", a.Share,
		"spent_usd", a.Spent.USD.String(), "spent_tokens", a.Spent.Tokens, "resets_at", a.Resets.Format(time.RFC3339))
}

// hurry makes the keeper look for claims at once. It is called on requests' goroutines.
func (k *Keeper) hurry() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// How often things are done.
const (
	tick       = 200 * time.Millisecond // claims that do not hurry
	joinEvery  = time.Second
	sweepEvery = 5 * time.Second
	retryEvery = 500 * time.Millisecond // while Redis is down
	hurryGap   = 2 * time.Millisecond   // requests that come together share a round trip
)

// Start begins to work. The function that it returns ends that, once no request is under way any more: it gives back to
// Redis what is not needed, which takes two seconds at most.
func (k *Keeper) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (k *Keeper) run(ctx context.Context) {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			k.finish()
			return
		case <-k.wake:
			if k.shared == nil || k.isDown() {
				continue // the timer goes on
			}
			timer.Reset(hurryGap)
			select {
			case <-ctx.Done():
			case <-timer.C:
			}
		case <-timer.C:
		}
		timer.Reset(k.work(ctx))
	}
}

// work does what is due and says when to come again.
func (k *Keeper) work(ctx context.Context) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.swept) >= sweepEvery {
		k.swept = now
		k.book.Sweep(now)
		k.load(ctx)
	}
	if !k.sync(ctx) {
		return retryEvery
	}
	return tick
}

func (k *Keeper) isDown() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.down
}

// sync does what is due in Redis. It reports whether Redis works. The lock is held, as in what it calls.
func (k *Keeper) sync(ctx context.Context) bool {
	if k.shared == nil {
		return true
	}
	err := k.syncShared(ctx)
	if err != nil {
		k.book.Lost()
	}
	switch {
	case ctx.Err() != nil:
	case err != nil && !k.down:
		k.down = true
		k.log.Error("budgets: Redis cannot be reached; slices go on until they are used up, then on_unavailable decides", "error", err.Error())
	case err == nil && k.down:
		k.down = false
		k.log.Info("budgets: Redis is back")
	}
	return err == nil
}

func (k *Keeper) syncShared(ctx context.Context) error {
	now := k.now()
	if now.Sub(k.joined) >= joinEvery || k.down {
		call, cancel := context.WithTimeout(ctx, 2*callTimeout)
		replicas, contested, err := k.shared.join(call)
		cancel()
		if err != nil {
			return err
		}
		k.joined = now
		k.book.Share(budget.Fleet{Replicas: replicas, Until: now.Add(k.ttl)})
		for _, key := range contested {
			k.book.Contest(key, now)
		}
	}
	now = k.now() // a grant holds from before the call, so that it ends here before it ends there
	claims := k.book.Claims(now, k.ttl)
	grants, err := k.shared.claim(ctx, claims)
	for i := range grants {
		k.book.Granted(&claims[i], &grants[i], now.Add(k.ttl))
	}
	if err != nil || now.Sub(k.told) < tick {
		return err
	}
	k.told = now
	call, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	if err := k.shared.tell(call, &k.outbox); err != nil {
		return err
	}
	return k.shared.hear(call, func(n *news) {
		k.book.Settle(n.ID, n.Model, budget.Amount{USD: n.USD, Tokens: n.Tokens}, now)
	})
}

func (k *Keeper) finish() {
	if k.shared == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.shared.close()
	if k.down {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*callTimeout)
	defer cancel()
	_ = k.shared.tell(ctx, &k.outbox)
	if _, err := k.shared.claim(ctx, k.book.Closing(k.now())); err == nil {
		_ = k.shared.leave(ctx)
	}
}
