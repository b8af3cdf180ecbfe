package main

import "math"

// oracle knows how every provider does at this moment, and how long its queue is; not the luck of the request.
type oracle struct {
	deaf
	sim *run
}

func (o *oracle) choose(r *request) []int {
	scores := make([]float64, len(o.sim.tr.providers))
	best := math.Inf(1)
	for i := range scores {
		scores[i] = o.expected(i, r)
		best = min(best, scores[i])
	}
	for i := range scores {
		p := &o.sim.tr.providers[i]
		t := p.troubleAt(o.sim.now)
		scores[i] = (1-t.chance)*scores[i] + t.chance*(t.took+2*best)
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
		for k := i; k > 0 && scores[order[k]] < scores[order[k-1]]; k-- {
			order[k], order[k-1] = order[k-1], order[k]
		}
	}
	return order
}

// expected is the mean time to the first byte, with the wait in line.
func (o *oracle) expected(i int, r *request) float64 {
	p, l := &o.sim.tr.providers[i], &o.sim.lines[i]
	wait := 0.0
	if ahead := l.busy + len(l.waiting) - p.slots; p.slots > 0 && ahead >= 0 {
		answer := p.median*1.1 + p.token*meanOutput
		wait = float64(ahead+1) * answer * p.factor(o.sim.now) / float64(p.slots)
	}
	return wait + p.expected(o.sim.now, r)
}

// meanOutput is that of arrivals: 120 tokens with a log-normal spread of 0.7.
var meanOutput = 120 * math.Exp(0.7*0.7/2)
