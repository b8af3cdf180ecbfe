package envoytest

import (
	"net"
	"testing"
)

// FreeAddr returns 127.0.0.1 with a port that was free a moment ago. The kernel hands ports out in turn, so a
// second caller gets another one.
func FreeAddr(t testing.TB) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	return lis.Addr().String()
}
