package policy

import "github.com/llmroute/llmroute/policy/catalog"

// Candidate is one model at one provider, as configured. It does not change while a snapshot lives.
type Candidate struct {
	Model    string // the name in the configuration
	Provider string
	Name     string // the provider's own name
	Region   string
	Ops      map[string]bool // operations of clients that this candidate can serve, directly or translated

	Facts catalog.Facts // price, limits, capabilities: the catalog's, overridden by the configuration

	Quality      float64 // 0 to 1
	QualityKnown bool
}
