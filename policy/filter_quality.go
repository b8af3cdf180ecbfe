package policy

import "fmt"

// qualityFilter keeps what is as good as the route demands, or not known to be worse.
type qualityFilter struct{}

var _ filter = qualityFilter{}

func (qualityFilter) name() string          { return filterQuality }
func (qualityFilter) applies(q *query) bool { return q.route.MinQuality > 0 }

func (qualityFilter) allow(q *query, m *mark) ruling {
	if quality, known := q.qualityOf(m); known && quality < q.route.MinQuality {
		return refused
	}
	return kept
}

func (qualityFilter) why(q *query, m *mark) Verdict {
	quality, _ := q.qualityOf(m)
	what := "quality"
	if _, byTask := q.traits[m.id].taskQuality[q.f.Task()]; byTask {
		what = "quality for " + q.f.Task()
	}
	return refuse(fmt.Sprintf("%s %g is below the %g that route %s demands", what, quality, q.route.MinQuality, q.route.Name))
}
