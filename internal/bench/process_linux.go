package main

import "syscall"

// childAttr makes the kernel end a child should this process die without a chance to do so. A group of its own keeps
// Ctrl-C from the child: it is told by its parent, in order.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
