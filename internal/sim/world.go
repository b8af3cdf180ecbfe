package main

import (
	"math"
	"math/rand/v2"
)

// provider is one simulated provider. Times are in seconds.
type provider struct {
	name    string
	median  float64                 // time to the first byte of a short prompt, unloaded
	sigma   float64                 // of its logarithm
	perKilo float64                 // what 1,000 tokens of prompt add, as a share of median
	token   float64                 // seconds a token of the answer
	slots   int                     // requests that are served at once, others wait in line; 0: no bound
	slower  func(t float64) float64 // factor on all times; nil: 1
	trouble func(t float64) trouble // nil: none
}

// trouble is how a provider fails at a time.
type trouble struct {
	chance     float64 // that an attempt fails
	status     int     // 0: no connection
	took       float64 // seconds until it does
	retryAfter float64 // seconds; 0: not said
}

func (p *provider) factor(t float64) float64 {
	if p.slower == nil {
		return 1
	}
	return p.slower(t)
}

func (p *provider) troubleAt(t float64) trouble {
	if p.trouble == nil {
		return trouble{}
	}
	return p.trouble(t)
}

// expected is the mean time to the first byte at t, unloaded.
func (p *provider) expected(t float64, r *request) float64 {
	return p.factor(t) * p.median * p.size(r) * math.Exp(p.sigma*p.sigma/2)
}

func (p *provider) size(r *request) float64 { return 1 + p.perKilo*float64(r.input)/1000 }

// request is one request, whoever routes it.
type request struct {
	id, replica   int
	at            float64
	input, output int
	luck          []luck // by provider
}

// luck is what a request will meet at a provider.
type luck struct {
	first float64 // standard normal
	speed float64 // factor on the time a token takes
	fail  float64 // 0 to 1; below the provider's chance it fails
}

// arrivals draws the requests of a trace.
func arrivals(tr *trace, seed uint64) []request {
	rnd := rand.New(rand.NewPCG(seed, 77))
	var all []request
	for t := rnd.ExpFloat64() / tr.rate; t < tr.length; t += rnd.ExpFloat64() / tr.rate {
		r := request{
			id: len(all), replica: rnd.IntN(tr.replicas), at: t,
			input:  int(math.Min(60_000, 700*math.Exp(1.1*rnd.NormFloat64()))) + 1,
			output: int(math.Min(4_000, 120*math.Exp(0.7*rnd.NormFloat64()))) + 1,
			luck:   make([]luck, len(tr.providers)),
		}
		for i := range r.luck {
			r.luck[i] = luck{rnd.NormFloat64(), math.Exp(0.12 * rnd.NormFloat64()), rnd.Float64()}
		}
		all = append(all, r)
	}
	return all
}
