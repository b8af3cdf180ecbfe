package policy

// qualityScore is what is missing to perfect quality, 0 to 1.
type qualityScore struct{}

var _ scorer = qualityScore{}

func (qualityScore) unit() string { return "below best" }

func (qualityScore) score(q *query, m *mark) (float64, bool) {
	quality, known := q.qualityOf(m)
	return 1 - quality, known
}

// qualityOf is the quality of a candidate for the task of the request. The task is only read where it makes a difference.
func (q *query) qualityOf(m *mark) (quality float64, known bool) {
	t := &q.traits[m.id]
	if t.taskQuality != nil {
		if quality, known = t.taskQuality[q.f.Task()]; known {
			return quality, true
		}
	}
	return t.quality, t.qualityKnown
}
