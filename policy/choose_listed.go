package policy

import "fmt"

// listed keeps the order of the route's, or the client's, list.
type listed struct{}

var _ chooser = listed{}

func (listed) rank(q *query, live []int32) {
	for _, i := range live {
		q.marks[i].key = float64(i)
	}
}

func (listed) reason(q *query, best *mark, of int) string {
	switch place := int(best.key) + 1; {
	case q.asked && len(q.ids) == 1:
		return "asked for"
	case q.asked && place == 1:
		return fmt.Sprintf("first of %d asked for", len(q.ids))
	case q.asked:
		return fmt.Sprintf("number %d of %d asked for", place, len(q.ids))
	}
	return fmt.Sprintf("first of %d by priority", of)
}
