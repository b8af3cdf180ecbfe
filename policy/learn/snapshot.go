package learn

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Snapshot is what has been learned, as data: to survive a restart, and to be shared with other replicas. All times are
// those of the clock, so it loses its weight as it ages.
type Snapshot struct {
	Version int           `json:"version"`
	Arms    []ArmRecord   `json:"arms"`
	Routes  []RouteRecord `json:"routes,omitempty"`
}

// snapshotVersion is that of the format below. Another one is not read: what was learned is learned again in minutes.
const snapshotVersion = 1

// ArmRecord is one arm.
type ArmRecord struct {
	Provider string       `json:"provider"`
	Model    string       `json:"model"`
	First    TrackRecord  `json:"first_byte"` // seconds
	Token    TrackRecord  `json:"token"`      // seconds
	Offsets  []float64    `json:"offsets,omitempty"`
	Seen     []float64    `json:"seen,omitempty"` // observations behind each offset
	Health   HealthRecord `json:"health"`
}

// TrackRecord is a quantity by the mean and variance of its natural logarithm.
type TrackRecord struct {
	Mean  float64 `json:"mean"`
	Var   float64 `json:"var"`
	Count float64 `json:"count"` // observations that it is worth; 0: unknown
	At    float64 `json:"at"`    // Unix seconds
}

// HealthRecord counts attempts, faded with time.
type HealthRecord struct {
	Failed  float64 `json:"failed"`
	Limited float64 `json:"limited"`
	All     float64 `json:"all"`
	At      float64 `json:"at"` // Unix seconds
	Down    bool    `json:"down,omitempty"`
	Until   float64 `json:"until,omitempty"` // Unix seconds
	Asked   float64 `json:"asked,omitempty"` // until then the provider asked to be left alone; Unix seconds
	Last    float64 `json:"last,omitempty"`  // the last failure; Unix seconds
}

// RouteRecord is the length of a route's answers in tokens.
type RouteRecord struct {
	Route  string      `json:"route"`
	Length TrackRecord `json:"length"`
}

// Export returns what this process has learned itself. What other replicas told is left out, so that nothing comes back
// to those who said it.
func (s *State) Export() *Snapshot {
	out := &Snapshot{Version: snapshotVersion}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for n, a := range s.arms {
		if r, ok := a.export(); ok {
			r.Provider, r.Model = n.provider, n.model
			out.Arms = append(out.Arms, r)
		}
	}
	for route, a := range s.answers {
		a.mu.Lock()
		if a.length.N > 0 {
			out.Routes = append(out.Routes, RouteRecord{route, a.length.record()})
		}
		a.mu.Unlock()
	}
	slices.SortFunc(out.Arms, func(a, b ArmRecord) int {
		return strings.Compare(a.Provider+"\x00"+a.Model, b.Provider+"\x00"+b.Model)
	})
	slices.SortFunc(out.Routes, func(a, b RouteRecord) int { return strings.Compare(a.Route, b.Route) })
	return out
}

// Import takes in what was exported before a restart, as this process's own. Arms and routes that nobody asks for, as
// they are no longer configured, cost a little memory until the next restart.
func (s *State) Import(from *Snapshot) error {
	if err := from.check(); err != nil {
		return err
	}
	at := seconds(s.clock())
	for i := range from.Arms {
		r := &from.Arms[i]
		a := s.Arm(r.Provider, r.Model)
		a.mu.Lock()
		a.own = r.evidence()
		a.publish(at)
		a.mu.Unlock()
	}
	for _, r := range from.Routes {
		a := s.Answers(r.Route)
		a.mu.Lock()
		a.length = r.Length.track()
		a.tokens.Store(math.Float64bits(a.length.value(0)))
		a.mu.Unlock()
	}
	return nil
}

// ParseSnapshot reads JSON, and checks it.
func ParseSnapshot(text []byte) (*Snapshot, error) {
	var s Snapshot
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("learned state: %w", err)
	}
	return &s, s.check()
}

// check refuses what no Export writes. JSON cannot hold what is not finite.
func (s *Snapshot) check() error {
	if s.Version != snapshotVersion {
		return fmt.Errorf("learned state: version %d is not %d", s.Version, snapshotVersion)
	}
	for i := range s.Arms {
		r := &s.Arms[i]
		ok := r.First.sound() && r.Token.sound() && len(r.Offsets) == len(r.Seen) && (len(r.Seen) == 0 || len(r.Seen) == bandCount)
		for k := range min(len(r.Offsets), len(r.Seen)) {
			ok = ok && math.Abs(r.Offsets[k]) <= farthest && r.Seen[k] >= 0
		}
		if h := r.Health; !ok || h.Failed < 0 || h.Limited < 0 || h.All < 0 {
			return fmt.Errorf("learned state: arm %d: no such numbers are ever written", i)
		}
	}
	for i, r := range s.Routes {
		if !r.Length.sound() {
			return fmt.Errorf("learned state: route %d: no such numbers are ever written", i)
		}
	}
	return nil
}

// farthest bounds logarithms: e to it is far above any number of seconds or tokens.
const farthest = 50.0

func (r TrackRecord) sound() bool {
	return math.Abs(r.Mean) <= farthest && r.Count >= 0 && (r.Count == 0 || r.Var > 0 && r.Var <= farthest)
}

func (t *track) record() TrackRecord { return TrackRecord{t.Mean, t.Var, t.N, t.At} }

func (r TrackRecord) track() track {
	return track{Mean: r.Mean, Var: clamp(r.Var, leastVar, mostVar), N: min(r.Count, most), At: r.At, recent: r.Mean}
}

func (a *Arm) export() (ArmRecord, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &a.own
	if e.First.N == 0 && e.All == 0 {
		return ArmRecord{}, false
	}
	return ArmRecord{
		First: e.First.record(), Token: e.Token.record(),
		Offsets: slices.Clone(e.Bands.Offset[:]), Seen: slices.Clone(e.Bands.N[:]),
		Health: HealthRecord{e.Fails, e.Limits, e.All, e.health.At, e.Down, e.Until, e.Asked, e.Last},
	}, true
}

func (r *ArmRecord) evidence() evidence {
	e := evidence{First: r.First.track(), Token: r.Token.track()}
	copy(e.Bands.Offset[:], r.Offsets)
	copy(e.Bands.N[:], r.Seen)
	h := r.Health
	e.health = health{Fails: h.Failed, Limits: h.Limited, All: h.All, At: h.At, Down: h.Down, Until: h.Until, Asked: h.Asked, Last: h.Last}
	if e.Down {
		e.Wait = firstWait
	}
	return e
}
