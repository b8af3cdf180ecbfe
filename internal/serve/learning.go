package serve

import (
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy/learn"
)

// learner turns what happens to requests into what is learned of providers:
//
//	route decides          one more is under way at the plan's first entry
//	adapt is at entry n    those before it have failed, known at once
//	an attempt's entry     how far it is, each second; how it failed, and for how long the provider wants to be left alone
//	the request's entry    how it ended
//
// The last alone is enough: where the others are not to be had, as they go to another replica, what it tells is taken in whole.
// Where they are, each failure counts once, whoever tells of it first.
type learner struct {
	state   *learn.State
	flights *flights
	trust   trust
	clock   func() time.Time
}

func newLearner(state *learn.State) *learner {
	l := &learner{state: state, clock: state.Now}
	l.flights = newFlights(l.gaveUp)
	state.Trust(false) // until it has been shown
	return l
}

// outcome takes in what a stage made of a request. It is on the request's own way.
func (l *learner) outcome(o *extproc.Outcome) {
	switch {
	case o.Err != nil:
	case o.Decision != nil && len(o.Decision.Plan) > 0:
		l.decided(flightKey(o.RequestID, o.ID), o)
	case o.Attempt > 0:
		l.flights.visit(flightKey(o.RequestID, o.ID), func(f *flight) bool {
			if f.id == o.ID {
				l.moved(f, o.Attempt)
			}
			return false
		})
	}
}

// excuse takes in that an entry of a plan was left for what the request is: no failure of its provider.
func (l *learner) excuse(o *extproc.Outcome) {
	l.flights.visit(flightKey(o.RequestID, o.ID), func(f *flight) bool {
		if f.id == o.ID {
			f.failed |= 1 << o.Attempt
		}
		return false
	})
}

// flightKey is Envoy's request id, which attempts' entries have too. Clients may choose it, so it need not be unique.
func flightKey(requestID, id string) string {
	if requestID == "" {
		return id
	}
	return requestID
}

func (l *learner) decided(key string, o *extproc.Outcome) {
	now := l.clock()
	first := o.Decision.Plan[0]
	f := &flight{id: o.ID, plan: o.Decision.Plan, stream: o.Features != nil && o.Features.Stream, began: now, since: now, counted: l.state.Arm(first.Provider, first.Model)}
	if l.flights.add(key, f) {
		f.counted.Begin()
	}
}

// moved takes in that a request is at an entry of its plan, so those before it have failed.
func (l *learner) moved(f *flight, at int) {
	at = min(at, len(f.plan)-1)
	if f.done || at <= f.at {
		return
	}
	now := l.clock()
	took := now.Sub(f.since) / time.Duration(at-f.at)
	for k := f.at; k < at; k++ {
		l.fail(f, k, &learn.Observation{Outcome: learn.Failed, Elapsed: took})
	}
	l.end(f)
	f.at, f.since, f.seen = at, now, 0
	f.counted = l.state.Arm(f.plan[at].Provider, f.plan[at].Model)
	f.counted.Begin()
}

// fail observes the failure of an entry of the plan, once. What is told of it again may still bring the provider's retry-after.
func (l *learner) fail(f *flight, k int, o *learn.Observation) {
	o.Known = f.failed&(1<<k) != 0
	if o.Known && o.RetryAfter == 0 {
		return
	}
	f.failed |= 1 << k
	o.Provider, o.Model, o.Done = f.plan[k].Provider, f.plan[k].Model, true
	l.state.Observe(o)
}

func (l *learner) end(f *flight) {
	if f.counted != nil {
		f.counted.End()
		f.counted = nil
	}
}

// gaveUp takes in that the end of a request never came.
func (l *learner) gaveUp(f *flight) {
	l.end(f)
	l.state.Trust(l.trust.count(0, 1))
}

// entry takes in an entry of the access log.
func (l *learner) entry(e *accesslog.Entry) {
	switch e.Kind {
	case accesslog.KindAttempt:
		l.attempt(e)
		return
	case accesslog.KindDoor: // what it tells of the attempt, the attempt's own tells too
		return
	}
	if e.Provider == "" || e.Model == "" {
		l.endUnreached(e)
		return
	}
	seen := observations(e)
	own := false
	l.flights.visit(flightKey(e.RequestID, e.ID), func(f *flight) (remove bool) {
		if f.id != e.ID || f.done {
			return false
		}
		own = true
		return l.ended(f, e, seen)
	})
	if own {
		l.state.Trust(l.trust.count(1, 0))
		return
	}
	l.state.Trust(l.trust.count(0, 1))
	for i := range seen {
		l.state.Observe(&seen[i])
	}
}

// endUnreached ends a request that came to no provider.
func (l *learner) endUnreached(e *accesslog.Entry) {
	l.flights.visit(flightKey(e.RequestID, e.ID), func(f *flight) bool {
		if f.id != e.ID {
			return false
		}
		l.end(f)
		return true
	})
}

// ended takes in the end of one of this process's own requests. It stays known if entries of attempts that failed may still come.
func (l *learner) ended(f *flight, e *accesslog.Entry, seen []learn.Observation) (remove bool) {
	l.end(f)
	f.done = true
	last := len(seen) - 1
	for k := range seen[:last] {
		if k < len(f.plan) {
			l.fail(f, k, &seen[k])
		}
	}
	o := &seen[last]
	at := min(last, len(f.plan)-1)
	if o.Outcome == learn.Failed || o.Outcome == learn.RateLimited {
		l.fail(f, at, o)
		return false
	}
	if at == f.at {
		o.Told = f.seen
	}
	l.state.Observe(o)
	return last == 0
}

// attempt takes in an entry of one attempt. It does not name the model: that is found by the request.
func (l *learner) attempt(e *accesslog.Entry) {
	if e.RequestID == "" {
		return
	}
	l.flights.visit(e.RequestID, func(f *flight) bool {
		k := entryOf(f, e)
		switch {
		case k < 0:
		case e.UnderWay:
			l.underWay(f, k, e)
		case e.Failure():
			l.fail(f, k, &learn.Observation{
				Outcome: learn.OutcomeOf(e.Status, e.RetryAfter, false), Elapsed: e.Elapsed, RetryAfter: e.RetryAfter,
			})
			if k+1 < len(f.plan) {
				l.moved(f, k+1) // Envoy goes on with the next; should it not, the request's entry comes at once
			}
		}
		return false
	})
}

// underWay takes in that an attempt has not ended, and whether its first byte is there.
func (l *learner) underWay(f *flight, k int, e *accesslog.Entry) {
	elapsed := l.clock().Sub(f.since) // such entries tell no duration
	if f.done || k != f.at || elapsed <= f.seen || !f.stream {
		return
	}
	l.state.Observe(&learn.Observation{
		Provider: f.plan[k].Provider, Model: f.plan[k].Model, Stream: f.stream, Outcome: learn.Pending,
		Elapsed: elapsed, FirstByte: e.FirstByte, Told: f.seen, InputTokens: int(e.RequestBytes / bytesPerToken),
	})
	f.seen = elapsed
}

// entryOf finds the entry of the plan that an attempt's entry tells of, by its provider: the first that is not known to have failed,
// or else the first, which is told of once more; -1: there is none.
func entryOf(f *flight, e *accesslog.Entry) int {
	known := -1
	for k := range f.plan {
		switch {
		case f.plan[k].Provider != e.Provider:
		case f.failed&(1<<k) == 0:
			return k
		case known < 0:
			known = k
		}
	}
	return known
}
