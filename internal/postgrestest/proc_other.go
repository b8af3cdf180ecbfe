//go:build !linux

package postgrestest

import (
	"os"
	"syscall"
)

// nobody is who runs the server: whoever runs the test.
func nobody() (uid, gid int) { return os.Geteuid(), os.Getegid() }

func sysProcAttr() *syscall.SysProcAttr { return nil }
