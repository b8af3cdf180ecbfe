package redistest

import "syscall"

// sysProcAttr makes the kernel end Redis when the test process dies, however that happens.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
