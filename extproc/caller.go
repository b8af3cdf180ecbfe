package extproc

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// caller is who asks, as Envoy authenticated them. It goes into the access log.
type caller struct{ team, user, client string }

// tell appends what is known of the caller.
func (c *caller) tell(m metadata) metadata {
	for _, part := range [...][2]string{{"team", c.team}, {"user", c.user}, {"client", c.client}} {
		if part[1] != "" {
			m = m.text(part[0], part[1])
		}
	}
	return m
}

// newID makes an id that no other request has. The client's x-request-id is not such: Envoy may hand it on as it came.
func newID(random *rand.Rand) string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], random.Uint64())
	binary.NativeEndian.PutUint64(b[8:], random.Uint64())
	return hex.EncodeToString(b[:])
}
