package policy

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// ranked sorts by a score. What has none comes last; equals keep their order.
type ranked struct {
	scorer scorer
	reason func(best *Considered, of int) string
}

var _ chooser = ranked{}

func (r ranked) choose(q *query, live []int, _ *rand.Rand) string {
	q.score(r.scorer, live)
	slices.SortFunc(live, func(a, b int) int { return compareScored(&q.d.Candidates[a], &q.d.Candidates[b], a, b) })
	if len(live) == 1 {
		return onlyOne
	}
	return r.reason(&q.d.Candidates[live[0]], len(live))
}

func (q *query) score(s scorer, live []int) {
	for _, i := range live {
		c := &q.d.Candidates[i]
		if c.Score, c.Scored = s.score(q, c); c.Scored {
			c.Unit = s.unit()
		}
	}
}

func compareScored(a, b *Considered, i, j int) int {
	if a.Scored != b.Scored {
		if a.Scored {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(i, j))
}

func cheapest(best *Considered, of int) string {
	if !best.Scored {
		return fmt.Sprintf("first of %d, none with a known price", of)
	}
	return fmt.Sprintf("cheapest of %d at %s", of, usd(best.Score))
}

func bestKnown(best *Considered, of int) string {
	if !best.Scored {
		return fmt.Sprintf("first of %d, none with a known quality", of)
	}
	return fmt.Sprintf("best of %d at quality %g", of, best.Quality)
}
