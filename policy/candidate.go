package policy

import "github.com/llmroute/llmroute/policy/catalog"

// Candidate is one model at one provider, as configured. It does not change while a snapshot lives.
type Candidate struct {
	Model    string // the name in the configuration
	Provider string
	Name     string // the provider's own name
	Region   string
	// DataPolicy is what the provider promises about data, in the operator's own words.
	DataPolicy []string
	Ops        map[string]bool // operations of clients that this candidate can serve, directly or translated

	Facts catalog.Facts // price, limits, capabilities: the catalog's, overridden by the configuration

	Quality      float64 // 0 to 1
	QualityKnown bool
	// TaskQuality is the same for single tasks, where it differs.
	TaskQuality map[string]float64
}
