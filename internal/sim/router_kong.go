package main

import (
	"math"
	"math/rand/v2"
)

// kong is Kong's latency balancer: a peak-free EWMA of the time to the first byte with an e-fold of 10 s, which also fades
// while nothing comes in; the lower of two drawn at random.
type kong struct {
	means []ewma
	rnd   *rand.Rand
	sim   *run
}

const kongTau = 10.0

func (k *kong) choose(*request) []int {
	return lowerOfTwo(len(k.means), k.rnd, func(i int) float64 { return k.means[i].faded(k.sim.now, kongTau) })
}

func (k *kong) began(*attempt) {}

func (k *kong) first(a *attempt) {
	m := &k.means[a.to]
	keep := math.Exp(-(k.sim.now - m.at) / kongTau)
	m.add(a.firstByte, keep)
	m.at = k.sim.now
}

func (k *kong) ended(*attempt) {}

// lowerOfTwo draws an order at random, and swaps the first two if the second has the lower score.
func lowerOfTwo(n int, rnd *rand.Rand, score func(int) float64) []int {
	order := rnd.Perm(n)
	if n > 1 && score(order[1]) < score(order[0]) {
		order[0], order[1] = order[1], order[0]
	}
	return order
}

// twoChoices is agentgateway's: of two drawn at random, the higher health / (1 + latency · (1 + 0.1 · pending)), where
// health and latency are EWMAs with α = 0.3.
type twoChoices struct {
	latency, health []ewma
	pending         []int
	rnd             *rand.Rand
}

const gatewayKeep = 1 - 0.3

func newTwoChoices(n int, rnd *rand.Rand) *twoChoices {
	t := &twoChoices{latency: make([]ewma, n), health: make([]ewma, n), pending: make([]int, n), rnd: rnd}
	for i := range t.health {
		t.health[i] = ewma{value: 1, seen: true}
	}
	return t
}

func (t *twoChoices) choose(*request) []int {
	return lowerOfTwo(len(t.pending), t.rnd, func(i int) float64 {
		return -t.health[i].value / (1 + t.latency[i].value*(1+0.1*float64(t.pending[i])))
	})
}

func (t *twoChoices) began(a *attempt) { t.pending[a.to]++ }

func (t *twoChoices) first(a *attempt) { t.latency[a.to].add(a.firstByte, gatewayKeep) }

func (t *twoChoices) ended(a *attempt) {
	t.pending[a.to]--
	ok := 1.0
	if a.failed {
		ok = 0
	}
	t.health[a.to].add(ok, gatewayKeep)
}
