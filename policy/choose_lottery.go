package policy

import (
	"fmt"
	"math"
)

// lottery draws by weight without putting back: the first, and then the fallbacks. Models without a weight come last, in
// order. Without any weight, each has the same. With session affinity, the session draws, the same on every turn.
type lottery struct{}

var _ chooser = lottery{}

// rank makes keys such that sorting by them is the same as drawing one after another without putting back
// (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
func (lottery) rank(q *query, live []int32) {
	total := 0.0
	for _, i := range live {
		total += q.weight(i)
	}
	session := ""
	if q.route.Affinity {
		session = q.f.Session()
	}
	for _, i := range live {
		m := &q.marks[i]
		w := q.weight(i)
		m.score = w / total // the share; not shown
		if total == 0 {
			w = 1
		}
		draw := q.rnd.ExpFloat64()
		if session != "" {
			draw = exponential(lot(session, q.candidates[m.id]))
		}
		m.key = draw / w // +Inf for no weight
	}
}

func (lottery) reason(_ *query, best *mark, of int) string {
	if math.IsNaN(best.score) {
		return fmt.Sprintf("drawn from %d without weights", of)
	}
	return fmt.Sprintf("weighted %.0f %% of %d", math.Round(100*best.score), of)
}

func (q *query) weight(i int32) float64 {
	if int(i) >= len(q.weights) {
		return 0
	}
	return q.weights[i]
}
