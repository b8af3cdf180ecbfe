package postgrestest

import (
	"os"
	"syscall"
)

// unprivileged is "nobody". PostgreSQL refuses to run as root.
const unprivileged = 65534

// nobody is who runs the server: whoever runs the test, unless that is root.
func nobody() (uid, gid int) {
	if os.Geteuid() == 0 {
		return unprivileged, unprivileged
	}
	return os.Geteuid(), os.Getegid()
}

// sysProcAttr makes the kernel end PostgreSQL when the test process dies, however that happens. Its postmaster takes a
// SIGQUIT for an order to leave at once, and takes its children along.
func sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if uid, gid := nobody(); uid != os.Geteuid() {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}
	}
	return attr
}
