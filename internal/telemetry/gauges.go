package telemetry

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// kept is what is read when somebody asks.
type kept struct {
	mu     sync.Mutex
	config configState

	source atomic.Pointer[Source]
}

// configState is how loading the configuration went.
type configState struct {
	stale   bool
	version string
	loaded  time.Time
}

// Source is what the rest of the process knows of itself. Each function may be nil.
type Source struct {
	Active    func() int             // requests under way in llmroute
	Models    func() []ModelState    // of the serving configuration
	Usage     func() UsageState      // of the join of log entries
	Ledger    func() LedgerState     // of the ledger
	Rulings   func() []BudgetRulings // of budgets, on requests
	Recording func() RecordingState
	Budgets   func() []BudgetState // that are in use
}

// ModelState is what the decision thinks of a model at a provider.
type ModelState struct {
	Provider, Model string
	Up              bool
	Busy            int
}

// UsageState counts requests and their records.
type UsageState struct{ Decided, Recorded, Duplicates, Estimated, Lost, Waiting int64 }

// LedgerState counts rows.
type LedgerState struct{ Written, Spilled, Replayed, Dropped, Queued int64 }

// BudgetState is how far a budget is used up, in USD or tokens.
type BudgetState struct {
	Name, Key, Unit        string
	Limit, Spent, Reserved float64
}

// BudgetRulings count what a budget has said to requests.
type BudgetRulings struct {
	Name                                           string
	Covered, Exceeded, Short, Unavailable, Alerted int64
}

// RecordingState counts lines of the recording.
type RecordingState struct{ Written, Dropped, Failed int64 }

// Watch says where the gauges are read from.
func (i *instruments) Watch(s Source) { i.kept.source.Store(&s) }

func (k *kept) reloaded(ok bool, version string, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.config.stale = !ok; ok {
		k.config.version, k.config.loaded = version, at
	}
}

// gauge is one metric that is read when somebody asks.
type gauge struct {
	name, unit, about string
	counts            bool // it only rises
	read              func(k *configState, s *Source, tell func(value float64, attributes ...attribute.KeyValue))
}

var gauges = []gauge{
	{"llmroute.config.info", "{config}", "The serving configuration, by its hash. Always 1.", false, func(k *configState, _ *Source, tell func(float64, ...attribute.KeyValue)) {
		tell(1, attribute.String("version", k.version))
	}},
	{"llmroute.config.stale", "{config}", "1 while the configuration file is refused and the one before it serves.", false, func(k *configState, _ *Source, tell func(float64, ...attribute.KeyValue)) {
		tell(float(k.stale))
	}},
	{"llmroute.config.last_success_timestamp", "s", "When the serving configuration was loaded.", false, func(k *configState, _ *Source, tell func(float64, ...attribute.KeyValue)) {
		if !k.loaded.IsZero() {
			tell(float64(k.loaded.Unix()))
		}
	}},
	{"llmroute.active_requests", "{request}", "Requests that llmroute itself works on: bodies awaited, and answers being translated.", false, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Active != nil {
			tell(float64(s.Active()))
		}
	}},
	{"llmroute.model.up", "{model}", "1 if plans may begin with the model, 0 while it fails or is only tried.", false, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		for _, m := range s.models() {
			tell(float(m.Up), attribute.String(keyProvider, m.Provider), attribute.String(keyModel, m.Model))
		}
	}},
	{"llmroute.model.in_flight", "{attempt}", "Attempts under way at the model, as far as this process knows.", false, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		for _, m := range s.models() {
			tell(float64(m.Busy), attribute.String(keyProvider, m.Provider), attribute.String(keyModel, m.Model))
		}
	}},
	{"llmroute.usage.records", "{request}", "Requests, by how they stand in the join of Envoy's log: decided, recorded, duplicate, estimated, lost.", true, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Usage == nil {
			return
		}
		u := s.Usage()
		for _, row := range []struct {
			state string
			n     int64
		}{{"decided", u.Decided}, {"recorded", u.Recorded}, {"duplicate", u.Duplicates}, {"estimated", u.Estimated}, {"lost", u.Lost}} {
			tell(float64(row.n), attribute.String("state", row.state))
		}
	}},
	{"llmroute.ledger.rows", "{row}", "Rows of the ledger, by what became of them: written, spilled to the file, replayed from it, dropped.", true, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Ledger == nil {
			return
		}
		l := s.Ledger()
		for _, row := range []struct {
			state string
			n     int64
		}{{"written", l.Written}, {"spilled", l.Spilled}, {"replayed", l.Replayed}, {"dropped", l.Dropped}} {
			tell(float64(row.n), attribute.String("state", row.state))
		}
	}},
	{"llmroute.ledger.queue", "{row}", "Rows that wait to be written.", false, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Ledger != nil {
			tell(float64(s.Ledger().Queued))
		}
	}},
	{"llmroute.budget.rulings", "{request}", "Requests that a budget ruled on: covered, exceeded, short (this replica's slice), unavailable (the shared store); and alerts.", true, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Rulings == nil {
			return
		}
		for _, r := range s.Rulings() {
			for _, row := range []struct {
				ruling string
				n      int64
			}{{"covered", r.Covered}, {"exceeded", r.Exceeded}, {"short", r.Short}, {"unavailable", r.Unavailable}, {"alert", r.Alerted}} {
				tell(float64(row.n), attribute.String("budget", r.Name), attribute.String("ruling", row.ruling))
			}
		}
	}},
	{"llmroute.recording.lines", "{line}", "Lines of the recording, by what became of them: written, dropped, failed.", true, func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Recording == nil {
			return
		}
		r := s.Recording()
		for _, row := range []struct {
			state string
			n     int64
		}{{"written", r.Written}, {"dropped", r.Dropped}, {"failed", r.Failed}} {
			tell(float64(row.n), attribute.String("state", row.state))
		}
	}},
	{"llmroute.budget.limit", "", "The limit of a budget, in its unit: USD or tokens.", false, budgets(func(b *BudgetState) float64 { return b.Limit })},
	{"llmroute.budget.spent", "", "What was spent of a budget in its period.", false, budgets(func(b *BudgetState) float64 { return b.Spent })},
	{"llmroute.budget.reserved", "", "What is held for requests under way.", false, budgets(func(b *BudgetState) float64 { return b.Reserved })},
}

func budgets(value func(*BudgetState) float64) func(*configState, *Source, func(float64, ...attribute.KeyValue)) {
	return func(_ *configState, s *Source, tell func(float64, ...attribute.KeyValue)) {
		if s.Budgets == nil {
			return
		}
		for _, b := range s.Budgets() {
			tell(value(&b), attribute.String("budget", b.Name), attribute.String("key", b.Key), attribute.String("unit", b.Unit))
		}
	}
}

func (s *Source) models() []ModelState {
	if s.Models == nil {
		return nil
	}
	return s.Models()
}

func float(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (k *kept) register(m metric.Meter) error {
	for _, g := range gauges {
		callback := metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			s := k.source.Load()
			if s == nil {
				s = &Source{}
			}
			k.mu.Lock()
			now := k.config
			k.mu.Unlock()
			g.read(&now, s, func(value float64, attributes ...attribute.KeyValue) {
				o.Observe(value, metric.WithAttributes(attributes...))
			})
			return nil
		})
		var err error
		if g.counts {
			_, err = m.Float64ObservableCounter(g.name, metric.WithUnit(g.unit), metric.WithDescription(g.about), callback)
		} else {
			_, err = m.Float64ObservableGauge(g.name, metric.WithUnit(g.unit), metric.WithDescription(g.about), callback)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
