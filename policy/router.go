package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Spec is what a Router is built from, in the order of the configuration.
type Spec struct {
	Candidates []Candidate
	Routes     []Route
	Policies   []Policy
	Aliases    []Alias
	// Observations feed the strategies latency and balanced. nil: nothing has been measured.
	Observations Observations
}

// Route gives matching requests their candidates and a strategy.
type Route struct {
	Name  string
	Match *Expr // nil: every request
	// Models are names and globs, in order. A route of which none is there refuses what it matches.
	Models   []string
	Strategy string
	Weights  map[string]float64 // by model, for weighted
	Balance  Balance            // for balanced
	// Fallbacks is how many further candidates the plan may hold.
	Fallbacks  int
	MinQuality float64  // 0: none
	MaxCostUSD *float64 // nil: none
	Require    Capabilities
}

// Balance weighs the parts of strategy balanced. All zero: each alike.
type Balance struct{ Cost, Latency, Quality float64 }

// Alias is a further name for a route or a model. A route wins over a model of its name.
type Alias struct{ Name, Target string }

// Observations is what has been learned of candidates by using them. Implementations are safe for concurrent use.
type Observations interface {
	// Latency is the expected time to the last byte of an answer; !ok: not measured.
	Latency(c *Candidate, inputTokens, outputTokens int) (seconds float64, ok bool)
}

// SpecError says which piece of a Spec cannot be.
type SpecError struct {
	Kind    string // "model", "route", "policy", "alias"
	Index   int    // in the Spec's slice
	Message string
}

func (e *SpecError) Error() string { return fmt.Sprintf("%s %d: %s", e.Kind, e.Index, e.Message) }

// Router decides. It is immutable and safe for concurrent use.
type Router struct {
	candidates []*Candidate
	providers  []int // of each candidate: the number of its provider
	routes     []*route
	policies   []*orgPolicy
	aliases    []Alias
	byModel    map[string]int
	byRoute    map[string]*route
	byAlias    map[string]string
	catchAll   *route // the first route without a match; nil: none
	direct     *route // what is asked for by model name
	seen       Observations
}

// route is a Route with its models expanded.
type route struct {
	Route
	ids      []int     // of its candidates, in order
	weights  []float64 // of ids
	strategy *strategy
}

// directRoute is the Decision.Route of requests for concrete models.
const directRoute = "model"

// New checks and expands s. The error is a *[SpecError].
func New(s Spec) (*Router, error) {
	r := &Router{
		byModel: make(map[string]int, len(s.Candidates)),
		byRoute: make(map[string]*route, len(s.Routes)),
		byAlias: make(map[string]string, len(s.Aliases)),
		aliases: slices.Clone(s.Aliases),
		seen:    s.Observations,
		direct:  &route{Route: Route{Name: directRoute}, strategy: strategyNamed("priority")},
	}
	providers := map[string]int{}
	for i := range s.Candidates {
		c := s.Candidates[i]
		if _, twice := r.byModel[c.Model]; twice {
			return nil, &SpecError{"model", i, fmt.Sprintf("%q is there twice", c.Model)}
		}
		if _, known := providers[c.Provider]; !known {
			providers[c.Provider] = len(providers)
		}
		r.byModel[c.Model] = i
		r.candidates = append(r.candidates, &c)
		r.providers = append(r.providers, providers[c.Provider])
	}
	for i := range s.Routes {
		if err := r.addRoute(s.Routes[i], i); err != nil {
			return nil, err
		}
	}
	for i := range s.Policies {
		p, err := newOrgPolicy(&s.Policies[i], r.candidates)
		if err != nil {
			return nil, &SpecError{"policy", i, err.Error()}
		}
		r.policies = append(r.policies, p)
	}
	for i, a := range s.Aliases {
		if r.byRoute[routeName(a.Target)] == nil && !r.isModel(a.Target) {
			return nil, &SpecError{"alias", i, strings.TrimSuffix(fmt.Sprintf("%q is neither a route nor a model; %s",
				a.Target, suggest(a.Target, r.targets())), "; ")}
		}
		r.byAlias[a.Name] = a.Target
	}
	return r, nil
}

func (r *Router) addRoute(spec Route, i int) error {
	rt := &route{Route: spec, strategy: strategyNamed(spec.Strategy)}
	if rt.strategy == nil {
		return &SpecError{"route", i, unknownStrategy(spec.Strategy)}
	}
	if r.byRoute[spec.Name] != nil {
		return &SpecError{"route", i, fmt.Sprintf("%q is there twice", spec.Name)}
	}
	taken := make([]bool, len(r.candidates))
	for _, pattern := range spec.Models {
		for id, c := range r.candidates {
			if !taken[id] && Glob(pattern, c.Model) {
				taken[id] = true
				rt.ids = append(rt.ids, id)
				rt.weights = append(rt.weights, spec.Weights[c.Model])
			}
		}
	}
	r.routes = append(r.routes, rt)
	r.byRoute[spec.Name] = rt
	if r.catchAll == nil && spec.Match.always() {
		r.catchAll = rt
	}
	return nil
}

func (r *Router) isModel(name string) bool {
	_, ok := r.byModel[name]
	return ok
}

func (r *Router) targets() []string {
	var names []string
	for _, rt := range r.routes {
		names = append(names, rt.Name)
	}
	for _, c := range r.candidates {
		names = append(names, c.Model)
	}
	return names
}

// Decide makes the plan for one request. On error, which is an *[Error], the Decision holds all that was
// considered until then. rnd is for the strategies that leave something to chance: the same features and seed
// give the same decision. nil stands for one fixed seed.
func (r *Router) Decide(f *Features, rnd *rand.Rand) (*Decision, error) {
	d := &Decision{}
	q := query{Router: r, f: f, d: d}
	q.applyPolicies()
	defer q.audit()
	if err := q.admit(); err != nil {
		return d, err
	}
	if err := q.resolve(); err != nil {
		return d, err
	}
	q.consider()
	live := q.filter()
	if len(live) == 0 {
		return d, q.nothingLeft()
	}
	if rnd == nil {
		rnd = rand.New(rand.NewPCG(0, 0))
	}
	d.Strategy = q.strategy.name
	d.Reason = q.strategy.chooser.choose(&q, live, rnd)
	q.plan(live)
	return d, nil
}

// query is one request on its way through the steps.
type query struct {
	*Router
	f *Features
	d *Decision

	policies []*orgPolicy // that match and are enforced
	audits   []*orgPolicy // that match and are only watched
	denied   bits         // the candidates that any of policies refuses
	priced   []*orgPolicy // of policies, those that bound the cost

	route     *route
	strategy  *strategy
	ids       []int // of the candidates
	weights   []float64
	asked     bool // the client named these models
	fallbacks int

	require []requirement // capabilities beyond Features.Needs
	out     int           // expected output tokens of one answer, before a model's own limit
	last    int           // the provider of the plan's last entry
}

// note records something for Decision.Notes.
func (q *query) note(format string, args ...any) {
	q.d.Notes = append(q.d.Notes, fmt.Sprintf(format, args...))
}
