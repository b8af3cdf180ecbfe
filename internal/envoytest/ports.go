package envoytest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// The ports that FreeAddr gives. They lie below those that systems give to outgoing connections, of which tests make
// many: one of those could take a port between FreeAddr and its use.
const (
	firstPort = 15000
	lastPort  = 31999
)

// drawn is where this process has got to, from a start of its own: no port is given twice.
var drawn = func() *atomic.Uint32 {
	n := new(atomic.Uint32)
	n.Store(rand.Uint32N(lastPort - firstPort))
	return n
}()

// FreeAddr returns an address on the loopback interface on which nothing listens. Each process goes through the ports
// from a random start, so that tests of several packages, which run at the same time, are unlikely to get the same one.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := firstPort + int(drawn.Add(1))%(lastPort-firstPort)
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		lis, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := lis.Close(); err != nil {
			t.Fatalf("envoytest: %v", err)
		}
		return addr
	}
	t.Fatal("envoytest: no free port")
	return ""
}
