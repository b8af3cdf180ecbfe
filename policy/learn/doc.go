// Package learn remembers how each model at each provider answers: the time to the first byte, the speed of the answer,
// failures, rate limits, and what is under way.
//
//	Begin ──▶ in flight ─┐
//	Observe ──▶ arm (a lock each) ──▶ view (one atomic pointer) ──▶ Outlook, Health
//
// It is fed with what attempts showed, when they ended and while they were under way, and read by decisions. Reads take
// no lock. It knows no clock but the one that it is given, does no I/O, and starts no goroutine.
package learn
