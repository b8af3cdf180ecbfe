package policy

// qualityScore is what is missing to perfect quality, 0 to 1.
type qualityScore struct{}

var _ scorer = qualityScore{}

func (qualityScore) unit() string { return "below best" }

func (qualityScore) score(q *query, m *mark) (float64, bool) {
	t := &q.traits[m.id]
	return 1 - t.quality, t.qualityKnown
}
