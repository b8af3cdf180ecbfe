package status

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/internal/usage"
)

// The page shows the last half hour in steps.
const (
	step  = 30 * time.Second
	steps = 60
)

// tally sums up requests.
type tally struct {
	requests, failed int64
	tokens           usage.Tokens
	cost             decimal.Decimal
	unpriced         int64
}

func (t *tally) add(r *usage.Record) {
	t.requests++
	if r.Status >= 400 || r.Status == 0 && !r.Answered() {
		t.failed++
	}
	t.tokens.Input += r.Tokens.Input
	t.tokens.Cached += r.Tokens.Cached
	t.tokens.CacheWrite += r.Tokens.CacheWrite
	t.tokens.Output += r.Tokens.Output
	t.tokens.Reasoning += r.Tokens.Reasoning
	if r.Priced {
		t.cost = t.cost.Add(r.CostUSD)
	} else if r.Tokens.Total() > 0 {
		t.unpriced++
	}
}

// series is a tally, and the last half hour of it.
type series struct {
	tally
	ring [steps]slot
}

// slot is one step.
type slot struct {
	at               int64 // number of the step since 1970
	requests, failed int64
	first            *sketch // times to the first byte of streams, in seconds; nil: none
	speed            float64 // sum of tokens a second
	speeds           int64   // how many
}

func (s *series) slot(now time.Time) *slot {
	at := now.UnixNano() / int64(step)
	out := &s.ring[at%steps]
	if out.at != at {
		*out = slot{at: at}
	}
	return out
}

func (s *series) add(r *usage.Record, now time.Time) {
	s.tally.add(r)
	x := s.slot(now)
	x.requests++
	if r.Status >= 400 || r.Status == 0 && !r.Answered() {
		x.failed++
		return
	}
	if !r.Stream || r.FirstByte <= 0 || len(r.Failed) > 0 { // else it is not the time to a first token of this model
		return
	}
	if x.first == nil {
		x.first = &sketch{}
	}
	x.first.add(r.FirstByte.Seconds())
	if rest := (r.Elapsed - r.FirstByte).Seconds(); rest > 0.01 && r.Tokens.Output >= 16 && r.Source == usage.SourceReported {
		x.speed += float64(r.Tokens.Output) / rest
		x.speeds++
	}
}

// fail notes an attempt that failed before another answered.
func (s *series) fail(now time.Time) {
	x := s.slot(now)
	x.requests++
	x.failed++
}

// sketch counts values in buckets that are a fifth of an octave wide, so that quantiles are right to 7 %.
type sketch struct {
	count   int64
	buckets [buckets]int32
}

const (
	buckets   = 110
	perOctave = 5
	smallest  = 0.0005 // seconds
)

func (s *sketch) add(x float64) {
	i := 0
	if x > smallest {
		i = min(buckets-1, 1+int(math.Log2(x/smallest)*perOctave))
	}
	s.buckets[i]++
	s.count++
}

func (s *sketch) merge(o *sketch) {
	if o == nil {
		return
	}
	s.count += o.count
	for i, n := range o.buckets {
		s.buckets[i] += n
	}
}

// quantile is 0 if there are no values.
func (s *sketch) quantile(q float64) float64 {
	if s == nil || s.count == 0 {
		return 0
	}
	rank := int64(math.Ceil(q * float64(s.count)))
	var seen int64
	for i, n := range s.buckets {
		if seen += int64(n); seen >= rank {
			return short(smallest * math.Exp2((float64(i)-0.5)/perOctave))
		}
	}
	return 0
}

// short keeps three digits, which is more than is known.
func short(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
