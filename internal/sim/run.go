package main

import (
	"math"
)

// router is one replica's way to choose. The simulation calls it in the order of time.
type router interface {
	// choose says where to try a request, best first. Each provider is tried at most once.
	choose(r *request) []int
	// began: an attempt starts. nth counts the attempts of the request from 0.
	began(a *attempt)
	// first: the first byte is there.
	first(a *attempt)
	// ended: the answer is complete, or the attempt failed.
	ended(a *attempt)
}

// attempt is one try of a request at a provider.
type attempt struct {
	*request
	to, nth    int
	start      float64
	firstByte  float64 // since start; 0: none yet
	took       float64 // since start, once ended
	failed     bool
	status     int
	retryAfter float64
	done       bool
}

// served is how a request fared.
type served struct {
	at        float64
	firstByte float64 // since at; NaN: every attempt failed
	to        int     // the first attempt's provider
	failed    bool    // the first attempt did
}

// run plays the requests of a trace; make builds the router of a replica.
type run struct {
	agenda
	tr      *trace
	lines   []line
	routers []router
	out     []served
}

// line is a provider's queue.
type line struct {
	busy    int
	waiting []*attempt
}

func play(tr *trace, requests []request, build func(sim *run, replica int) router) []served {
	sim := &run{tr: tr, lines: make([]line, len(tr.providers)), out: make([]served, len(requests))}
	for replica := range tr.replicas {
		sim.routers = append(sim.routers, build(sim, replica))
	}
	for i := range requests {
		r := &requests[i]
		sim.plan(r.at, func() {
			sim.try(r, sim.routers[r.replica].choose(r), 0)
		})
	}
	sim.agenda.run()
	return sim.out
}

// try sends a request to the first of order.
func (s *run) try(r *request, order []int, nth int) {
	out := &s.out[r.id]
	if nth == 0 {
		*out = served{at: r.at, firstByte: math.NaN(), to: order[0]}
	}
	a := &attempt{request: r, to: order[0], nth: nth, start: s.now}
	s.routers[r.replica].began(a)
	p := &s.tr.providers[a.to]
	if t := p.troubleAt(s.now); r.luck[a.to].fail < t.chance {
		a.failed, a.status, a.retryAfter = true, t.status, t.retryAfter
		s.plan(s.now+t.took, func() {
			a.took, a.done = s.now-a.start, true
			s.routers[r.replica].ended(a)
			out.failed = out.failed || nth == 0
			if len(order) > 1 {
				s.try(r, order[1:], nth+1)
			}
		})
		return
	}
	l := &s.lines[a.to]
	if p.slots > 0 && l.busy >= p.slots {
		l.waiting = append(l.waiting, a)
		return
	}
	s.serve(a)
}

// serve lets a provider answer.
func (s *run) serve(a *attempt) {
	p, luck := &s.tr.providers[a.to], a.luck[a.to]
	s.lines[a.to].busy++
	factor := p.factor(s.now)
	first := factor * p.median * p.size(a.request) * math.Exp(p.sigma*luck.first)
	rest := factor * p.token * luck.speed * float64(a.output)
	s.plan(s.now+first, func() {
		a.firstByte, a.status = s.now-a.start, 200
		s.out[a.id].firstByte = s.now - a.at
		s.routers[a.replica].first(a)
	})
	s.plan(s.now+first+rest, func() {
		a.took, a.done = s.now-a.start, true
		l := &s.lines[a.to]
		l.busy--
		s.routers[a.replica].ended(a)
		if len(l.waiting) > 0 {
			next := l.waiting[0]
			l.waiting = l.waiting[1:]
			s.serve(next)
		}
	})
}
