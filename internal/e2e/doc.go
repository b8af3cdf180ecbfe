// Package e2e holds tests that tell users' stories: real SDKs and raw HTTP, through a real Envoy with the generated
// configuration and llmroute itself, to demo providers.
package e2e
