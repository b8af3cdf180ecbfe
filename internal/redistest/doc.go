// Package redistest runs a real Redis in tests: on a free port of the loopback interface, without persistence, gone when
// the test ends.
package redistest
