//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// lockFile keeps other processes from using the spill file beside it, until unlock is called or the process ends. taken: another
// has it. Where it cannot be locked, as in a folder that may not be written to, there is nothing to keep apart either.
func lockFile(name string) (unlock func(), taken bool) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() {}, false
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		_ = f.Close()
		return nil, true
	}
	return func() { _ = f.Close() }, false
}
