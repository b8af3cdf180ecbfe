package extproc

import (
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// Snapshot is all that requests see of the configuration. It never changes; a reload makes another.
type Snapshot struct {
	Version   string // short hash of the configuration
	Loaded    time.Time
	Router    *policy.Router
	Providers map[string]*Provider
	Budgets   *Budgets // nil: none

	MaxBodyBytes    int64
	FirstByteStream time.Duration // to the response headers, per attempt
	FirstByteJSON   time.Duration

	Identity Identity
}

// Provider is one LLM API as the stages need it.
type Provider struct {
	Name        string // also the Envoy cluster of the direct door
	Format      schema.Format
	Face        schema.Provider
	Prefix      string             // the path of the endpoint, without a slash at its end
	Serves      map[schema.Op]bool // what it takes as it stands
	Unsupported Unsupported        // what happens to a parameter that it cannot take
	// Signed providers have no direct door: their credential covers the body as it leaves, or is fetched on the way.
	Signed bool
	// StreamUsage says how the usage of streams is learned whose clients did not ask for it. Empty: UsageExact.
	StreamUsage StreamUsage

	enveloped bool              // takes nothing as it stands
	tolerant  bool              // takes what Facts.Foreign warns of
	asker     schema.UsageAsker // nil: streams tell usage unasked

	direct, adapt []byte // its doors, as Envoy takes them
}

// NewSnapshot completes s, which the caller then no longer changes.
func NewSnapshot(s Snapshot) *Snapshot {
	for _, p := range s.Providers {
		_, p.enveloped = p.Face.(schema.Envelope)
		t, ok := p.Face.(schema.Tolerant)
		p.tolerant = ok && t.TakesForeign()
		p.asker, _ = p.Face.(schema.UsageAsker)
		p.direct, p.adapt = door(p.Name), door(p.Name+".adapt")
	}
	return &s
}

// Unsupported says what happens when a provider cannot take a parameter.
type Unsupported string

// The choices. Either way, x-llmroute-dropped names what was left out.
const (
	RouteElsewhere Unsupported = "route_elsewhere" // try the plan's next entry; refuse if there is none
	Drop           Unsupported = "drop"
	Reject         Unsupported = "reject"
)
