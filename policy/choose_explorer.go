package policy

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// explorer sorts by a measured score. What has not been measured comes first, in random order, so that it will be.
type explorer struct{ scorer scorer }

var _ chooser = explorer{}

func (e explorer) choose(q *query, live []int, rnd *rand.Rand) string {
	q.score(e.scorer, live)
	rnd.Shuffle(len(live), func(i, j int) { live[i], live[j] = live[j], live[i] })
	slices.SortStableFunc(live, func(i, j int) int {
		a, b := &q.d.Candidates[i], &q.d.Candidates[j]
		switch {
		case !a.Scored && !b.Scored:
			return 0
		case a.Scored != b.Scored && a.Scored:
			return 1
		case a.Scored != b.Scored:
			return -1
		}
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(i, j))
	})
	best := &q.d.Candidates[live[0]]
	switch {
	case len(live) == 1:
		return onlyOne
	case !best.Scored:
		return fmt.Sprintf("not measured yet, tried first of %d", len(live))
	}
	return fmt.Sprintf("fastest of %d at %.2f %s", len(live), best.Score, best.Unit)
}
