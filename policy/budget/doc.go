// Package budget keeps spend below limits. A request reserves what it may cost at most before it is sent, and what it did
// cost takes the place of the reservation once that is known.
//
//	Reserve(id) ─▶ spent + reserved + this ≤ limit? ─▶ reserved
//	Settle(id)  ─▶ reserved becomes spent              Sweep ─▶ reservations of which nothing is heard are freed
//
// Of a [Budget], each subject (a team, a user, …) has an account, which begins anew with each period. Where replicas share the
// limit, an account may only use the slice of it that [Book.Granted] gave it, so that admission never waits for anyone:
//
//	Claims ─▶ the store that replicas share ─▶ Granted
//
// The package knows no clock, no network and no configuration, and starts nothing. Its methods are safe for concurrent use.
package budget
