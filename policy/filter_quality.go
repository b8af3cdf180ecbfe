package policy

import "fmt"

// qualityFilter keeps what is as good as the route demands, or not known to be worse.
type qualityFilter struct{}

var _ filter = qualityFilter{}

func (qualityFilter) name() string          { return filterQuality }
func (qualityFilter) applies(q *query) bool { return q.route.MinQuality > 0 }

func (qualityFilter) allow(q *query, m *mark) ruling {
	if t := &q.traits[m.id]; t.qualityKnown && t.quality < q.route.MinQuality {
		return refused
	}
	return kept
}

func (qualityFilter) why(q *query, m *mark) Verdict {
	return refuse(fmt.Sprintf("quality %g is below the %g that route %s demands", q.traits[m.id].quality, q.route.MinQuality, q.route.Name))
}
