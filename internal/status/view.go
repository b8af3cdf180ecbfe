package status

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// View is what the page shows, and what the API gives.
type View struct {
	Now       time.Time  `json:"now"`
	Since     time.Time  `json:"since"` // when this process began to count
	StepS     int        `json:"step_seconds"`
	Decided   uint64     `json:"decided"`
	Refused   uint64     `json:"refused"`
	Active    int        `json:"active"`
	Config    Config     `json:"config"`
	Models    []Model    `json:"models"`
	Routes    []Route    `json:"routes"`
	Budgets   []Budget   `json:"budgets"`
	Decisions []Decision `json:"decisions"` // newest first
}

// Model is a model at a provider.
type Model struct {
	Model    string `json:"model"`
	Provider string `json:"provider"`
	Health   Health `json:"health"`
	Totals
	// Of the last half hour, for streams. 0: none was seen.
	FirstByteP50 float64 `json:"ttft_p50_s"`
	FirstByteP95 float64 `json:"ttft_p95_s"`
	TokensPerS   float64 `json:"tokens_per_s"`
	Points       []Point `json:"points"` // oldest first, one a step; none: nothing was seen
}

// Health is what the decision thinks of a model at a provider.
type Health struct {
	State  string `json:"state"` // "up", "probing", "down", "unknown"
	Reason string `json:"reason,omitempty"`
	Busy   int    `json:"busy"` // attempts under way
}

// Point is one step of time.
type Point struct {
	Requests  int64   `json:"n,omitempty"`
	Failed    int64   `json:"failed,omitempty"`
	FirstByte float64 `json:"ttft,omitempty"`  // median in seconds; 0: none
	Speed     float64 `json:"speed,omitempty"` // tokens a second; 0: none
}

// Route is a route of the configuration.
type Route struct {
	Route string `json:"route"`
	Totals
}

// Totals are since this process began.
type Totals struct {
	Requests int64           `json:"requests"`
	Failed   int64           `json:"failed"`
	Input    int64           `json:"input_tokens"`
	Output   int64           `json:"output_tokens"`
	Cached   int64           `json:"cached_tokens"`
	CostUSD  decimal.Decimal `json:"cost_usd"`
	Unpriced int64           `json:"unpriced"` // requests whose price is not known
}

// Budget is how far one is used up.
type Budget struct {
	Name     string    `json:"name"`
	Key      string    `json:"key,omitempty"` // whose it is
	Unit     string    `json:"unit"`          // "USD" or "tokens"
	Limit    float64   `json:"limit"`
	Spent    float64   `json:"spent"`
	Reserved float64   `json:"reserved"`
	Period   string    `json:"period"`
	ResetsAt time.Time `json:"resets_at"`
}

// Source is what the rest of the process knows, for a view.
type Source struct {
	// Models are those of the serving configuration, with what is thought of them.
	Models func(now time.Time) []Candidate
	// Budgets may be nil: there are none.
	Budgets func(now time.Time) []Budget
	// Active is the number of requests under way in this process.
	Active func() int
}

// Candidate is a model that serves, or may.
type Candidate struct {
	Provider, Model string
	Health          Health
}

// View sums up what is known now.
func (b *Board) View(s Source) View {
	now := b.clock()
	v := View{
		Now: now, Since: b.since, StepS: int(step / time.Second), Decided: b.decided.Load(), Refused: b.refused.Load(),
		Decisions: b.decisions.list(), Models: []Model{}, Routes: []Route{}, Budgets: []Budget{},
	}
	if s.Active != nil {
		v.Active = s.Active()
	}
	if s.Budgets != nil {
		v.Budgets = append(v.Budgets, s.Budgets(now)...)
	}
	var candidates []Candidate
	if s.Models != nil {
		candidates = s.Models(now)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v.Config = b.config
	shown := map[pair]bool{}
	for _, c := range candidates {
		p := pair{c.Provider, c.Model}
		shown[p] = true
		v.Models = append(v.Models, b.pairs[p].model(p, c.Health, now))
	}
	var gone []Model // no longer configured, but they have served
	for p, s := range b.pairs {
		if !shown[p] {
			gone = append(gone, s.model(p, Health{State: "unknown", Reason: "not in the serving configuration"}, now))
		}
	}
	slices.SortFunc(gone, func(a, b Model) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	v.Models = append(v.Models, gone...)
	for _, name := range slices.Sorted(maps.Keys(b.routes)) {
		v.Routes = append(v.Routes, Route{Route: name, Totals: b.routes[name].totals()})
	}
	return v
}

func (t *tally) totals() Totals {
	return Totals{
		Requests: t.requests, Failed: t.failed, Input: t.tokens.Input, Output: t.tokens.Output, Cached: t.tokens.Cached,
		CostUSD: t.cost, Unpriced: t.unpriced,
	}
}

// model is how s is shown; nil: nothing was seen of it.
func (s *series) model(p pair, h Health, now time.Time) Model {
	m := Model{Model: p.model, Provider: p.provider, Health: h, Points: []Point{}}
	if s == nil {
		return m
	}
	m.Points = make([]Point, steps)
	m.Totals = s.totals()
	var first sketch
	var speed float64
	var speeds int64
	newest := now.UnixNano() / int64(step)
	for i := range m.Points {
		at := newest - int64(steps-1-i)
		x := &s.ring[at%steps]
		if x.at != at {
			continue
		}
		m.Points[i] = Point{Requests: x.requests, Failed: x.failed, FirstByte: x.first.quantile(0.5)}
		if x.speeds > 0 {
			m.Points[i].Speed = short(x.speed / float64(x.speeds))
		}
		first.merge(x.first)
		speed += x.speed
		speeds += x.speeds
	}
	m.FirstByteP50, m.FirstByteP95 = first.quantile(0.5), first.quantile(0.95)
	if speeds > 0 {
		m.TokensPerS = short(speed / float64(speeds))
	}
	return m
}
