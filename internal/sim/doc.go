// Command sim compares ways to choose a provider by latency, in simulated time: llmroute's strategy `latency`, driven
// through the real policy.Router and the real policy/learn, round robin, random choice, agentgateway's two choices,
// LiteLLM's latency-based routing, Kong's EWMA, and an oracle that knows what no one can.
//
//	go run ./internal/sim [-seed N] [-seeds N] [-out DIR]
//
// All randomness comes from the seed, and each request meets the same luck whoever routes it. It prints tables and writes
// SVG plots.
package main
