package policy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// balancer adds up cost, latency and quality by the route's weights. Each part is brought to 0 for the best
// and 1 for the worst candidate that is left; one whose part is not known counts as the worst, and a part that
// is known of none, or is the same for all, decides nothing.
type balancer struct{}

var _ chooser = balancer{}

func (balancer) choose(q *query, live []int, _ *rand.Rand) string {
	b := q.route.Balance
	if b == (Balance{}) {
		b = Balance{1, 1, 1}
	}
	parts := [...]struct {
		name   string
		weight float64
		scorer scorer
	}{
		{"cost", b.Cost, costScore{}}, {"latency", b.Latency, latencyScore{}}, {"quality", b.Quality, qualityScore{}},
	}
	sums := make([]float64, len(q.ids))
	total := 0.0
	var counted []string
	for _, part := range parts {
		if part.weight == 0 {
			continue
		}
		q.score(part.scorer, live)
		low, high, known := q.spanOf(live)
		total += part.weight
		if known == 0 {
			continue
		}
		counted = append(counted, part.name)
		for _, i := range live {
			c := &q.d.Candidates[i]
			switch {
			case !c.Scored:
				sums[i] += part.weight
			case high > low:
				sums[i] += part.weight * (c.Score - low) / (high - low)
			}
		}
	}
	for _, i := range live {
		c := &q.d.Candidates[i]
		c.Score, c.Scored, c.Unit = sums[i]/total, true, "balance"
	}
	slices.SortFunc(live, func(a, b int) int { return compareScored(&q.d.Candidates[a], &q.d.Candidates[b], a, b) })
	switch {
	case len(live) == 1:
		return onlyOne
	case len(counted) == 0:
		return fmt.Sprintf("first of %d, nothing known to balance", len(live))
	}
	return fmt.Sprintf("best of %d by %s", len(live), strings.Join(counted, " and "))
}

// spanOf is the range of the known scores.
func (q *query) spanOf(live []int) (low, high float64, known int) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, i := range live {
		if c := &q.d.Candidates[i]; c.Scored {
			low, high = min(low, c.Score), max(high, c.Score)
			known++
		}
	}
	return low, high, known
}
