package main

import (
	"math/rand/v2"
	"slices"
)

// scored is a prompt's score and what the strong model would add.
type scored struct {
	score float64
	gain  int
	need  bool
	tie   uint64 // breaks ties by chance, always the same way
}

// measures are RouteLLM's: see Ong et al., "RouteLLM: Learning to Route LLMs with Preference Data", arXiv 2406.18665.
type measures struct {
	auc          float64 // of need
	apgr         float64 // the mean share of the gap recovered, over all shares of strong calls
	cpt50, cpt80 float64 // the share of strong calls for 50 % and 80 % of the gap
}

func measure(all []scored) measures {
	s := slices.Clone(all)
	slices.SortFunc(s, func(a, b scored) int {
		switch {
		case a.score > b.score || a.score == b.score && a.tie < b.tie:
			return -1
		default:
			return 1
		}
	})
	gap, needs := 0, 0
	for _, x := range s {
		gap += x.gain
		needs += count(x.need)
	}
	m := measures{cpt50: 1, cpt80: 1}
	sum, area, above, won := 0.0, 0.0, 0, 0
	for i, x := range s {
		before := sum
		sum += float64(x.gain) / float64(gap)
		area += (before + sum) / 2
		share := float64(i+1) / float64(len(s))
		if sum >= 0.5 && share < m.cpt50 {
			m.cpt50 = share
		}
		if sum >= 0.8 && share < m.cpt80 {
			m.cpt80 = share
		}
		if x.need {
			above++
		} else {
			won += above
		}
	}
	m.apgr = area / float64(len(s))
	m.auc = float64(won) / float64(needs) / float64(len(s)-needs)
	return m
}

// interval is the middle 95 % of APGR over resampled prompts.
func interval(all []scored, times int) (low, high float64) {
	rnd := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // chance that must repeat
	got := make([]float64, times)
	sample := make([]scored, len(all))
	for i := range got {
		for j := range sample {
			sample[j] = all[rnd.IntN(len(all))]
		}
		got[i] = measure(sample).apgr
	}
	slices.Sort(got)
	return got[times*25/1000], got[times*975/1000]
}
