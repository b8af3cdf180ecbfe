package policy

import (
	"fmt"
	"math/rand/v2"
)

// listed keeps the order of the route's, or the client's, list.
type listed struct{}

var _ chooser = listed{}

func (listed) choose(q *query, live []int, _ *rand.Rand) string {
	switch {
	case q.asked && len(q.ids) == 1:
		return "asked for"
	case q.asked && live[0] == 0:
		return fmt.Sprintf("first of %d asked for", len(q.ids))
	case q.asked:
		return fmt.Sprintf("number %d of %d asked for", live[0]+1, len(q.ids))
	case len(live) == 1:
		return onlyOne
	}
	return fmt.Sprintf("first of %d by priority", len(live))
}
