package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
)

// ofThree has three providers, and for each strategy models of its own at all of them, so that each learns by itself.
func ofThree(strategies ...string) (yaml string, ends []farEnd) {
	var b strings.Builder
	b.WriteString("providers:\n")
	for _, p := range []string{"alpha", "beta", "gamma"} {
		fmt.Fprintf(&b, "  %s: {schema: openai, endpoint: \"${%s}\", auth: {bearer: \"${%s_key}\"}}\n", p, p, p)
		ends = append(ends, farEnd{name: p, schema: "openai"})
	}
	b.WriteString("models:\n")
	for _, s := range strategies {
		for i, p := range []string{"alpha", "beta", "gamma"} {
			fmt.Fprintf(&b, "  %s-%s: {provider: %s, name: gpt-5-mini, price: {input: %d, output: %d}}\n", s, p, p, i+1, i+1)
		}
	}
	b.WriteString("routes:\n")
	for _, s := range strategies {
		fmt.Fprintf(&b, "  - {name: %s, match: 'headers[\"x-kind\"] == \"%s\"', models: [%s-alpha, %s-beta, %s-gamma], strategy: %s}\n", s, s, s, s, s, s)
	}
	return b.String(), ends
}

// TestFewRequestsPayForAProviderThatIsDown has one of three providers down while requests come at a steady rate, for every
// strategy of those that would prefer it.
func TestFewRequestsPayForAProviderThatIsDown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	strategies := []string{"priority", "cost", "latency"}
	yaml, ends := ofThree(strategies...)
	s := startLearning(t, yaml, ends...)
	const (
		pause  = 25 * time.Millisecond
		length = 32 * time.Second
	)
	ask := func(strategy string) answer {
		return s.chat(`{"model":"route/`+strategy+`","stream":true,"messages":[{"role":"user","content":"hi"}]}`, "x-kind: "+strategy)
	}
	for _, slower := range []string{"beta", "gamma"} { // so that alpha is the first choice by latency too
		s.providers[slower].Fail(demo.Fault{Delay: 60 * time.Millisecond})
	}
	for range 40 { // all is well
		for _, strategy := range strategies {
			ask(strategy)
		}
	}
	s.providers["alpha"].Fail(demo.Fault{Status: http.StatusServiceUnavailable})
	var group sync.WaitGroup
	for _, strategy := range strategies {
		group.Go(func() {
			var all, paid, lost atomic.Int64
			var requests sync.WaitGroup
			for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(pause) {
				requests.Go(func() {
					got := ask(strategy)
					all.Add(1)
					if got.status != http.StatusOK {
						lost.Add(1)
					}
					if got.header.Get("x-llmroute-attempts") != "1" {
						paid.Add(1)
					}
				})
			}
			requests.Wait()
			t.Logf("%s: %d of %d requests paid a failed first attempt", strategy, paid.Load(), all.Load())
			if lost.Load() > 0 || paid.Load()*100 >= all.Load() || paid.Load() == 0 {
				t.Errorf("%s: of %d requests %d paid a failed first attempt, and %d were lost", strategy, all.Load(), paid.Load(), lost.Load())
			}
		})
	}
	group.Wait()
}

// TestARecoveredProviderComesBackAtLowTraffic asks four times a second.
func TestARecoveredProviderComesBackAtLowTraffic(t *testing.T) {
	yaml, ends := ofThree("priority")
	s := startLearning(t, yaml, ends...)
	ask := func() string {
		return s.chat(`{"model":"route/priority","messages":[{"role":"user","content":"hi"}]}`, "x-kind: priority").header.Get("x-llmroute-provider")
	}
	s.providers["alpha"].Fail(demo.Fault{Status: http.StatusServiceUnavailable})
	for range 12 {
		if got := ask(); got != "beta" {
			t.Fatalf("answered by %q", got)
		}
	}
	// Explaining often must not use up the probe.
	for range 5 {
		s.explain(t, `{"model":"route/priority","messages":[{"role":"user","content":"hi"}]}`, []string{"x-kind: priority"})
	}
	s.providers["alpha"].Fail(demo.Fault{})
	deadline := time.Now().Add(12 * time.Second)
	for inARow := 0; inARow < 6; {
		if inARow++; ask() != "alpha" {
			inARow = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("it is well again, and still gets nothing")
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// TestAModelAskedForByNameIsTriedThoughItIsDown names a model whose provider fails.
func TestAModelAskedForByNameIsTriedThoughItIsDown(t *testing.T) {
	yaml, ends := ofThree("priority")
	s := startLearning(t, yaml, ends...)
	s.providers["alpha"].Fail(demo.Fault{Status: http.StatusTooManyRequests, RetryAfter: 3600})
	for range 8 {
		s.chat(`{"model":"route/priority","messages":[{"role":"user","content":"hi"}]}`, "x-kind: priority")
	}
	s.providers["alpha"].Fail(demo.Fault{})
	if got := s.chat(`{"model":"priority-alpha","messages":[{"role":"user","content":"hi"}]}`); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestLeastBusySpreadsWhatIsUnderWay asks for slow streams, many at once.
func TestLeastBusySpreadsWhatIsUnderWay(t *testing.T) {
	yaml, ends := ofThree("least_busy")
	s := startLearning(t, yaml, ends...)
	ask := func() string {
		return s.chat(`{"model":"route/least_busy","stream":true,"messages":[{"role":"user","content":"hi"}]}`, "x-kind: least_busy").header.Get("x-llmroute-provider")
	}
	for deadline := time.Now().Add(10 * time.Second); !s.seen.Trusted(); ask() { // it takes some ends to trust the log
		if time.Now().After(deadline) {
			t.Fatal("what is under way is not known")
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.providers["alpha"].Fail(demo.Fault{Delay: 5 * time.Second}) // what goes there stays
	count := map[string]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 60 {
		group.Go(func() {
			p := ask()
			mu.Lock()
			defer mu.Unlock()
			count[p]++
		})
		time.Sleep(20 * time.Millisecond)
	}
	group.Wait()
	if count["alpha"] > 30 || count["alpha"] == 0 {
		t.Errorf("by provider: %v", count)
	}
	for _, p := range []string{"alpha", "beta", "gamma"} {
		arm := s.seen.Arm(p, "least_busy-"+p)
		for deadline := time.Now().Add(5 * time.Second); arm.Busy() != 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d under way when all have ended", p, arm.Busy())
			}
		}
	}
}
