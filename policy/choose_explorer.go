package policy

import (
	"fmt"
	"math"

	"github.com/llmroute/llmroute/policy/learn"
)

// explorer is the strategy latency: the lowest expected time to the last byte, of what has been measured.
//
//	seconds  = first byte + rest of the answer + what failures are expected to cost
//	key      = seconds, with the first byte drawn from what it may be (Thompson sampling)
//
// Drawing does three things at once. What is known less gets tried more. What is near the best shares its load, in
// proportion to how sure the difference is. And replicas that share nothing do not all leave one provider for the same
// other at the same moment, which would make both swing: each draws for itself.
//
// A small share of requests goes to what has not been tried lately, and to what has never been.
type explorer struct{}

var _ chooser = explorer{}

const (
	drawn         = 0.7  // of the standard error
	leastSpread   = 0.03 // of the draw, in natural log: near equals share, however well they are known
	limitedSpread = 0.15 // at candidates with a limit on what is under way
	crowdSlope    = 8.0  // in natural log, for each limit's worth above the limit

	idleShare     = 0.01 // of requests, for a candidate as fast as the best and not tried for longIdle
	mostIdleShare = 0.02 // for all of them
	longIdle      = 60.0 // seconds
	mostIdle      = 3.0  // as many longIdles count

	newShare     = 0.05 // for each candidate never measured
	mostNewShare = 0.2  // for all of them
	mostUntold   = 3    // attempts under way at a candidate never measured, beyond which there are no more
)

// failing is a candidate that may fail.
type failing struct {
	mark   int32
	chance float64 // of a failure
	took   float64 // seconds that one takes
}

func (explorer) rank(q *query, live []int32) {
	q.unit = latencyScore{}.unit()
	var bad []failing
	known, best := 0, math.Inf(1)
	for _, i := range live {
		m := &q.marks[i]
		o, ok := q.outlook(m)
		if !ok {
			m.key = math.Inf(1)
			continue
		}
		known++
		m.setScore(o.Seconds())
		best = min(best, m.score)
		m.key = o.Rest + o.FirstByte*exp(drawSpread(&o)*q.rnd.NormFloat64()+crowding(&o))
		if o.FailChance > 0 && !m.is(probe) { // a probe would be wasted if it went by what is known to be so
			bad = append(bad, failing{i, o.FailChance, o.FailTook})
		}
	}
	for _, f := range bad {
		m := &q.marks[f.mark]
		retry := f.chance / (1 - f.chance) * (f.took + best)
		m.score += retry
		m.key += retry
	}
	q.explore(live, known)
}

// drawSpread is the standard deviation of the draw, in natural log. At an arm that has a limit, more is left to chance.
func drawSpread(o *learn.Outlook) float64 {
	if o.Limit > 0 {
		return max(o.Spread, limitedSpread)
	}
	return max(o.Spread*drawn, leastSpread)
}

// crowding makes a candidate dearer, in natural log, that has as much under way as it serves without a line.
func crowding(o *learn.Outlook) float64 {
	if o.Limit == 0 {
		return 0
	}
	return crowdSlope * max(0, float64(o.Busy+1)/o.Limit-1)
}

// exp is e to x, to a thousandth where x is small, as most draws are. It is the dearest step of a decision among many.
func exp(x float64) float64 {
	if x < -0.5 || x > 0.5 {
		return math.Exp(x)
	}
	return 1 + x*(1+x/2*(1+x/3*(1+x/4)))
}

// foremost is the key of what is put first for the sake of knowing.
const foremost = -1

// explore puts a candidate first that decisions would otherwise learn nothing of.
func (q *query) explore(live []int32, known int) {
	switch news := float64(len(live) - known); {
	case known == 0:
		q.tryAny(live)
	case news > 0 && q.rnd.Float64() < min(newShare*news, mostNewShare):
		q.tryNew(live)
	case known > 1:
		q.tryIdle(live)
	}
}

// tryAny shuffles, as nothing has been measured.
func (q *query) tryAny(live []int32) {
	for _, i := range live {
		q.marks[i].key = q.rnd.Float64()
	}
}

// tryNew draws one that has not been measured. It leaves those alone that are being tried already, so that a slow
// answer is not waited for by everyone.
func (q *query) tryNew(live []int32) {
	var pick *mark
	first := math.Inf(1)
	for _, i := range live {
		m := &q.marks[i]
		if m.is(scored) || q.arms[m.id].Busy() >= mostUntold {
			continue
		}
		if x := q.rnd.Float64(); x < first {
			first, pick = x, m
		}
	}
	if pick != nil {
		pick.key = foremost
	}
}

// tryIdle draws one by interest, or leaves all as they are.
func (q *query) tryIdle(live []int32) {
	luck := q.rnd.Float64()
	if luck >= mostIdleShare { // as nearly always: no need to look closer
		return
	}
	best, total := math.Inf(1), 0.0
	for _, i := range live {
		if m := &q.marks[i]; m.is(scored) {
			best = min(best, m.score)
		}
	}
	interests := make([]float64, len(live))
	for k, i := range live {
		interests[k] = q.interest(&q.marks[i], best)
		total += interests[k]
	}
	luck *= total / min(total, mostIdleShare)
	for k, i := range live {
		if luck -= interests[k]; luck < 0 {
			q.marks[i].key = foremost
			return
		}
	}
}

// interest is the share of requests that a candidate gets for the sake of knowing: the more, the longer it has not been tried, and
// the less, the more it would cost.
func (q *query) interest(m *mark, best float64) float64 {
	if !m.is(scored) || m.score <= 0 {
		return 0
	}
	o, _ := q.outlook(m)
	return idleShare * min(mostIdle, o.Idle/longIdle) * best / m.score
}

func (explorer) reason(_ *query, best *mark, of int) string {
	switch {
	case !best.is(scored):
		return fmt.Sprintf("not measured yet, tried first of %d", of)
	case best.key == foremost:
		return fmt.Sprintf("not tried for a while, first of %d at %.2f s", of, best.score)
	}
	return fmt.Sprintf("fastest of %d at %.2f s", of, best.score)
}
