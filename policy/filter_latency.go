package policy

import (
	"fmt"
	"time"
)

// latencyFilter keeps what is expected to begin its answer within the route's ceiling. What has not been measured passes.
//
// A candidate that is too slow gets no requests, and so nobody learns when it is faster again. So once the last measurement is
// old, one request at a time may go there.
type latencyFilter struct{}

var _ filter = latencyFilter{}

// staleAfter is when a measurement no longer refuses a candidate.
const staleAfter = 2 * time.Minute

func (latencyFilter) name() string { return filterLatency }

func (latencyFilter) applies(q *query) bool { return q.route.MaxTTFT > 0 && q.arms != nil }

func (latencyFilter) allow(q *query, m *mark) ruling {
	o, measured := q.outlook(m)
	switch {
	case !measured || o.FirstByte <= q.route.MaxTTFT.Seconds():
		return kept
	case o.Idle > staleAfter.Seconds() && q.claim(m):
		return kept
	}
	return refused
}

func (latencyFilter) why(q *query, m *mark) Verdict {
	o, _ := q.outlook(m)
	what := "the first byte"
	if p := q.route.Percentile; p > 0 {
		what = fmt.Sprintf("the first byte (percentile %g)", p)
	}
	return refuse(fmt.Sprintf("expected to take %.2f s to %s, and route %s allows %g s", o.FirstByte, what, q.route.Name, q.route.MaxTTFT.Seconds()))
}
