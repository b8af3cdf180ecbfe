package main

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// taken is what one turn of one target showed.
type taken struct {
	requests int           // answered within the window
	all      int           // answered at all
	window   time.Duration // that figures are of
	whole    []time.Duration
	first    []time.Duration
	chunks   []time.Duration
	cpu      usage // within the window
}

// usage is processor time by process.
type usage struct{ envoy, server, provider, client time.Duration }

func (u usage) minus(v usage) usage {
	return usage{u.envoy - v.envoy, u.server - v.server, u.provider - v.provider, u.client - v.client}
}

// The phases of a turn. What is answered in the window counts.
const (
	settling int32 = iota
	window
	stopping
)

// settle is the part of a turn that does not count: caches and connections warm up.
const settle = 10 // percent

// load sends request on all connections, one after the other on each, for a turn of d. between is called in the
// middle of the window.
func load(ctx context.Context, clients []*client, request []byte, stamps bool, d time.Duration, read func() usage, between func()) (*taken, error) {
	var phase atomic.Int32
	results := make([]taken, len(clients))
	errs := make([]error, len(clients))
	var group sync.WaitGroup
	for i, c := range clients {
		group.Go(func() { errs[i] = results[i].repeat(c, request, stamps, &phase) })
	}
	pause(ctx, d*settle/100)
	before, began := read(), time.Now()
	phase.Store(window)
	pause(ctx, d/2)
	between()
	pause(ctx, d-time.Since(began))
	phase.Store(stopping)
	sum := &taken{window: time.Since(began), cpu: read().minus(before)}
	group.Wait()
	for i := range results {
		r := &results[i]
		sum.requests, sum.all = sum.requests+r.requests, sum.all+r.all
		sum.whole, sum.first = append(sum.whole, r.whole...), append(sum.first, r.first...)
		sum.chunks = append(sum.chunks, r.chunks...)
	}
	return sum, errors.Join(errors.Join(errs...), ctx.Err())
}

// repeat sends until the turn is over.
func (t *taken) repeat(c *client, request []byte, stamps bool, phase *atomic.Int32) error {
	var room []time.Duration
	if stamps {
		room = make([]time.Duration, 0, 64)
	}
	for phase.Load() != stopping {
		a, err := c.do(request, room)
		if err != nil {
			return err
		}
		t.all++
		if phase.Load() != window {
			continue
		}
		t.requests++
		t.whole, t.first = append(t.whole, a.whole), append(t.first, a.first)
		t.chunks = append(t.chunks, a.chunks...)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// reader reads the processor times that count for a target.
func (s *stack) reader(t *target) func() usage {
	return func() usage {
		u := usage{envoy: cpu(t.envoy.cmd.Process.Pid), provider: cpu(s.providers.cmd.Process.Pid), client: cpu(os.Getpid())}
		if t.server != nil {
			u.server = cpu(t.server.cmd.Process.Pid)
		}
		return u
	}
}
