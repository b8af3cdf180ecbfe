package envoytest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports that FreeAddr gives. They lie below those that systems give to outgoing connections, of which tests make
// many: one of those could take a port between FreeAddr and its use.
const (
	firstPort = 15000
	lastPort  = 31999
)

// FreeAddr returns an address on the loopback interface on which nothing listens. Ports are drawn at random, so that
// tests of several packages, which run at the same time, are unlikely to get the same one.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort)))
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
