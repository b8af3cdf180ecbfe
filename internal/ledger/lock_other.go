//go:build !unix

package ledger

// lockFile does nothing: two processes must be given two spill files.
func lockFile(string) (unlock func(), taken bool) { return func() {}, false }
