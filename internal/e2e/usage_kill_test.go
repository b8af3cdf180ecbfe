package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// What a killed llmroute may lose: requests that ended so shortly before that their entries were still in Envoy's buffer (0.5 s), waiting
// for their door's (0.5 s more), or in the ledger's queue (0.25 s); and so shortly after that Envoy sent their entries before its
// health check had found llmroute gone (two checks, 0.25 s apart) and its buffer was kept for later.
const (
	lossBefore = 1500 * time.Millisecond
	lossAfter  = 1200 * time.Millisecond
	outage     = 4 * time.Second
	backOff    = 400 * time.Millisecond // of a client whose request has failed
	killSlow   = 100                    // streams that end in the outage
	killTokens = 177                    // each of them
	killPace   = 10                     // ms between their events
	killMore   = 200                    // requests, instead of those that fail
)

// TestAKilledLlmrouteLosesOnlyWhatWasOnItsWay sends the mix, kills llmroute in its middle and starts it again. Whatever ended within the
// bounds above may be missing; all else has its row, none two, also what ended while llmroute was away.
func TestAKilledLlmrouteLosesOnlyWhatWasOnItsWay(t *testing.T) {
	total := usageRequests
	providers, handlers := chargedProviders(2 * total)
	c := startChild(t, handlers)
	c.sendUntil(t, 0, total/2, nil)
	slow := c.slowStreams(killSlow, killTokens, killPace)
	for range killSlow {
		<-slow.begun
	}
	var down window
	ends := &ends{}
	var group sync.WaitGroup
	group.Go(func() { c.sendUntil(t, total/2, total+killMore, ends) })
	time.Sleep(300 * time.Millisecond)
	down.from = time.Now()
	c.end(syscall.SIGKILL)
	time.Sleep(outage)
	c.begin(t)
	down.to = time.Now()
	group.Wait()
	slow.wait()
	at := c.settledMetrics(t, 5*time.Second) // what came from before the restart is recorded, and was not decided by this process
	time.Sleep(time.Second)
	c.end(syscall.SIGTERM)

	rows := rowsOf(t, c.ledger)
	cut := func(r *usage.Record) bool {
		return r.Started.Before(down.to.Add(time.Second)) && r.Started.Add(r.Elapsed).After(down.from.Add(-lossBefore))
	}
	left := compareCharges(t, rows, chargesOf(providers), cut)
	bound := ends.in(down.from.Add(-lossBefore), down.from.Add(lossAfter))
	away := 0
	for _, of := range left {
		if of[0].Usage.Output == killTokens && of[0].Usage.Reasoning == 0 {
			away++
		}
	}
	t.Logf("%d of %d streams that ended while llmroute was away have no row", away, killSlow)
	t.Logf("%d of %d requests that ended about when it was killed have no row; %d failed meanwhile; afterwards %v", len(left)-away, bound, ends.failed(), at)
	if away > 0 || len(left) > bound {
		t.Errorf("%d charges have no row, of %d that may", len(left), bound)
	}
	for _, err := range ends.unexpected(down) {
		t.Error(err)
	}
	compareCosts(t, c.ledger, rows)
}

type window struct{ from, to time.Time }

// end is how a request ended.
type end struct {
	began, at time.Time
	err       error
}

// ends gathers how requests ended. The zero value is ready.
type ends struct {
	mu  sync.Mutex
	all []end
}

func (e *ends) add(one end) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, one)
}

func (e *ends) in(from, to time.Time) (n int) {
	for _, one := range e.all {
		if one.at.After(from) && one.at.Before(to) {
			n++
		}
	}
	return n
}

func (e *ends) failed() (n int) {
	for _, one := range e.all {
		if one.err != nil {
			n++
		}
	}
	return n
}

// unexpected are the faults of requests that llmroute's absence does not explain.
func (e *ends) unexpected(down window) (out []error) {
	for _, one := range e.all {
		if one.err != nil && (one.at.Before(down.from) || one.began.After(down.to.Add(time.Second))) {
			out = append(out, one.err)
		}
	}
	return out
}

// sendUntil sends the requests of the mix from one to another. With ends, requests may fail.
func (s *stack) sendUntil(t *testing.T, from, to int, ends *ends) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var next atomic.Int64
	next.Store(int64(from))
	var group sync.WaitGroup
	for range usageAtOnce {
		group.Go(func() {
			for i := next.Add(1); i <= int64(to); i = next.Add(1) {
				m := mix(int(i))
				began := time.Now()
				err := m.send(ctx, s.url)
				if err != nil {
					err = fmt.Errorf("request %d, %s: %w", i, m.kind, err)
				}
				switch {
				case ends != nil:
					ends.add(end{began, time.Now(), err})
				case err != nil:
					t.Error(err)
				}
				if err != nil {
					time.Sleep(backOff)
				}
			}
		})
	}
	group.Wait()
}
