package usage

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"
)

// flightShards is how many locks the requests under way are spread over, so that those that are decided at the same time do
// not wait for each other.
const flightShards = 64

// flights are the IDs of requests that were decided here and have not ended. Requests are added on their way, so no lock is
// shared by all of them. Safe for concurrent use.
type flights struct {
	seed   maphash.Seed
	shards [flightShards]flightShard
}

type flightShard struct {
	mu            sync.Mutex
	ids           aged[struct{}]
	decided, lost uint64
	_             [64]byte // keeps the next shard's lock off this one's cache line
}

func newFlights(now time.Time) *flights {
	f := &flights{seed: maphash.MakeSeed()}
	for i := range f.shards {
		f.shards[i].ids = newAged[struct{}](maxUnderWay/flightShards, longest, now)
	}
	return f
}

func (f *flights) shard(id string) *flightShard {
	return &f.shards[maphash.String(f.seed, id)%flightShards]
}

// add notes that a request was decided.
func (f *flights) add(id string, now time.Time) {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decided++
	s.lost += uint64(s.ids.put(id, struct{}{}, now))
}

// end reports whether the request was decided here.
func (f *flights) end(id string) bool {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.drop(id)
}

// left is a function that counts those of the requests under way now that have not ended.
func (f *flights) left() func() int {
	var ids []string
	for i := range f.shards {
		s := &f.shards[i]
		s.mu.Lock()
		ids = slices.AppendSeq(slices.AppendSeq(ids, maps.Keys(s.ids.young)), maps.Keys(s.ids.old))
		s.mu.Unlock()
	}
	return func() int {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !f.has(id) })
		return len(ids)
	}
}

func (f *flights) has(id string) bool {
	s := f.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.has(id)
}

// count fills in what is known of requests here. Those that are too old to be under way are lost from now on.
func (f *flights) count(s *Stats, now time.Time) {
	for i := range f.shards {
		f.shards[i].count(s, now)
	}
}

func (f *flightShard) count(s *Stats, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost += uint64(f.ids.expire(now))
	s.Decided += f.decided
	s.Lost += f.lost
	s.UnderWay += f.ids.len()
}
