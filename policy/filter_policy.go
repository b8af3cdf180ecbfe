package policy

// policyFilter holds every candidate against what the matching policies allow, deny and pay for models.
type policyFilter struct{}

var _ filter = policyFilter{}

func (policyFilter) name() string          { return filterPolicy }
func (policyFilter) applies(q *query) bool { return q.denied != nil }

func (policyFilter) allow(q *query, m *mark) ruling {
	if q.denied.has(int(m.id)) {
		return refused
	}
	return kept
}

func (policyFilter) why(q *query, m *mark) Verdict {
	for _, p := range q.policies {
		if p.refuses.has(int(m.id)) {
			return p.verdicts[int(m.id)]
		}
	}
	return Verdict{}
}
