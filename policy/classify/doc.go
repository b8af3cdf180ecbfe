// Package classify reads a prompt: what kind of work it asks for, in which language, and how likely it is that only a
// strong model does it well.
//
//	text → feature.Scanner → learned weights → Reading{Task, Complexity}
//	     → script, letters, small words → Reading{Language}
//
// It is pure: no I/O, no clock; the weights are embedded. One call costs some tens of microseconds a KiB and does not
// allocate. How good it is, and how it was learned, is in docs/classifier.md.
package classify
