package main

import (
	"math"
	"slices"
)

// result is how a way to choose did in a trace.
type result struct {
	mean, p50, p99 float64   // seconds to the first byte
	firstFails     float64   // share of requests whose first attempt failed, while a provider is down if the trace is about that
	slowShare      float64   // of requests while a provider is slow, past the first 5 s: the share that went to it
	back           float64   // seconds after a provider that was down is well until it serves a first attempt
	lost           int       // requests of which every attempt failed
	shares         []float64 // of first attempts, by provider
}

// settle is how long after a provider slows requests may still go to it.
const settle = 5.0

func measure(tr *trace, out []served) result {
	r := result{shares: make([]float64, len(tr.providers))}
	var times []float64
	fails, attempted, slow, ofSlow := 0, 0, 0, 0
	r.back = math.NaN()
	for _, s := range out {
		if s.at < tr.warm {
			continue
		}
		if math.IsNaN(s.firstByte) {
			r.lost++
			continue
		}
		times = append(times, s.firstByte)
		r.shares[s.to]++
		r.mean += s.firstByte
		if t := tr.target; t.down > 0 && s.at >= t.until && s.to == t.down-1 && math.IsNaN(r.back) {
			r.back = s.at + s.firstByte - t.until
		}
		if t := tr.target; t.firstFails == 0 && t.down == 0 || s.at >= t.from && s.at < t.until {
			attempted++
			if s.failed {
				fails++
			}
		}
		if t := tr.target; t.slow > 0 && s.at >= t.from+settle && s.at < t.until {
			ofSlow++
			if s.to == t.slow-1 {
				slow++
			}
		}
	}
	n := float64(len(times))
	for i := range r.shares {
		r.shares[i] /= n
	}
	slices.Sort(times)
	r.mean /= n
	r.p50, r.p99 = times[len(times)/2], times[len(times)*99/100]
	r.firstFails = float64(fails) / float64(attempted)
	if ofSlow > 0 {
		r.slowShare = float64(slow) / float64(ofSlow)
	}
	return r
}

// average is the mean of the results of several seeds.
func average(all []result) result {
	sum := result{shares: make([]float64, len(all[0].shares))}
	for _, r := range all {
		sum.mean += r.mean
		sum.p50 += r.p50
		sum.p99 += r.p99
		sum.firstFails += r.firstFails
		sum.slowShare += r.slowShare
		sum.back = max(sum.back, r.back)
		sum.lost += r.lost
		for i, x := range r.shares {
			sum.shares[i] += x / float64(len(all))
		}
	}
	n := float64(len(all))
	sum.mean /= n
	sum.p50 /= n
	sum.p99 /= n
	sum.firstFails /= n
	sum.slowShare /= n
	return sum
}
