// Command bench measures llmroute on this machine against two others, in one run: Envoy alone, and the floor, a
// server that answers a constant plan without looking, behind the very same Envoy configuration.
//
//	client (this process) ─▶ Envoy, without llmroute's filters ─────────────────▶ provider
//	                      ─▶ Envoy, as generated ─▶ floor     (ext_proc, logs) ─▶ provider
//	                      ─▶ Envoy, as generated ─▶ llmroute  (ext_proc, logs) ─▶ provider
//
// All run all the time, each in a process of its own, and take turns of half a second, so that whatever else the
// machine does hits them alike. Figures are medians over the turns, and ratios are formed within each round.
// docs/benchmarks.md says how to read them.
package main
