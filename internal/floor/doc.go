// Package floor is the least that an external processor can do: it answers every request with one constant plan,
// without looking at it. Benchmarks measure llmroute against it behind the very same Envoy configuration, and
// tests of that configuration use it to have nothing else at play.
//
//	route: headers, body chunks… ─▶ collected ─▶ header response with the plan, the body as it came, end of stream
//	adapt: the same, with the provider's name; the response is not asked for
package floor
