// Package lint finds what would not work in an Envoy that is to serve llmroute's configuration: in the file that it starts
// with, or in what a running one says of itself.
//
//	text ─▶ YAML with places ─▶ Envoy's own messages ─┐
//	                                                  ├─▶ subject ─▶ rules ─▶ findings
//	/config_dump ─▶ Envoy's own messages ─────────────┘       ▲
//	llmroute.yaml ─▶ package envoy ─▶ what llmroute would write
//
// What a rule compares with is what package envoy generates, read in the same way. Settings that an operator may well choose
// otherwise are not looked at. A finding never holds a value that may be secret: it quotes names, addresses, modes and
// numbers.
package lint
