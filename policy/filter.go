package policy

// filter decides whether a candidate may serve the request at all.
type filter interface {
	name() string
	// allow refuses with a reason that an operator can act on. With doubt, the refusal only counts if another
	// candidate passes every filter without doubt: what is not known to fail is better than nothing.
	allow(q *query, c *Considered) (v Verdict, doubt bool)
}

// The names of filters, as Verdict.Filter has them.
const (
	filterOperation  = "operation"
	filterPolicy     = "policy"
	filterCapability = "capability"
	filterContext    = "context_window"
	filterQuality    = "quality"
	filterCost       = "cost"
)

// filters are all filters, in order; the first refusal is what the record shows.
var filters = [...]filter{
	operationFilter{},
	policyFilter{},
	capabilityFilter{},
	contextFilter{},
	qualityFilter{},
	costFilter{},
	// Health belongs here: it speaks of this minute, all above of the request.
}

// refuse makes a Verdict; the loop adds the filter's name.
func refuse(reason string) Verdict { return Verdict{Reason: reason} }

// consider lists the candidates, with what each is expected to cost.
func (q *query) consider() {
	if q.route.Require != 0 {
		q.require = append(q.require, requirement{q.route.Require, ""})
	}
	q.d.Candidates = make([]Considered, len(q.ids))
	for i, id := range q.ids {
		c := q.candidates[id]
		q.d.Candidates[i] = Considered{Candidate: c, id: id, ExpectedUSD: q.expectedUSD(c)}
	}
}

// filter returns the indexes of the candidates that stay, in the order of Decision.Candidates.
func (q *query) filter() []int {
	live := make([]int, 0, len(q.ids))
	certain := false
	for i := range q.d.Candidates {
		c := &q.d.Candidates[i]
		q.judge(c)
		if c.Refused.Refused() {
			continue
		}
		live = append(live, i)
		certain = certain || !c.doubt.Refused()
	}
	sure := live[:0]
	for _, i := range live {
		c := &q.d.Candidates[i]
		switch {
		case !c.doubt.Refused():
			sure = append(sure, i)
		case certain:
			c.Refused = c.doubt
			c.Refused.Reason += ", others are better known to fit"
		default:
			sure = append(sure, i)
			c.Note = c.doubt.Reason + "; kept, as no other is better known to fit"
		}
	}
	return sure
}

func (q *query) judge(c *Considered) {
	for _, f := range filters {
		v, doubt := f.allow(q, c)
		switch {
		case v.Reason == "":
		case doubt:
			if !c.doubt.Refused() {
				v.Filter = f.name()
				c.doubt = v
			}
		default:
			v.Filter = f.name()
			c.Refused = v
			return
		}
	}
}
