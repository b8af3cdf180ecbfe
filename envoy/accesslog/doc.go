// Package accesslog receives Envoy's gRPC access log and turns its entries into plain values: one for each request,
// one for each attempt at a provider. It keeps nothing and decides nothing.
package accesslog
