package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// ward is world with memory, and a clock.
type ward struct {
	seen *learn.State
	now  time.Time
	spec Spec
}

func newWard(strategy string) *ward {
	w := &ward{now: time.Unix(1e9, 0), spec: world()}
	w.seen = learn.New(func() time.Time { return w.now })
	w.spec.Observations, w.spec.Health = w.seen, true
	w.spec.Routes[2].Strategy = strategy
	return w
}

// fails makes an arm fail thrice.
func (w *ward) fails(provider, model string) {
	w.seen.Arm(provider, model)
	for range 3 {
		w.seen.Observe(&learn.Observation{Provider: provider, Model: model, Outcome: learn.Failed, Done: true, Elapsed: time.Second})
	}
}

func TestWhatFailsLeavesThePlanWhateverTheStrategy(t *testing.T) {
	for _, strategy := range StrategyNames() {
		t.Run(strategy, func(t *testing.T) {
			w := newWard(strategy)
			w.fails("openai", "cheap")
			f := chat("")
			d, err := router(t, w.spec).Decide(&f, seeded(1))
			if err != nil || strings.Contains(d.models(), "cheap") {
				t.Fatalf("%s, %v", d.models(), err)
			}
			if v := d.Candidates()[0].Refused; v.Filter != "health" || v.Reason == "" {
				t.Errorf("the record says %+v", v)
			}
		})
	}
}

func TestIfAllFailAllAreKept(t *testing.T) {
	w := newWard("priority")
	for _, c := range w.spec.Candidates {
		w.fails(c.Provider, c.Model)
	}
	plan, _, e := decide(t, router(t, w.spec), chat(""))
	if plan != "cheap haiku strong" || e != nil {
		t.Errorf("%s, %v", plan, e)
	}
	if plan, _, _ := decide(t, router(t, w.spec), chat("cheap")); plan != "cheap" {
		t.Errorf("asked for by name: %s", plan)
	}
}

func TestHealthNeverOverrulesAPolicy(t *testing.T) {
	w := newWard("priority")
	w.fails("openai", "cheap")
	w.spec.Policies = []Policy{{Name: "only", Allow: &Selector{Models: []string{"cheap"}}}}
	if plan, _, e := decide(t, router(t, w.spec), chat("")); plan != "cheap" {
		t.Errorf("%s, %v", plan, e)
	}
}

func TestWhatFailedIsTriedWithASmallShare(t *testing.T) {
	w := newWard("latency")
	for _, model := range []string{"strong", "local"} { // of other speeds, and healthy
		c := w.spec.Candidates[map[string]int{"strong": 1, "local": 3}[model]]
		w.seen.Arm(c.Provider, c.Model)
		for range 100 {
			w.seen.Observe(&learn.Observation{Provider: c.Provider, Model: c.Model, Outcome: learn.Answered, Done: true, Stream: true,
				FirstByte: time.Second, Elapsed: 2 * time.Second, OutputTokens: 50})
		}
	}
	w.fails("openai", "cheap")
	w.fails("anthropic", "haiku")
	r, rnd := router(t, w.spec), seeded(1)
	share := func(model string) float64 {
		n := 0
		for range 5000 {
			f := chat("")
			d, err := r.Decide(&f, rnd)
			if err != nil {
				t.Fatal(err)
			}
			if d.Plan[0].Model == model {
				n++
				if !strings.HasPrefix(d.Reason, "failed lately") {
					t.Fatalf("%s: %s", model, d.Reason)
				}
			}
		}
		return float64(n) / 5000
	}
	if x := share("cheap"); x != 0 {
		t.Errorf("at once %.3f of the requests try it", x)
	}
	w.now = w.now.Add(2 * time.Second)
	if x := share("cheap"); x < 0.005 || x > 0.04 {
		t.Errorf("after two seconds %.3f of the requests try it", x)
	}
}

func TestLeastBusyTakesWhatHasLeastUnderWay(t *testing.T) {
	w := newWard("least_busy")
	busy := map[string]int{"cheap": 3, "strong": 1, "haiku": 2, "local": 4}
	for _, c := range w.spec.Candidates {
		for range busy[c.Model] {
			w.seen.Arm(c.Provider, c.Model).Begin()
		}
	}
	w.spec.Routes[2].Fallbacks = 3
	_, d, _ := decide(t, router(t, w.spec), chat(""))
	if d.models() != "strong haiku cheap local" || d.Reason != "least busy of 4 with 1 under way" {
		t.Errorf("%s: %s", d.models(), d.Reason)
	}
}

func TestBalancedKnowsLatency(t *testing.T) {
	s := world()
	s.Routes[2].Strategy, s.Routes[2].Balance = "balanced", Balance{Latency: 1}
	s.Observations = learned(map[string]time.Duration{"cheap": 3 * time.Second, "strong": 2 * time.Second, "haiku": time.Second, "local": 4 * time.Second})
	if plan, d, _ := decide(t, router(t, s), chat("")); !strings.HasPrefix(plan, "haiku strong") || d.Reason != "best of 4 by latency" {
		t.Errorf("%s: %s", plan, d.Reason)
	}
}
