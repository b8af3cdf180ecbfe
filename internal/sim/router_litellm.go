package main

import (
	"math"
	"math/rand/v2"
)

// litellm is LiteLLM's latency-based routing as its documentation states it: the mean of the last 10 times to the first
// token, kept for an hour; what was never seen first; a random one of the lowest (its buffer is 0 unless set). Errors
// are not punished.
type litellm struct {
	seen [][]timed
	rnd  *rand.Rand
	sim  *run
}

type timed struct{ at, seconds float64 }

const (
	litellmKept  = 10
	litellmHours = 3600.0
)

func (l *litellm) choose(*request) []int {
	scores := make([]float64, len(l.seen))
	for i, list := range l.seen {
		sum, n := 0.0, 0
		for _, x := range list {
			if l.sim.now-x.at < litellmHours {
				sum += x.seconds
				n++
			}
		}
		scores[i] = -1
		if n > 0 {
			scores[i] = sum / float64(n)
		}
	}
	return byScore(scores, l.rnd)
}

func (l *litellm) began(*attempt) {}
func (l *litellm) first(*attempt) {}

func (l *litellm) ended(a *attempt) {
	if a.failed {
		return
	}
	list := append(l.seen[a.to], timed{l.sim.now, a.firstByte})
	l.seen[a.to] = list[max(0, len(list)-litellmKept):]
}

// byScore orders by score, lowest first, equals at random.
func byScore(scores []float64, rnd *rand.Rand) []int {
	order := rnd.Perm(len(scores))
	for i := 1; i < len(order); i++ {
		for k := i; k > 0 && scores[order[k]] < scores[order[k-1]]; k-- {
			order[k], order[k-1] = order[k-1], order[k]
		}
	}
	return order
}

// ewma is a mean that older values fade from.
type ewma struct {
	value, at float64
	seen      bool
}

func (e *ewma) add(x, keep float64) {
	if !e.seen {
		e.value, e.seen = x, true
		return
	}
	e.value = keep*e.value + (1-keep)*x
}

// faded is the value as it decays towards 0 with e-fold tau seconds.
func (e *ewma) faded(now, tau float64) float64 { return e.value * math.Exp(-(now-e.at)/tau) }
