package envoytest

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
)

func bootstrap(t *testing.T) []byte {
	host, port, err := net.SplitHostPort(FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	return []byte("admin: {address: {socket_address: {address: " + host + ", port_value: " + port + "}}}\n")
}

func TestSeveralEnvoysRunSideBySideAndAreGoneAfterStop(t *testing.T) {
	a, b := Start(t, bootstrap(t)), Start(t, bootstrap(t), LogLevel("info"), Concurrency(2))
	if !strings.Contains(a.Admin("/server_info"), `"state": "LIVE"`) || b.Stat("server.live") != 1 {
		t.Error("they are not live")
	}
	if b.Stat("no.such.stat") != 0 {
		t.Error("a stat that is not there has a value")
	}
	if !strings.Contains(b.Log(), "starting main dispatch loop") {
		t.Errorf("the log is %q", b.Log())
	}
	for _, e := range []*Envoy{a, b} {
		e.Stop()
		if err := syscall.Kill(e.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there: %v", e.Pid(), err)
		}
	}
}

func TestFreeAddressesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		addr := FreeAddr(t)
		if seen[addr] {
			t.Fatalf("%s came twice", addr)
		}
		seen[addr] = true
	}
}
