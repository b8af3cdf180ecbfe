// Package jsonscan reads a JSON document once, strictly, from front to back, and tells where things stand in it.
//
// It exists because policy must judge exactly what a provider will read. A lenient or path-based reader takes the
// first of two `model` members where a provider takes the last, overlooks an escaped key, or stops before a second
// document; here each of these is an error. Nesting is bounded, so no body can exhaust the stack. Nothing is copied:
// results are spans of the input. A Recorder also gathers the schema.Facts that every format has.
package jsonscan
