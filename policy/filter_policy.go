package policy

// policyFilter holds every candidate against what the matching policies allow, deny and pay for models.
type policyFilter struct{}

var _ filter = policyFilter{}

func (policyFilter) name() string { return filterPolicy }

func (policyFilter) allow(q *query, c *Considered) (Verdict, bool) {
	if !q.denied.has(c.id) {
		return Verdict{}, false
	}
	for _, p := range q.policies {
		if p.refuses.has(c.id) {
			return p.verdicts[c.id], false
		}
	}
	return Verdict{}, false
}
