package policy

import (
	"fmt"
	"math"
	"strings"
)

// balancer adds up cost, latency and quality by the route's weights. Each part is brought to 0 for the best
// and 1 for the worst candidate that is left; one whose part is not known counts as the worst, and a part that
// is known of none, or is the same for all, decides nothing.
type balancer struct{}

var _ chooser = balancer{}

// part is one of those that are added up.
type part struct {
	name   string
	weight float64
	scorer scorer
}

func (q *query) parts() [3]part {
	b := q.route.Balance
	if b == (Balance{}) {
		b = Balance{1, 1, 1}
	}
	return [...]part{{"cost", b.Cost, costScore{}}, {"latency", b.Latency, latencyScore{}}, {"quality", b.Quality, qualityScore{}}}
}

func (balancer) rank(q *query, live []int32) {
	sums := make([]float64, len(q.marks))
	total := 0.0
	for k, part := range q.parts() {
		if part.weight == 0 {
			continue
		}
		q.score(part.scorer, live)
		low, high, known := q.spanOf(live)
		total += part.weight
		if known == 0 {
			continue
		}
		q.counted |= 1 << k
		for _, i := range live {
			m := &q.marks[i]
			switch {
			case !m.is(scored):
				sums[i] += part.weight
			case high > low:
				sums[i] += part.weight * (m.score - low) / (high - low)
			}
		}
	}
	q.unit = "balance"
	for _, i := range live {
		m := &q.marks[i]
		m.setScore(sums[i] / total)
	}
}

func (balancer) reason(q *query, _ *mark, of int) string {
	var counted []string
	for k, part := range q.parts() {
		if q.counted&(1<<k) != 0 {
			counted = append(counted, part.name)
		}
	}
	if len(counted) == 0 {
		return fmt.Sprintf("first of %d, nothing known to balance", of)
	}
	return fmt.Sprintf("best of %d by %s", of, strings.Join(counted, " and "))
}

// spanOf is the range of the known scores.
func (q *query) spanOf(live []int32) (low, high float64, known int) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, i := range live {
		if m := &q.marks[i]; m.is(scored) {
			low, high = min(low, m.score), max(high, m.score)
			known++
		}
	}
	return low, high, known
}
