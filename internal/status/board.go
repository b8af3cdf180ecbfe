package status

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/usage"
)

// Board gathers. Its methods are safe for concurrent use; Decided takes no lock.
type Board struct {
	clock func() time.Time
	since time.Time

	decisions decisions
	decided   atomic.Uint64
	refused   atomic.Uint64

	mu     sync.Mutex
	pairs  map[pair]*series // of models at providers
	routes map[string]*tally
	config Config
}

// pair is a model at a provider.
type pair struct{ provider, model string }

// most bounds the series, since names stand in a log that others can write to.
const most = 2000

// New makes an empty Board. clock tells the time.
func New(clock func() time.Time) *Board {
	return &Board{clock: clock, since: clock(), pairs: map[pair]*series{}, routes: map[string]*tally{}}
}

// Decided takes in what a stage made of a request.
func (b *Board) Decided(o *extproc.Outcome) {
	switch {
	case o.Err != nil:
		b.refused.Add(1)
	case o.Decision != nil:
		b.decided.Add(1)
	default: // adapt
		return
	}
	b.decisions.add(o, b.clock())
}

// Finished takes in a request that has ended.
func (b *Board) Finished(r *usage.Record) {
	if r.Model == "" {
		return
	}
	now := b.clock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.pair(pair{r.Provider, r.Model}); s != nil {
		s.add(r, now)
	}
	for _, f := range r.Failed {
		if s := b.pair(pair{f.Provider, f.Model}); s != nil {
			s.fail(now)
		}
	}
	t := b.routes[r.Route]
	if t == nil {
		if len(b.routes) >= most {
			return
		}
		t = &tally{}
		b.routes[r.Route] = t
	}
	t.add(r)
}

func (b *Board) pair(p pair) *series {
	s := b.pairs[p]
	if s == nil && len(b.pairs) < most {
		s = &series{}
		b.pairs[p] = s
	}
	return s
}

// Config is how the last attempts to load the configuration went.
type Config struct {
	Version string    `json:"version"`
	Loaded  time.Time `json:"loaded"`
	// Fault is why the file that is there now does not serve; empty: it does.
	Fault string     `json:"fault,omitempty"`
	Since *time.Time `json:"fault_since,omitempty"`
}

// Loaded notes that a configuration serves from now on.
func (b *Board) Loaded(version string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.config.Version != version {
		b.config = Config{Version: version, Loaded: b.clock()}
	}
	b.config.Fault, b.config.Since = "", nil
}

// Refused notes that a configuration was not taken, and why.
func (b *Board) Refused(fault error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	b.config.Fault, b.config.Since = fault.Error(), &now
}
