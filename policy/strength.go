package policy

import (
	"fmt"
	"math"
	"sync/atomic"
)

// Strength is how strategy quality judged a request that its route asks to judge: whether it needs a strong model.
type Strength struct {
	Complexity, Threshold float64
	Strong                bool     // the best comes first, and not the cheapest
	Share                 *float64 // the route's strong_share; nil: its threshold is fixed
}

// threshold is the complexity from which a route's requests go to the best first.
//
// A fixed one stays. One that keeps a share moves after each request, by a step in the direction that was missed:
//
//	threshold += step · (1 if the request was above it, else 0  −  share)
//
// Summed up over n requests, the steps are the distance that it has gone, which is bounded. So the share that was strong
// is the wanted one but for at most (1 + 2·step) / (step·n), whatever the requests are and in whatever order: many of one
// complexity too, and after a change of traffic (the argument is that of Gibbs and Candès, "Adaptive conformal inference
// under distribution shift", 2021). It begins where the prompts that the classifier was trained with would put it.
type threshold struct {
	share *float64 // nil: fixed
	bits  atomic.Uint64
}

// step moves the threshold by about the width of its own noise: some hundreds of requests lead across the scale, and requests
// alike move it by a hundredth.
const step = 0.005

func newThreshold(above, share *float64) *threshold {
	switch {
	case above != nil:
		t := &threshold{}
		t.bits.Store(math.Float64bits(*above))
		return t
	case share != nil:
		t := &threshold{share: share}
		t.bits.Store(math.Float64bits(usualComplexity(1 - *share)))
		return t
	}
	return nil
}

func (t *threshold) value() float64 { return math.Float64frombits(t.bits.Load()) }

// follow takes in one request. It is safe for concurrent use.
func (t *threshold) follow(strong bool) {
	if t.share == nil {
		return
	}
	move := -step * *t.share
	if strong {
		move += step
	}
	for {
		old := t.bits.Load()
		if t.bits.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+move)) {
			return
		}
	}
}

// Inherit lets r go on where before, the router of an earlier configuration, has come in following the complexity of
// requests. It must be called before r decides.
func (r *Router) Inherit(before *Router) {
	if before == nil {
		return
	}
	for _, rt := range r.routes {
		old := before.byRoute[rt.Name]
		if old == nil || old.threshold == nil || rt.threshold == nil || old.threshold.share == nil || rt.threshold.share == nil {
			continue
		}
		if *old.threshold.share == *rt.threshold.share {
			rt.threshold = old.threshold
		}
	}
}

// byStrength is the strategy quality: the best first. Where the route has a threshold, requests below it go to the cheapest
// first: of what min_quality leaves.
type byStrength struct{}

var _ chooser = byStrength{}

func (byStrength) rank(q *query, live []int32) {
	if !q.judgeStrength() {
		q.score(costScore{}, live)
		return
	}
	q.score(qualityScore{}, live)
}

// judgeStrength reports whether the best comes first.
func (q *query) judgeStrength() bool {
	t := q.route.threshold
	if t == nil {
		return true
	}
	s := &Strength{Complexity: q.f.Complexity(), Threshold: t.value(), Share: t.share}
	s.Strong = s.Complexity >= s.Threshold
	q.d.Strength = s
	if !q.readOnly {
		t.follow(s.Strong)
	}
	return s.Strong
}

func (byStrength) reason(q *query, best *mark, of int) string {
	s := q.d.Strength
	switch {
	case s == nil:
		return bestKnown(best, of)
	case s.Strong:
		return fmt.Sprintf("complexity %.2f reaches %.2f: %s", s.Complexity, s.Threshold, bestKnown(best, of))
	}
	return fmt.Sprintf("complexity %.2f is below %.2f: %s", s.Complexity, s.Threshold, cheapest(best, of))
}

// usualComplexity is the quantile p, 0 to 1, of the complexity of the prompts that the classifier was trained with. At the
// ends it is where every prompt is above, and none.
func usualComplexity(p float64) float64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return 1 + step
	}
	at := p * float64(len(usual)-1)
	i := int(at)
	return usual[i] + (at-float64(i))*(usual[i+1]-usual[i])
}

// usual are the twentieths of that distribution, the least first: of what classify.Read says of the 4,617 exam questions and
// 660 sums that it learned from.
var usual = [...]float64{
	0.058, 0.083, 0.091, 0.096, 0.101, 0.105, 0.111, 0.116, 0.123, 0.130, 0.139,
	0.150, 0.163, 0.183, 0.207, 0.253, 0.352, 0.413, 0.462, 0.520, 0.778,
}
