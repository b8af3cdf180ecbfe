package main

import "math"

// trace is a world and what is asked of it.
type trace struct {
	name, title string
	providers   []provider
	rate        float64 // requests a second, of all replicas together
	length      float64 // seconds
	warm        float64 // what is before it does not count
	replicas    int
	target      target
}

// target is what the project asks of its own strategy in a trace; zero fields ask nothing.
type target struct {
	mean       float64 // at most so many times the oracle's mean time to the first byte
	slow       int     // 1 + the provider that slows
	from       float64 // when it does, or fails
	until      float64
	split      float64 // p99 at most so many times that of the best fixed split
	down       int     // 1 + the provider that is down from from until until
	back       float64 // at most so many seconds after that it serves again
	firstFails float64 // less than this share of requests between from and until pay a failed first attempt
}

const tokenTime = 1.0 / 80

func plain(name string, median float64) provider {
	return provider{name: name, median: median, sigma: 0.4, perKilo: 0.05, token: tokenTime}
}

// traces are the worlds, in the order of the tables.
func traces() []trace {
	return []trace{
		stationary(), drift(), slowdown(), brownout(), outage(), lull(), capacity(), coldStart(),
	}
}

func stationary() trace {
	return trace{
		name: "stationary", title: "five providers that do not change",
		providers: []provider{plain("a", 0.40), plain("b", 0.46), plain("c", 0.62), plain("d", 0.90), plain("e", 1.60)},
		rate:      20, length: 900, warm: 60, replicas: 1, target: target{mean: 1.10},
	}
}

// wave is a factor that swings between 1/depth and depth.
func wave(depth, period, phase float64) func(float64) float64 {
	return func(t float64) float64 { return math.Pow(depth, math.Sin(2*math.Pi*(t/period+phase))) }
}

func drift() trace {
	tr := trace{
		name: "drift", title: "five providers that drift past each other, each by a factor of 4 in minutes",
		providers: []provider{plain("a", 0.50), plain("b", 0.55), plain("c", 0.60), plain("d", 0.70), plain("e", 0.80)},
		rate:      20, length: 1200, warm: 60, replicas: 1, target: target{mean: 1.20},
	}
	for i, period := range []float64{300, 420, 360, 540, 480} {
		tr.providers[i].slower = wave(2, period, float64(i)/5)
	}
	return tr
}

func between(from, until, inside float64) func(float64) float64 {
	return func(t float64) float64 {
		if t >= from && t < until {
			return inside
		}
		return 1
	}
}

func slowdown() trace {
	tr := trace{
		name: "slowdown", title: "the fastest of four turns 10 times slower for 5 minutes",
		providers: []provider{plain("a", 0.40), plain("b", 0.55), plain("c", 0.70), plain("d", 0.90)},
		rate:      20, length: 900, warm: 60, replicas: 1,
		target: target{mean: 1.20, slow: 1, from: 300, until: 600},
	}
	tr.providers[0].slower = between(300, 600, 10)
	return tr
}

func brownout() trace {
	tr := trace{
		name: "brownout", title: "the fastest of four answers 429 to most requests, three times for a minute, twice with retry-after",
		providers: []provider{plain("a", 0.40), plain("b", 0.50), plain("c", 0.65), plain("d", 0.90)},
		rate:      20, length: 900, warm: 60, replicas: 1, target: target{mean: 1.20},
	}
	tr.providers[0].trouble = func(t float64) trouble {
		switch {
		case t >= 150 && t < 210:
			return trouble{chance: 0.7, status: 429, took: 0.15, retryAfter: 5}
		case t >= 400 && t < 460:
			return trouble{chance: 0.7, status: 429, took: 0.15}
		case t >= 650 && t < 710:
			return trouble{chance: 0.9, status: 429, took: 0.15, retryAfter: 20}
		}
		return trouble{}
	}
	return tr
}

func outage() trace {
	tr := trace{
		name: "outage", title: "the fastest of three is down for 5 minutes",
		providers: []provider{plain("a", 0.40), plain("b", 0.55), plain("c", 0.80)},
		rate:      20, length: 900, warm: 60, replicas: 1, target: target{mean: 1.20, firstFails: 0.01, from: 300, until: 600},
	}
	tr.providers[0].trouble = failing(300, 600)
	return tr
}

// failing is a provider that is down.
func failing(from, until float64) func(float64) trouble {
	return func(t float64) trouble {
		if t >= from && t < until {
			return trouble{chance: 1, status: 503, took: 0.2}
		}
		return trouble{}
	}
}

// lull is outage with few requests, where probes are a larger share of them, and each that does not come delays the return.
func lull() trace {
	tr := trace{
		name: "lull", title: "the fastest of three is down for 5 minutes, with one request a second",
		providers: []provider{plain("a", 0.40), plain("b", 0.55), plain("c", 0.80)},
		rate:      1, length: 1500, warm: 120, replicas: 1, target: target{mean: 1.20, down: 1, from: 600, until: 900, back: 20},
	}
	tr.providers[0].trouble = failing(600, 900)
	return tr
}

func capacity() trace {
	tr := trace{
		name: "capacity", title: "three providers that serve few at once, under 8 replicas that share nothing",
		providers: []provider{plain("a", 0.30), plain("b", 0.45), plain("c", 0.60)},
		rate:      48, length: 600, warm: 60, replicas: 8, target: target{split: 1.3},
	}
	for i, slots := range []int{30, 60, 90} {
		tr.providers[i].slots = slots
	}
	return tr
}

func coldStart() trace {
	return trace{
		name: "cold start", title: "ten providers of which nothing is known, the first two minutes",
		providers: []provider{
			plain("a", 0.40), plain("b", 0.50), plain("c", 0.60), plain("d", 0.80), plain("e", 1.00),
			plain("f", 1.30), plain("g", 1.70), plain("h", 2.20), plain("i", 3.00), plain("j", 5.00),
		},
		rate: 10, length: 120, replicas: 1, target: target{mean: 1.20},
	}
}
