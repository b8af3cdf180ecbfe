package main

import (
	"math"
	"slices"
	"time"
)

// quantile of sorted times, in milliseconds; 0 if there are none.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Nanoseconds()) / 1e6
}

// spread is the median of some values and the interval in which, by their number and scatter, the true median is with
// a certainty of 95 %. Below six values that is all of them.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Turns  int     `json:"turns"`
}

func spreadOf(values []float64) spread {
	n := len(values)
	if n == 0 {
		return spread{}
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	// How many values lie below the median is a matter of n tosses of a coin: n/2, give or take 1.96 times √n/2.
	k := max(0, int(float64(n)/2-1.96*math.Sqrt(float64(n))/2))
	return spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[k], High: sorted[n-1-k], Turns: n}
}

// each is f of every turn.
func each(turns []point, f func(*point) float64) []float64 {
	out := make([]float64, len(turns))
	for i := range turns {
		out[i] = f(&turns[i])
	}
	return out
}

// median of f over the turns.
func median(turns []point, f func(*point) float64) float64 { return spreadOf(each(turns, f)).Median }

// paired is f of the turns that a and b, and base if there is one, took right after one another.
func paired(f func(a, b, base *point) float64, a, b, base []point) spread {
	var out []float64
	for i := range min(len(a), len(b)) {
		var z *point
		if i < len(base) {
			z = &base[i]
		}
		out = append(out, f(&a[i], &b[i], z))
	}
	return spreadOf(out)
}

// addedRatio is what ours adds to the p50 of its base, by what the floor adds to the p50 of its own, turn by turn.
func addedRatio(ours, base, floor, floorBase []point) spread {
	var out []float64
	for i := range min(len(ours), len(base), len(floor), len(floorBase)) {
		out = append(out, ratio(ours[i].P50-base[i].P50, floor[i].P50-floorBase[i].P50))
	}
	return spreadOf(out)
}
