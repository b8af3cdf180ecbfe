package policy

// qualityScore is what is missing to perfect quality, 0 to 1.
type qualityScore struct{}

var _ scorer = qualityScore{}

func (qualityScore) unit() string { return "below best" }

func (qualityScore) score(_ *query, c *Considered) (float64, bool) {
	return 1 - c.Quality, c.QualityKnown
}
