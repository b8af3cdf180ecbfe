package policy

// filter decides whether a candidate may serve the request at all. It rules first and words its ruling only when
// someone asks, since most rulings are never read.
type filter interface {
	name() string
	// applies reports whether the filter could refuse anything for this request; if not, it is passed over.
	applies(q *query) bool
	allow(q *query, m *mark) ruling
	// why words what allow ruled, as a reason that an operator can act on. It is only called where allow did not keep.
	why(q *query, m *mark) Verdict
}

// ruling is what a filter makes of a candidate.
type ruling uint8

const (
	kept ruling = iota
	// doubted only counts if another candidate passes every filter without doubt: what is not known to fail is
	// better than nothing.
	doubted
	refused
)

// The names of filters, as Verdict.Filter has them.
const (
	filterOperation  = "operation"
	filterPolicy     = "policy"
	filterCapability = "capability"
	filterContext    = "context_window"
	filterQuality    = "quality"
	filterCost       = "cost"
	filterLatency    = "latency"
	filterBudget     = "budget"
	filterHealth     = "health"
)

// filters are all filters, in order; the first refusal is what the record shows.
var filters = [...]filter{
	operationFilter{},
	policyFilter{},
	capabilityFilter{},
	contextFilter{},
	qualityFilter{},
	costFilter{},
	latencyFilter{},
	budgetFilter{},
	healthFilter{}, // speaks of this minute, all above of the request: it has its own step, query.fit
}

// refuse makes a Verdict; the loop adds the filter's name.
func refuse(reason string) Verdict { return Verdict{Reason: reason} }

// mark is one candidate on its way through the steps, without any words, and small: there may be a thousand.
// Considered is the same for people.
type mark struct {
	usd   float64 // expected; -1: unknown; see query.costOf
	score float64 // lower is better
	key   float64 // the order: lower comes first
	id    int32   // in Router.candidates
	rank  int16   // in the plan, from 1; 0: not in it

	refusedBy, doubtedBy uint8 // 1 + the index in filters; 0: none
	flags                flags
}

type flags uint8

const (
	outdone flags = 1 << iota // refused only since others are better known to fit
	scored
	costed // mark.usd is there
	down
	probe   // of those that are down: it may be tried, to see whether it still is
	proving // it is the one that is tried so
	late    // not well: behind all that are
	home    // where the conversation stays
)

func (m *mark) is(f flags) bool { return m.flags&f != 0 }

// setScore notes a score, which is also the key.
func (m *mark) setScore(score float64) {
	m.score, m.key = score, score
	m.flags |= scored
}

// consider lists the candidates.
func (q *query) consider() {
	if q.route.Require != 0 {
		q.require = append(q.require, requirement{q.route.Require, ""})
	}
	q.need = q.f.Needs
	for _, r := range q.require {
		q.need |= r.need
	}
	q.rulings = q.operations[q.f.Op]
	q.marks = make([]mark, len(q.ids))
	for i, id := range q.ids {
		q.marks[i].id = int32(id)
	}
}

// filter returns the indexes of the marks that stay, in order.
func (q *query) filter() []int32 {
	var active [len(filters)]uint8
	n := 0
	for k, f := range filters {
		if f.applies(q) {
			active[n] = uint8(k)
			n++
		}
	}
	live := make([]int32, 0, len(q.marks))
	certain := false
	for i := range q.marks {
		m := &q.marks[i]
		q.judge(m, active[:n])
		if m.refusedBy != 0 {
			continue
		}
		live = append(live, int32(i))
		certain = certain || m.doubtedBy == 0
	}
	if certain {
		live = q.sieve(live)
	}
	return q.fit(q.afford(live))
}

func (q *query) judge(m *mark, active []uint8) {
	for _, k := range active {
		switch filters[k].allow(q, m) {
		case kept:
		case doubted:
			if m.doubtedBy == 0 {
				m.doubtedBy = k + 1
			}
		case refused:
			m.refusedBy = k + 1
			return
		}
	}
}

// sieve takes out the doubted, one candidate without doubt being there.
func (q *query) sieve(live []int32) []int32 {
	sure := live[:0]
	for _, i := range live {
		m := &q.marks[i]
		if m.doubtedBy == 0 {
			sure = append(sure, i)
			continue
		}
		m.refusedBy = m.doubtedBy
		m.flags |= outdone
	}
	return sure
}

// considered words the marks.
func (q *query) considered() []Considered {
	out := make([]Considered, len(q.marks))
	for i := range q.marks {
		m := &q.marks[i]
		c := Considered{Candidate: q.candidates[m.id], Rank: int(m.rank), ExpectedUSD: q.costOf(m), id: int(m.id)}
		if m.is(scored) {
			c.Score, c.Scored, c.Unit = m.score, true, q.unit
		}
		switch {
		case m.refusedBy != 0:
			f := filters[m.refusedBy-1]
			c.Refused = f.why(q, m)
			c.Refused.Filter = f.name()
			if m.is(outdone) {
				c.Refused.Reason += ", others are better known to fit"
			}
		case m.doubtedBy != 0:
			c.Note = filters[m.doubtedBy-1].why(q, m).Reason + "; kept, as no other is better known to fit"
		case m.is(proving):
			c.Note = whyProbe
		case m.is(late):
			c.Note = whyLate
		default:
			c.Note = costFilter{}.note(q, m)
		}
		out[i] = c
	}
	return out
}
