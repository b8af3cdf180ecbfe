// Package policy decides which model at which provider serves a request.
//
//	Features → org policies → route → filter → score → order → Plan
//
// Every step is pure: no I/O, no clock but a passed one, no chance but a passed source. Every step leaves its
// reasons in the [Decision], so that explain, error texts and response headers tell the same story.
package policy
