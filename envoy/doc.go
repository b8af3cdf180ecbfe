// Package envoy turns llmroute's configuration into Envoy's.
//
//	client ─▶ listener ─▶ usage filter ─▶ ext_proc "route" ─▶ router
//	                                                            │ each attempt takes the next cluster of the plan
//	          ┌─────────────────────────────────────────────────┤
//	          ▼ cluster P: the direct door                      ▼ cluster P.adapt: the adapting door
//	   strip headers, inject P's key ─▶ provider        internal listener ─▶ ext_proc "adapt" ─▶ cluster P
//
// Everything is built from Envoy's own typed messages. The package reads no request and starts nothing; it knows
// the configuration and nothing else of the project. A key never stands in what it returns as configuration:
// keys go into files of their own, which Envoy watches.
package envoy
