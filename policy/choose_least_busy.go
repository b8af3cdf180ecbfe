package policy

import "fmt"

// leastBusy takes the candidate with the fewest requests of this process under way; of equals, which idle ones are, one
// at random, so that several processes do not all take the first.
type leastBusy struct{}

var _ chooser = leastBusy{}

func (leastBusy) rank(q *query, live []int32) {
	q.unit = "under way"
	for _, i := range live {
		m := &q.marks[i]
		if q.arms != nil && q.seen.Trusted() {
			m.setScore(float64(q.arms[m.id].Busy()))
		}
		m.key = m.score + q.rnd.Float64()
	}
}

func (leastBusy) reason(_ *query, best *mark, of int) string {
	if !best.is(scored) {
		return fmt.Sprintf("drawn from %d, nothing known to be under way", of)
	}
	return fmt.Sprintf("least busy of %d with %.0f under way", of, best.score)
}
