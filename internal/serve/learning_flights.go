package serve

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/learn"
)

// flight is one request between its decision and its entry in the access log. The lock of its shard guards it.
type flight struct {
	id      string // of the request, by llmroute
	plan    []policy.Entry
	stream  bool
	began   time.Time
	at      int           // the entry of the plan that the request is known to be at
	since   time.Time     // when it came there, as far as is known
	counted *learn.Arm    // that was told of its Begin and not of its End
	failed  uint32        // a bit for each entry of the plan whose failure was observed
	seen    time.Duration // of the attempt under way: what was observed of it
	done    bool          // its entry came; it stays a while for what is late
}

// flights holds the requests under way by Envoy's request id. It is bounded in number and in time, and its locks are held for
// moments, so that it can stand on the way of each request.
//
//	add ──▶ young ──generation──▶ old ──generation──▶ given up
type flights struct {
	seed   maphash.Seed
	shards [shardCount]shard
	lost   func(*flight) // is told of each that is given up before its entry came; its shard is locked
}

const (
	shardCount = 32
	// generation is half of what a request may take at least until it is given up.
	generation = 5 * time.Minute
	mostFlying = 1 << 17 / shardCount // of each shard and generation
)

type shard struct {
	mu         sync.Mutex
	young, old map[string]*flight
	turned     time.Time
}

func newFlights(lost func(*flight)) *flights {
	return &flights{seed: maphash.MakeSeed(), lost: lost}
}

func (t *flights) shard(key string) *shard {
	return &t.shards[maphash.String(t.seed, key)%shardCount]
}

// add takes a request in. It reports false, and forgets it, if one of this key is there already or there are too many.
func (t *flights) add(key string, f *flight) bool {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.turn(s, f.began)
	if s.young[key] != nil || s.old[key] != nil || len(s.young) >= mostFlying {
		return false
	}
	s.young[key] = f
	return true
}

// visit calls do with the request of that key, if it is there, and takes it out if do says so. While do runs, requests of the same shard
// wait.
func (t *flights) visit(key string, do func(*flight) (remove bool)) (found bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.young[key]
	if f == nil {
		f = s.old[key]
	}
	if f == nil {
		return false
	}
	if do(f) {
		delete(s.young, key)
		delete(s.old, key)
	}
	return true
}

// sweep gives up what is too old.
func (t *flights) sweep(now time.Time) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		t.turn(s, now)
		s.mu.Unlock()
	}
}

// turn begins a new generation if it is time to. The caller holds the lock.
func (t *flights) turn(s *shard, now time.Time) {
	if s.young != nil && now.Sub(s.turned) < generation {
		return
	}
	for _, f := range s.old {
		if !f.done {
			t.lost(f)
		}
	}
	s.old, s.young, s.turned = s.young, map[string]*flight{}, now
}
