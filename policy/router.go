package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// Spec is what a Router is built from, in the order of the configuration.
type Spec struct {
	Candidates []Candidate
	Routes     []Route
	Policies   []Policy
	Aliases    []Alias
	// Observations feed the strategies latency, least_busy and balanced. nil: nothing has been measured.
	Observations *learn.State
	// Health lets observations take candidates that fail at the moment out of plans.
	Health bool
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
	// Percentile is that of the time to the first byte which counts for latency and MaxTTFT, 1 to 99; 0: the mean does.
	Percentile float64
	MaxTTFT    time.Duration // of the expected time to the first byte; 0: none
	// StrongAbove or StrongShare makes strategy quality send simple requests to the cheapest first; see [Strength]. nil: not said.
	StrongAbove, StrongShare *float64
	// Affinity keeps conversations where they are; see query.stick.
	Affinity bool
}

// Balance weighs the parts of strategy balanced. All zero: each alike.
type Balance struct{ Cost, Latency, Quality float64 }

// Alias is a further name for a route or a model. A route wins over a model of its name.
type Alias struct{ Name, Target string }

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
	providers  int // how many there are
	routes     []*route
	policies   []*orgPolicy
	aliases    []Alias
	byModel    map[string]int
	byRoute    map[string]*route
	byAlias    map[string]string
	catchAll   *route // the first route without a match; nil: none
	direct     *route // what is asked for by model name
	seen       *learn.State
	health     bool
	readOnly   bool

	traits     []profile    // of candidates, as the next
	arms       []*learn.Arm // nil: nothing is observed
	operations map[string][]ruling
	routeIndex ruleIndex
	orgIndex   ruleIndex
}

// route is a Route with its models expanded.
type route struct {
	Route
	ids       []int     // of its candidates, in order
	weights   []float64 // of ids
	strategy  *strategy
	answers   *learn.Answers // nil: nothing is observed
	threshold *threshold     // of complexity, for strategy quality; nil: none
	quantile  float64        // standard normal, of Percentile
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
		health:  s.Health,
		arms:    armsOf(s.Candidates, s.Observations),
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
		r.traits = append(r.traits, newProfile(&c, providers[c.Provider]))
	}
	r.operations = ruleOperations(r.candidates)
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
	r.providers = len(providers)
	r.indexRules()
	return r, nil
}

func (r *Router) addRoute(spec Route, i int) error {
	rt := &route{Route: spec, strategy: strategyNamed(spec.Strategy), threshold: newThreshold(spec.StrongAbove, spec.StrongShare)}
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
	rt.quantile = normalQuantile(spec.Percentile)
	if r.seen != nil {
		rt.answers = r.seen.Answers(spec.Name)
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
	both := &struct {
		d Decision
		q query
	}{}
	d, q := &both.d, &both.q
	*q = query{Router: r, f: f, d: d}
	q.applyPolicies()
	defer q.audit()
	if err := q.admit(); err != nil {
		return d, err
	}
	if err := q.resolve(); err != nil {
		return d, err
	}
	if rnd == nil {
		rnd = rand.New(rand.NewPCG(0, 0))
	}
	q.rnd = rnd
	d.query = q
	q.consider()
	live := q.filter()
	if len(live) == 0 {
		return d, q.nothingLeft()
	}
	d.Strategy = q.strategy.name
	q.strategy.chooser.rank(q, live)
	q.stick(live)
	order := q.order(q.settle(live))
	d.Reason = onlyOne
	switch best := &q.marks[order[0]]; {
	case best.is(proving):
		d.Reason = whyProbe
	case best.is(home):
		d.Reason = whyHome + q.strategy.chooser.reason(q, best, len(order))
	case len(order) > 1 || q.asked:
		d.Reason = q.strategy.chooser.reason(q, best, len(order))
	}
	q.plan(order)
	q.rnd = nil // the caller's
	return d, nil
}

// ReadOnly returns a router that decides as r does, but leaves no trace: for decisions that no request follows, which must not use
// up the probes of what is down.
func (r *Router) ReadOnly() *Router {
	out := *r
	out.readOnly = true
	return &out
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
	need    Capabilities  // all that is required
	rulings []ruling      // of the operation, on every candidate of the router
	out     int           // expected output tokens of one answer, before a model's own limit

	ailing  bool   // some of the candidates are not well
	marks   []mark // of ids
	unit    string // of mark.score
	counted uint8  // by balancer: its parts that decided, one bit each
	now     time.Time
	ask     learn.Question
	// usualTokens is that of the route's answers; 0: not asked for yet.
	usualTokens int
	rnd         *rand.Rand
	last        int    // the provider of the plan's last entry
	short       string // the budget for which afford took candidates out
}

// note records something for Decision.Notes.
func (q *query) note(format string, args ...any) {
	q.d.Notes = append(q.d.Notes, fmt.Sprintf(format, args...))
}
