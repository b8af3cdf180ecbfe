package replay

import (
	"cmp"
	"maps"
	"slices"
)

// Report is what a comparison found.
type Report struct {
	Requests         uint64 `json:"requests"`
	Unreadable       uint64 `json:"unreadable"` // lines that held none
	Uncompared       uint64 `json:"uncompared"` // requests without an earlier decision
	Unchanged        uint64 `json:"unchanged"`
	Moved            uint64 `json:"moved"`
	NewlyRefused     uint64 `json:"newly_refused"`
	NewlyAllowed     uint64 `json:"newly_allowed"`
	RefusedOtherwise uint64 `json:"refused_otherwise"`

	Cost     *CostChange     `json:"cost"`    // nil: of no request do both sides know it
	Latency  *LatencyChange  `json:"latency"` // nil: no recorded usage tells
	Moves    []Move          `json:"moves"`   // most frequent first, as the others
	Refusals []RefusalChange `json:"refusals"`
	Policies []PolicyChange  `json:"policies"` // those that apply to more or fewer of the requests that both sides let through
	Models   []ModelShare    `json:"models"`
}

// CostChange compares expected costs.
type CostChange struct {
	Requests   uint64   `json:"requests"` // of which both sides know it
	BeforeUSD  float64  `json:"before_usd"`
	AfterUSD   float64  `json:"after_usd"`
	Difference float64  `json:"difference_usd"`
	Percent    *float64 `json:"difference_percent"` // of before; nil: before was free
}

// LatencyChange compares the mean seconds to the end of an answer, by what recorded answers of the same model at the
// same provider took.
type LatencyChange struct {
	Requests   uint64  `json:"requests"` // of which both sides' are known
	Before     float64 `json:"before_s"`
	After      float64 `json:"after_s"`
	Difference float64 `json:"difference_s"`
}

// Move is requests that go elsewhere.
type Move struct {
	From     Target      `json:"from"`
	To       Target      `json:"to"`
	Requests uint64      `json:"requests"`
	Share    float64     `json:"share"` // of all that were compared, 0 to 1
	Cost     *CostChange `json:"cost"`  // nil: unknown
}

// RefusalChange is requests that are refused on one side, or for another reason.
type RefusalChange struct {
	Kind     Kind   `json:"kind"`
	Code     string `json:"code"`
	Policy   string `json:"policy,omitempty"`
	Requests uint64 `json:"requests"`
}

// PolicyChange is to how many requests a policy applies.
type PolicyChange struct {
	Policy string `json:"policy"`
	Before uint64 `json:"before"`
	After  uint64 `json:"after"`
}

// ModelShare is how many requests go to a model first.
type ModelShare struct {
	Target
	Before uint64 `json:"before"`
	After  uint64 `json:"after"`
}

// Report sums up what was added. unreadable is the number of lines that could not be.
func (c *Comparison) Report(unreadable uint64) *Report {
	r := &Report{
		Requests: c.requests, Unreadable: unreadable, Uncompared: c.uncompared,
		Unchanged: c.kinds[Same], Moved: c.kinds[Moved], NewlyRefused: c.kinds[NewlyRefused],
		NewlyAllowed: c.kinds[NewlyAllowed], RefusedOtherwise: c.kinds[RefusedOtherwise],
		Cost: c.cost.change(), Latency: c.latency(),
		Moves: []Move{}, Refusals: []RefusalChange{}, Policies: []PolicyChange{}, Models: c.models(),
	}
	compared := float64(c.requests - c.uncompared)
	for _, p := range c.sortedPairs() {
		if p.from != p.to && p.from != (Target{}) && p.to != (Target{}) {
			t := c.pairs[p]
			r.Moves = append(r.Moves, Move{From: p.from, To: p.to, Requests: t.requests, Share: float64(t.requests) / compared, Cost: t.cost.change()})
		}
	}
	for why, n := range c.refusals {
		r.Refusals = append(r.Refusals, RefusalChange{Kind: why.kind, Code: why.Code, Policy: why.Policy, Requests: n})
	}
	slices.SortFunc(r.Refusals, func(a, b RefusalChange) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Code, b.Code))
	})
	for _, name := range slices.Sorted(maps.Keys(c.policies)) {
		if n := c.policies[name]; n.before != n.after {
			r.Policies = append(r.Policies, PolicyChange{Policy: name, Before: n.before, After: n.after})
		}
	}
	return r
}

func (s *costs) change() *CostChange {
	if s.requests == 0 {
		return nil
	}
	out := &CostChange{Requests: s.requests, BeforeUSD: s.before, AfterUSD: s.after, Difference: s.after - s.before}
	if s.before > 0 {
		percent := 100 * (s.after - s.before) / s.before
		out.Percent = &percent
	}
	return out
}

func (c *Comparison) latency() *LatencyChange {
	var out LatencyChange
	for _, p := range c.sortedPairs() { // in order, since sums of floats depend on it
		before, after := c.took[p.from], c.took[p.to]
		if before == nil || after == nil {
			continue
		}
		n := c.pairs[p].requests
		out.Requests += n
		out.Before += float64(n) * before.sum / before.n
		out.After += float64(n) * after.sum / after.n
	}
	if out.Requests == 0 {
		return nil
	}
	out.Before /= float64(out.Requests)
	out.After /= float64(out.Requests)
	out.Difference = out.After - out.Before
	return &out
}

func (c *Comparison) models() []ModelShare {
	shares := map[Target]*ModelShare{}
	of := func(t Target) *ModelShare {
		if shares[t] == nil {
			shares[t] = &ModelShare{Target: t}
		}
		return shares[t]
	}
	for p, t := range c.pairs {
		of(p.from).Before += t.requests
		of(p.to).After += t.requests
	}
	delete(shares, Target{})
	out := []ModelShare{}
	for _, s := range shares {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b ModelShare) int {
		return cmp.Or(cmp.Compare(b.After, a.After), cmp.Compare(b.Before, a.Before), cmp.Compare(a.String(), b.String()))
	})
	return out
}

// sortedPairs puts the most frequent first; equals by name.
func (c *Comparison) sortedPairs() []pair {
	pairs := slices.Collect(maps.Keys(c.pairs))
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(c.pairs[b].requests, c.pairs[a].requests),
			cmp.Compare(a.from.String(), b.from.String()), cmp.Compare(a.to.String(), b.to.String()))
	})
	return pairs
}
