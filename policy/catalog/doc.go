// Package catalog knows what is publicly known of models: price, limits, capabilities.
//
// The facts are embedded (catalog.jsonl: one model a line, sorted by key) and are read where they lie: nothing is
// decoded before someone asks. [Lookup] finds the facts of a model under the name that its provider uses; the rules
// are the tables of places.go and spelling.go. What an operator's configuration says wins over all of this, elsewhere.
//
// This package does no I/O and knows nothing of configuration, requests or policies.
package catalog
