package replay

import (
	"math/rand/v2"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/recording"
)

// Comparison gathers what differs between two configurations. It is not safe for concurrent use.
type Comparison struct {
	// After decides anew.
	After *extproc.Snapshot
	// Before decides too; nil: what was recorded counts.
	Before *extproc.Snapshot
	// Around is what a plain body lacks: its path and headers.
	Around extproc.Question
	// Seed is for strategies that draw lots. Both sides draw the same, for each request anew.
	Seed uint64

	requests, uncompared uint64
	kinds                [RefusedOtherwise + 1]uint64
	pairs                map[pair]*tally
	refusals             map[refusal]uint64
	policies             map[string]*both
	cost                 costs
	took                 map[Target]*mean
}

// Target is where a request goes.
type Target struct {
	Model    string `json:"model"`
	Provider string `json:"provider"`
}

func (t Target) String() string { return t.Model + " at " + t.Provider }

// pair is the two plans' first entries.
type pair struct{ from, to Target }

type tally struct {
	requests uint64
	cost     costs
}

// costs are sums over the requests whose expected cost both sides know.
type costs struct {
	requests      uint64
	before, after float64 // USD
}

// refusal is a kind of difference with the reason on the side that refuses.
type refusal struct {
	kind Kind
	recording.Refusal
}

// both counts on the two sides.
type both struct{ before, after uint64 }

// mean of the seconds that recorded requests took.
type mean struct {
	n   float64
	sum float64
}

// Kind is how the two sides differ on a request.
type Kind int

// The kinds.
const (
	Same Kind = iota
	Moved
	NewlyRefused
	NewlyAllowed
	RefusedOtherwise // by another policy, or with another code
)

// String is the name in JSON.
func (k Kind) String() string {
	return [...]string{"same", "moved", "newly_refused", "newly_allowed", "refused_otherwise"}[k]
}

// MarshalText gives the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Difference is a request on which the sides differ.
type Difference struct {
	Line   int                 `json:"line"`
	ID     string              `json:"id,omitempty"`
	Kind   Kind                `json:"kind"`
	Before *recording.Decision `json:"before"`
	After  *recording.Decision `json:"after"`
}

// Add takes in a line, the number-th of the traffic. It returns the difference, or nil if there is none. The error is
// a fault of the line, which then does not count.
func (c *Comparison) Add(number int, text []byte) (*Difference, error) {
	r, err := parse(text)
	if err != nil {
		return nil, err
	}
	if r.line != nil && r.line.Usage != nil {
		c.learn(r.line.Usage)
		return nil, nil
	}
	_, after, err := decide(c.After, r, c.Around, c.random())
	if err != nil {
		return nil, err
	}
	before, err := c.before(r)
	if err != nil {
		return nil, err
	}
	c.requests++
	if before == nil {
		c.uncompared++
		c.count(pair{to: targetOf(after)}, &recording.Decision{}, after)
		return nil, nil
	}
	kind := compare(before, after)
	c.tell(kind, before, after)
	if kind == Same {
		return nil, nil
	}
	d := &Difference{Line: number, Kind: kind, Before: before, After: after}
	if r.line != nil {
		d.ID = r.line.ID
	}
	return d, nil
}

// random is the same for both sides of a request, and another for the next one.
func (c *Comparison) random() *rand.Rand { return rand.New(rand.NewPCG(c.Seed, c.requests)) }

// before is the decision to compare with; nil: there is none.
func (c *Comparison) before(r request) (*recording.Decision, error) {
	if c.Before != nil {
		_, d, err := decide(c.Before, r, c.Around, c.random())
		return d, err
	}
	if r.line == nil {
		return nil, nil
	}
	return r.line.Decision, nil
}

func compare(before, after *recording.Decision) Kind {
	switch b, a := before.Refused, after.Refused; {
	case b == nil && a != nil:
		return NewlyRefused
	case b != nil && a == nil:
		return NewlyAllowed
	case b != nil && *b != *a:
		return RefusedOtherwise
	case b == nil && targetOf(before) != targetOf(after):
		return Moved
	}
	return Same
}

func targetOf(d *recording.Decision) Target { return Target{Model: d.Model, Provider: d.Provider} }

// tell counts a request that both sides decided.
func (c *Comparison) tell(kind Kind, before, after *recording.Decision) {
	c.kinds[kind]++
	switch kind {
	case NewlyRefused, RefusedOtherwise:
		c.refuse(kind, after.Refused)
	case NewlyAllowed:
		c.refuse(kind, before.Refused)
	}
	c.count(pair{targetOf(before), targetOf(after)}, before, after)
	if before.Refused != nil || after.Refused != nil {
		return
	}
	for _, p := range before.Policies {
		c.policy(p).before++
	}
	for _, p := range after.Policies {
		c.policy(p).after++
	}
}

func (c *Comparison) refuse(kind Kind, why *recording.Refusal) {
	if c.refusals == nil {
		c.refusals = map[refusal]uint64{}
	}
	c.refusals[refusal{kind, *why}]++
}

func (c *Comparison) policy(name string) *both {
	if c.policies == nil {
		c.policies = map[string]*both{}
	}
	if c.policies[name] == nil {
		c.policies[name] = &both{}
	}
	return c.policies[name]
}

// count adds to the pair of targets; that of a refusal is empty.
func (c *Comparison) count(p pair, before, after *recording.Decision) {
	if c.pairs == nil {
		c.pairs = map[pair]*tally{}
	}
	t := c.pairs[p]
	if t == nil {
		t = &tally{}
		c.pairs[p] = t
	}
	t.requests++
	if b, a := before.ExpectedUSD, after.ExpectedUSD; b != nil && a != nil {
		t.cost.add(*b, *a)
		c.cost.add(*b, *a)
	}
}

func (s *costs) add(before, after float64) {
	s.requests++
	s.before += before
	s.after += after
}

// learn takes in how long a request took.
func (c *Comparison) learn(u *recording.Usage) {
	if u.Status < 200 || u.Status > 299 || u.Attempts > 1 || u.Elapsed <= 0 {
		return
	}
	if c.took == nil {
		c.took = map[Target]*mean{}
	}
	at := Target{Model: u.Model, Provider: u.Provider}
	if c.took[at] == nil {
		c.took[at] = &mean{}
	}
	c.took[at].n++
	c.took[at].sum += u.Elapsed.Seconds()
}
