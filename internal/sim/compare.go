package main

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// contender is a way to choose.
type contender struct {
	name  string
	build func(sim *run, replica int, seed uint64) (router, error)
}

const own = "llmroute latency"

// ownCount is how many contenders, from own on, are llmroute's.
const ownCount = 4

func contenders() []contender {
	rnd := func(seed uint64, replica int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(replica))) }
	return []contender{
		{"oracle", func(sim *run, _ int, _ uint64) (router, error) { return &oracle{sim: sim}, nil }},
		{own, func(sim *run, replica int, seed uint64) (router, error) {
			return newLLMRoute(sim, replica, seed, feed{strategy: "latency", begin: true, period: logPeriod})
		}},
		{"– with log entries at the end only", func(sim *run, replica int, seed uint64) (router, error) {
			return newLLMRoute(sim, replica, seed, feed{strategy: "latency", begin: true})
		}},
		{"– without Begin", func(sim *run, replica int, seed uint64) (router, error) {
			return newLLMRoute(sim, replica, seed, feed{strategy: "latency", period: logPeriod})
		}},
		{"llmroute least_busy", func(sim *run, replica int, seed uint64) (router, error) {
			return newLLMRoute(sim, replica, seed, feed{strategy: "least_busy", begin: true, period: logPeriod})
		}},
		{"round robin", func(sim *run, replica int, _ uint64) (router, error) {
			return &roundRobin{n: len(sim.tr.providers), next: replica}, nil
		}},
		{"random", func(sim *run, replica int, seed uint64) (router, error) {
			return &random{n: len(sim.tr.providers), rnd: rnd(seed, replica)}, nil
		}},
		{"two choices (agentgateway)", func(sim *run, replica int, seed uint64) (router, error) {
			return newTwoChoices(len(sim.tr.providers), rnd(seed, replica)), nil
		}},
		{"LiteLLM latency", func(sim *run, replica int, seed uint64) (router, error) {
			return &litellm{seen: make([][]timed, len(sim.tr.providers)), rnd: rnd(seed, replica), sim: sim}, nil
		}},
		{"EWMA (Kong)", func(sim *run, replica int, seed uint64) (router, error) {
			return &kong{means: make([]ewma, len(sim.tr.providers)), rnd: rnd(seed, replica), sim: sim}, nil
		}},
	}
}

// standing is how the contenders did in a trace.
type standing struct {
	trace   trace
	results []result // by contender
	split   *result  // of the best fixed split, where the trace asks for it
	weights []float64
	first   [][]served // of the first seed, by contender
}

func compare(seed uint64, seeds int, dir, only string, ownOnly bool) error {
	var all []standing
	for _, tr := range traces() {
		if only != "" && only != tr.name {
			continue
		}
		s, err := stage(&tr, seed, seeds, ownOnly)
		if err != nil {
			return err
		}
		all = append(all, s)
		printStanding(os.Stdout, &s)
	}
	if ownOnly {
		return nil
	}
	met := verdict(os.Stdout, all)
	if dir != "" && only == "" {
		if err := plots(dir, all); err != nil {
			return err
		}
	}
	if !met {
		fmt.Println("\nnot every target was met")
	}
	return nil
}

// stage plays one trace with everyone.
func stage(tr *trace, seed uint64, seeds int, ownOnly bool) (standing, error) {
	s := standing{trace: *tr}
	for _, c := range contenders() {
		if ownOnly && c.name != own && c.name != "oracle" {
			s.results, s.first = append(s.results, result{}), append(s.first, nil)
			continue
		}
		var results []result
		for k := range seeds {
			at := seed + uint64(k)
			out, err := playWith(tr, arrivals(tr, at), at, c)
			if err != nil {
				return s, err
			}
			results = append(results, measure(tr, out))
			if k == 0 {
				s.first = append(s.first, out)
			}
		}
		s.results = append(s.results, average(results))
	}
	if tr.target.split > 0 && !ownOnly {
		s.weights = bestSplit(tr, seed+10_000)
		var results []result
		for k := range seeds {
			at := seed + uint64(k)
			results = append(results, measure(tr, playSplit(tr, at, s.weights)))
		}
		r := average(results)
		s.split = &r
	}
	return s, nil
}

func playWith(tr *trace, requests []request, seed uint64, c contender) (out []served, err error) {
	out = play(tr, requests, func(sim *run, replica int) router {
		r, buildErr := c.build(sim, replica, seed)
		if buildErr != nil {
			err = fmt.Errorf("%s: %w", c.name, buildErr)
		}
		return r
	})
	return out, err
}

func playSplit(tr *trace, seed uint64, weights []float64) []served {
	return play(tr, arrivals(tr, seed), func(_ *run, replica int) router {
		return &fixedSplit{weights: weights, rnd: rand.New(rand.NewPCG(seed, uint64(replica)))}
	})
}

// bestSplit searches the fixed shares of three providers with the lowest p99, on a seed of its own.
func bestSplit(tr *trace, seed uint64) []float64 {
	const steps = 20
	var best []float64
	lowest := 0.0
	for i := 1; i < steps; i++ {
		for k := 1; i+k < steps; k++ {
			w := []float64{float64(i) / steps, float64(k) / steps, float64(steps-i-k) / steps}
			if overloaded(tr, w) {
				continue
			}
			if p99 := measure(tr, playSplit(tr, seed, w)).p99; best == nil || p99 < lowest {
				best, lowest = w, p99
			}
		}
	}
	return best
}

// overloaded reports whether a split gives a provider more than it can serve, by the mean.
func overloaded(tr *trace, weights []float64) bool {
	for i, w := range weights {
		p := &tr.providers[i]
		if w*tr.rate*(p.median*1.1+p.token*meanOutput) > float64(p.slots) {
			return true
		}
	}
	return false
}
