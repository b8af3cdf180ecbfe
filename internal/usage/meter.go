package usage

import (
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
)

// Pricer knows what models cost.
type Pricer interface {
	// Cost is what t costs in USD by the prices of that time, and which prices those are; ok is false where none is known.
	Cost(provider, model string, t Tokens, at time.Time) (cost decimal.Decimal, version string, ok bool)
}

// Options are what a Meter needs. The zero value works.
type Options struct {
	Prices Pricer // nil: no price is known
	// Sinks get each record, in order, once for each ID. They must be quick and safe for concurrent use, and must not
	// change a record. They may keep it.
	Sinks []func(*Record)
}

// Bounds of what a Meter keeps.
const (
	doorWait    = 3 * time.Second // from a request's entry to its door's, which Envoy flushes apart
	maxWaiting  = 1 << 15         // requests; beyond, the oldest goes on with what is known
	maxDoors    = 1 << 15         // entries of doors before their request's, twice
	doorsAge    = 10 * time.Minute
	maxRecent   = 1 << 17 // IDs by which a second entry is recognised, twice
	maxUnderWay = 1 << 17 // IDs of requests that were decided, twice
	longest     = time.Hour
)

// Meter makes one Record of all that Envoy's access log says of a request, in whatever order and however often. Its
// methods are safe for concurrent use.
type Meter struct {
	options Options
	flights *flights // decided here, and not yet ended; the one thing that requests themselves touch

	mu      sync.Mutex
	closed  bool
	waiting map[string]*request // that lack their door's entry
	queue   []*request          // the same, oldest first, and some that are through
	timer   *time.Timer         // for the first of queue; nil: none is due
	doors   aged[*accesslog.Entry]
	recent  aged[struct{}] // recorded
	paces   paces
	stats   Stats
}

// request is a request whose entry has come.
type request struct {
	entry *accesslog.Entry
	until time.Time // when it goes on without its door's entry
}

// Stats says how complete the records are. In a fleet the entries of a request may come to another process than decided
// it, so only sums over all of them tell: lost for good is Lost - Foreign.
type Stats struct {
	Decided    uint64 // requests that this process routed or refused
	Recorded   uint64 // records handed to the sinks
	Duplicates uint64 // entries of requests that were recorded before
	GivenUp    uint64 // records that went on without their door's entry
	Estimated  uint64 // records whose tokens are an estimate
	Foreign    uint64 // records of requests that this process did not decide, or before it was started
	Lost       uint64 // requests decided an hour ago or longer, or too many ago, of which no entry came
	Nameless   uint64 // entries without an ID: requests that never came to llmroute, or listed models

	Waiting  int // requests that wait for their door's entry
	UnderWay int // requests decided here of which no entry has come yet
}

// NewMeter returns a Meter. Close ends it.
func NewMeter(o Options) *Meter {
	now := time.Now()
	return &Meter{
		options: o, flights: newFlights(now), waiting: map[string]*request{},
		doors:  newAged[*accesslog.Entry](maxDoors, doorsAge, now),
		recent: newAged[struct{}](maxRecent, 0, now),
		paces:  newPaces(now),
	}
}

// Tell adds a sink to those of the Options. It may only be called before the first Entry.
func (m *Meter) Tell(sink func(*Record)) { m.options.Sinks = append(m.options.Sinks, sink) }

// Decided notes a request that the route stage has routed or refused; what other stages say is passed over.
func (m *Meter) Decided(o *extproc.Outcome) {
	if o.ID == "" || o.Stage != "route" {
		return
	}
	m.flights.add(o.ID, time.Now())
}

// Left returns a function that counts those of the requests decided here and under way now that have not ended. It is not safe
// for concurrent use.
func (m *Meter) Left() func() int { return m.flights.left() }

// Entry takes an entry of Envoy's access log, which it may keep.
func (m *Meter) Entry(e *accesslog.Entry) {
	m.emit(m.take(e, time.Now()))
}

// Stats returns how complete the records are.
func (m *Meter) Stats() Stats {
	m.mu.Lock()
	s := m.stats
	s.Waiting = len(m.waiting)
	m.mu.Unlock()
	m.flights.count(&s, time.Now())
	return s
}

// Close records what waits, with what is known. What comes later does not wait.
func (m *Meter) Close() {
	m.mu.Lock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	out := m.overdue(time.Time{}, 0)
	m.mu.Unlock()
	m.emit(out...)
}

// emit hands records to the sinks. Nil ones are passed over.
func (m *Meter) emit(records ...*Record) {
	for _, r := range records {
		if r == nil {
			continue
		}
		if m.options.Prices != nil && r.Source != SourceNone {
			r.CostUSD, r.PriceVersion, r.Priced = m.options.Prices.Cost(r.Provider, r.Model, r.Tokens, r.Started)
		}
		for _, sink := range m.options.Sinks {
			sink(r)
		}
	}
}
