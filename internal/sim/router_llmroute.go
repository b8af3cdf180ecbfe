package main

import (
	"math/rand/v2"
	"time"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/learn"
)

// How late llmroute learns what happens. It sees Envoy's access log and nothing else: entries of attempts under way each
// logPeriod, one when an attempt ends, and Envoy gathers them for up to logFlush before it sends them.
const (
	logPeriod = 1.0
	logFlush  = 0.5
)

// feed is what the memory is told.
type feed struct {
	strategy string
	begin    bool    // the attempts that this process starts
	period   float64 // seconds between entries of attempts under way; 0: there are none
}

// llmroute is the real router with the real memory.
type llmroute struct {
	sim    *run
	seen   *learn.State
	router *policy.Router
	rnd    *rand.Rand
	late   *rand.Rand
	feed   feed
}

var _ router = (*llmroute)(nil)

// epoch is when simulated time starts.
var epoch = time.Unix(1_000_000_000, 0)

func newLLMRoute(sim *run, replica int, seed uint64, f feed) (router, error) {
	l := &llmroute{sim: sim, feed: f, rnd: rand.New(rand.NewPCG(seed, uint64(replica))), late: rand.New(rand.NewPCG(seed, uint64(1000+replica)))}
	l.seen = learn.New(func() time.Time { return epoch.Add(span(sim.now)) })
	spec := policy.Spec{
		Routes:       []policy.Route{{Name: "r", Models: []string{"*"}, Strategy: f.strategy, Fallbacks: len(sim.tr.providers) - 1}},
		Observations: l.seen, Health: true,
	}
	for _, p := range sim.tr.providers {
		spec.Candidates = append(spec.Candidates, policy.Candidate{Model: p.name, Provider: p.name, Ops: map[string]bool{"chat_completions": true}})
	}
	var err error
	l.router, err = policy.New(spec)
	return l, err
}

func (l *llmroute) choose(r *request) []int {
	f := policy.Features{Op: "chat_completions", Stream: true, InputTokens: r.input}
	d, err := l.router.Decide(&f, l.rnd)
	if err != nil {
		return nil // cannot be: there is a candidate, and nothing refuses it
	}
	order := make([]int, len(d.Plan))
	for i, e := range d.Plan {
		for k := range l.sim.tr.providers {
			if l.sim.tr.providers[k].name == e.Provider {
				order[i] = k
			}
		}
	}
	return order
}

func (l *llmroute) began(a *attempt) {
	name := l.sim.tr.providers[a.to].name
	if l.feed.begin && a.nth == 0 { // the process knows of the first attempt only
		l.seen.Arm(name, name).Begin()
	}
	if l.feed.period > 0 {
		l.sim.plan(l.sim.now+l.feed.period, func() { l.underWay(a, 1) })
	}
}

// underWay is Envoy's entry for an attempt that has not ended. It goes on until a first byte was told of.
func (l *llmroute) underWay(a *attempt, nth int) {
	if a.done {
		return
	}
	o := l.observation(a)
	o.Told = span(float64(nth-1) * l.feed.period)
	l.send(o)
	if a.firstByte == 0 {
		l.sim.plan(l.sim.now+l.feed.period, func() { l.underWay(a, nth+1) })
	}
}

func (l *llmroute) first(*attempt) {}

func (l *llmroute) ended(a *attempt) {
	o := l.observation(a)
	o.Done, o.Began, o.OutputTokens = true, l.feed.begin && a.nth == 0, a.output
	o.Outcome = learn.OutcomeOf(a.status, span(a.retryAfter), false)
	o.RetryAfter = span(a.retryAfter)
	if l.feed.period > 0 {
		o.Told = o.Elapsed.Truncate(span(l.feed.period))
	}
	l.send(o)
}

func (l *llmroute) observation(a *attempt) *learn.Observation {
	name := l.sim.tr.providers[a.to].name
	return &learn.Observation{
		Provider: name, Model: name, Route: "r", Stream: true, InputTokens: a.input,
		Elapsed: span(l.sim.now - a.start), FirstByte: span(a.firstByte),
	}
}

// send delivers an observation when Envoy next sends its entries.
func (l *llmroute) send(o *learn.Observation) {
	l.sim.plan(l.sim.now+logFlush*l.late.Float64(), func() { l.seen.Observe(o) })
}

func span(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
