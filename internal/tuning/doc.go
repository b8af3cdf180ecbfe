// Package tuning is how a process that answers Envoy is set up: its gRPC transport and its memory. llmroute and the
// floor have the same, so that what a benchmark shows between them is work, not settings. What was tried and not kept
// stands in docs/benchmarks.md.
package tuning
