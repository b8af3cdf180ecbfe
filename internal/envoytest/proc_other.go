//go:build !linux

package envoytest

import "syscall"

func sysProcAttr() *syscall.SysProcAttr { return nil }
