package policy

import "fmt"

// qualityFilter keeps what is as good as the route demands, or not known to be worse.
type qualityFilter struct{}

var _ filter = qualityFilter{}

func (qualityFilter) name() string { return filterQuality }

func (qualityFilter) allow(q *query, c *Considered) (Verdict, bool) {
	least := q.route.MinQuality
	if least == 0 || !c.QualityKnown || c.Quality >= least {
		return Verdict{}, false
	}
	return refuse(fmt.Sprintf("quality %g is below the %g that route %s demands", c.Quality, least, q.route.Name)), false
}
