package serve

import "sync"

// trust finds out whether this process hears of the ends of the requests that it decides. With several replicas an Envoy may
// send its log to one and ask another for decisions; then what is under way cannot be known, and must not be guessed.
type trust struct {
	mu        sync.Mutex
	good, bad float64 // faded counts
}

const (
	leastProof = 8.0  // ends of own requests before anything is believed
	goodShare  = 0.9  // of ends that are of own requests
	mostProof  = 1000 // counts beyond this are halved: what was seen long ago counts for less
)

// count takes in that good ends were of own requests, and bad ones of others', or never came. It reports what to believe now.
func (t *trust) count(good, bad float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.good += good
	t.bad += bad
	if t.good+t.bad > mostProof {
		t.good, t.bad = t.good/2, t.bad/2
	}
	return t.good >= leastProof && t.good >= goodShare*(t.good+t.bad)
}
