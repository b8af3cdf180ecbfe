package learn

import (
	"math"
	"sync"
	"sync/atomic"
)

// Answers follows how long the answers of a route are. Methods are safe for concurrent use; Tokens takes no lock.
type Answers struct {
	mu     sync.Mutex
	length track
	tokens atomic.Uint64 // the bits of a float64; 0: none was seen
}

// Tokens is the length to expect of one request's answers together; !ok: none was seen.
func (a *Answers) Tokens() (tokens float64, ok bool) {
	bits := a.tokens.Load()
	return math.Float64frombits(bits), bits != 0
}

func (a *Answers) add(tokens int, at float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.length.add(math.Log(float64(tokens)), at, 1)
	a.tokens.Store(math.Float64bits(a.length.value(0)))
}
