package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// sessionText bounds how much of a text tells conversations apart, in bytes.
const sessionText = 2 << 10

// Session is 16 hexadecimal digits that are the same on every turn of a conversation: a hash of the beginning of its system
// prompt and of its first user message, and of who asks. It is empty where nothing is said. Other conversations that begin
// with the same words have the same, so it keeps nothing apart that must be kept apart.
func (f *Features) Session() string {
	if f.sessionRead {
		return f.session
	}
	f.sessionRead = true
	if f.Opening == nil {
		return ""
	}
	system, user := f.Opening()
	if len(system)+len(user) == 0 {
		return ""
	}
	h := sha256.New()
	for _, part := range [...][]byte{[]byte(f.Team), []byte(f.User), []byte(f.Client), system, user} {
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part[:min(len(part), sessionText)])
	}
	var sum [sha256.Size]byte
	f.session = hex.EncodeToString(h.Sum(sum[:0])[:8])
	return f.session
}

// lot is where a session stands with a candidate: a number from 0 to 1, without both ends, that is the same everywhere and
// always, and to all appearance drawn anew for each pair. Who draws the best of it among many keeps the session when others
// come and go, and sessions spread evenly (rendezvous hashing: Thaler and Ravishankar, "Using name-based mappings to
// increase hit rates", 1998).
func lot(session string, c *Candidate) float64 {
	// FNV-1a, and the finish of MurmurHash3, since FNV leaves the upper bits of near names alike.
	h := uint64(14695981039346656037)
	for _, s := range [...]string{session, "\x00", c.Provider, "\x00", c.Model} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return (float64(h>>11) + 0.5) / (1 << 53)
}

// exponential turns a lot into what rand.ExpFloat64 draws.
func exponential(lot float64) float64 { return -math.Log(lot) }
