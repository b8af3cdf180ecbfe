package policy

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// lottery draws by weight without putting back: the first, and then the fallbacks. Models without a weight come last, in
// order. Without any weight, each has the same.
type lottery struct{}

var _ chooser = lottery{}

func (lottery) choose(q *query, live []int, rnd *rand.Rand) string {
	total := 0.0
	for _, i := range live {
		total += q.weight(i)
	}
	// Drawing one after another without putting back is the same as sorting by these keys
	// (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
	keys := make([]float64, len(q.ids))
	for _, i := range live {
		w := q.weight(i)
		if total == 0 {
			w = 1
		}
		keys[i] = rnd.ExpFloat64() / w // +Inf for no weight
	}
	slices.SortFunc(live, func(a, b int) int { return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(a, b)) })
	switch {
	case len(live) == 1:
		return onlyOne
	case total == 0:
		return fmt.Sprintf("drawn from %d without weights", len(live))
	}
	return fmt.Sprintf("weighted %.0f %% of %d", math.Round(100*q.weight(live[0])/total), len(live))
}

func (q *query) weight(i int) float64 {
	if i >= len(q.weights) {
		return 0
	}
	return q.weights[i]
}
