// Package envoytest runs a real Envoy in tests: on free ports, gone when the test ends, and when the test fails
// its log and its configuration are in the test's output.
package envoytest
