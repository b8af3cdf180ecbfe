// Package demo is the far end in tests and demonstrations: small, real servers of LLM providers' HTTP APIs.
//
//	request ─▶ record ─▶ key? ─▶ fault? ─▶ endpoint of the schema: wire form ─▶ ask
//	                                                                             │ compose (deterministic)
//	client ◀─ play: delays, encodings, breaks ◀─ JSON or frames of the schema ◀─ reply
//
// Every provider refuses what the real one refuses, in the real one's error form, so that a wrong translation is
// found here and not in production. It shares no code with the translators that it tests. docs/demo.md describes
// the answers, how tokens are counted, and the x-demo header that injects faults.
//
// The package knows nothing of routing, policies or Envoy.
package demo
