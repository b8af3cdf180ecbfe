package policy

import (
	"fmt"
	"math"
	"strconv"
)

// ranked sorts by a score. What has none comes last; equals keep their order.
type ranked struct {
	scorer scorer
	words  func(best *mark, of int) string
}

var _ chooser = ranked{}

func (r ranked) rank(q *query, live []int32) { q.score(r.scorer, live) }

func (r ranked) reason(_ *query, best *mark, of int) string { return r.words(best, of) }

// score scores live, and makes the score the key.
func (q *query) score(s scorer, live []int32) {
	q.unit = s.unit()
	for _, i := range live {
		m := &q.marks[i]
		m.flags &^= scored
		m.key = math.Inf(1)
		if dear, ok := s.score(q, m); ok {
			m.setScore(dear)
		}
	}
}

func cheapest(best *mark, of int) string {
	if !best.is(scored) {
		return fmt.Sprintf("first of %d, none with a known price", of)
	}
	return "cheapest of " + strconv.Itoa(of) + " at " + usd(best.score) // of each request by the strategy cost: Sprintf takes twice as long
}

func bestKnown(best *mark, of int) string {
	if !best.is(scored) {
		return fmt.Sprintf("first of %d, none with a known quality", of)
	}
	return fmt.Sprintf("best of %d at quality %g", of, math.Round((1-best.score)*1e9)/1e9)
}
