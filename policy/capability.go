package policy

import "github.com/llmroute/llmroute/policy/catalog"

// Capabilities is a set of what a model can do or a request needs.
type Capabilities = catalog.Capabilities
