package e2e

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/usage"
)

// recorded keeps the records of a stack. The zero value is ready.
type recorded struct {
	mu  sync.Mutex
	all []*usage.Record
}

func (r *recorded) add(one *usage.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

func (r *recorded) list() []*usage.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// settled waits until every request that was decided has its record, and returns all records.
func (s *stack) settled(t *testing.T, within time.Duration) []*usage.Record {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		at := s.meter.Stats()
		if at.UnderWay == 0 && at.Waiting == 0 {
			return s.records.list()
		}
		if time.Now().After(deadline) {
			t.Errorf("%d requests have no record: %+v", at.UnderWay+at.Waiting, at)
			return s.records.list()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// tokensOf is what a provider says that it charged.
func tokensOf(c demo.Charge) usage.Tokens {
	u := c.Usage
	return usage.Tokens{
		Input: int64(u.Input), Cached: int64(u.Cached), CacheWrite: int64(u.CacheWrite), Output: int64(u.Output), Reasoning: int64(u.Reasoning),
	}
}
