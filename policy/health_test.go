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

// answers makes an arm answer, at once.
func (w *ward) answers(provider, model string, n int, firstByte time.Duration) {
	w.seen.Arm(provider, model)
	for range n {
		w.seen.Observe(&learn.Observation{Provider: provider, Model: model, Outcome: learn.Answered, Done: true, Stream: true,
			FirstByte: firstByte, Elapsed: firstByte + 100*time.Millisecond, OutputTokens: 50})
	}
}

func (w *ward) pass(d time.Duration) { w.now = w.now.Add(d) }

func TestWhatIsDownGetsOneProbeOnceItsPauseIsOver(t *testing.T) {
	for _, strategy := range []string{"priority", "weighted", "cost", "latency", "balanced", "least_busy"} {
		t.Run(strategy, func(t *testing.T) {
			w := newWard(strategy)
			w.spec.Routes[2].Weights = map[string]float64{"cheap": 1}
			for _, c := range w.spec.Candidates {
				firstByte := time.Second
				if c.Model == "cheap" { // the fastest too
					firstByte = 100 * time.Millisecond
				}
				w.answers(c.Provider, c.Model, 50, firstByte)
			}
			w.fails("openai", "cheap")
			r, rnd := router(t, w.spec), seeded(1)
			probes := func() (n int) {
				for range 200 {
					f := chat("")
					d, err := r.Decide(&f, rnd)
					if err != nil {
						t.Fatal(err)
					}
					if d.Plan[0].Model != "cheap" {
						continue
					}
					n++
					if d.Reason != whyProbe || len(d.Plan) < 2 {
						t.Fatalf("%s: %s", d.models(), d.Reason)
					}
				}
				return n
			}
			if n := probes(); n != 0 {
				t.Errorf("at once %d of 200 requests try it", n)
			}
			w.pass(2 * time.Second)
			if n := probes(); n != 1 {
				t.Errorf("after its pause %d of 200 requests try it", n)
			}
			w.pass(3 * time.Second)
			if n := probes(); n != 0 {
				t.Errorf("while a probe is under way, %d of 200 others try it", n)
			}
		})
	}
}

func TestAProbeHasAFallbackEvenWhereTheRouteHasNone(t *testing.T) {
	w := newWard("priority")
	w.spec.Routes[2].Fallbacks = 0
	w.fails("openai", "cheap")
	w.pass(2 * time.Second)
	plan, d, _ := decide(t, router(t, w.spec), chat(""))
	if !strings.HasPrefix(plan, "cheap ") || len(d.Plan) != 2 {
		t.Errorf("the plan is %s", plan)
	}
}

func TestReadingOnlyUsesUpNoProbe(t *testing.T) {
	w := newWard("priority")
	w.fails("openai", "cheap")
	w.pass(2 * time.Second)
	r := router(t, w.spec)
	for range 3 {
		if plan, _, _ := decide(t, r.ReadOnly(), chat("")); !strings.HasPrefix(plan, "cheap ") {
			t.Fatalf("explained as %s", plan)
		}
	}
	if plan, _, _ := decide(t, r, chat("")); !strings.HasPrefix(plan, "cheap ") {
		t.Errorf("the probe was gone: %s", plan)
	}
}

func TestWhatIsDownAndWouldNotBeFirstComesLast(t *testing.T) {
	w := newWard("priority")
	w.spec.Routes[2].Fallbacks = 3
	all := w.spec.Candidates
	w.fails(all[1].Provider, all[1].Model)
	w.pass(2 * time.Second)
	plan, d, _ := decide(t, router(t, w.spec), chat(""))
	if !strings.HasPrefix(plan, "cheap ") || !strings.HasSuffix(plan, " "+all[1].Model) || d.Candidates()[1].Note != whyLate {
		t.Errorf("the plan is %s, the note %q", plan, d.Candidates()[1].Note)
	}
	w.spec.Routes[2].Fallbacks = 2 // those that are up fill the plan
	if plan, d, _ := decide(t, router(t, w.spec), chat("")); strings.Contains(plan, all[1].Model) || d.Candidates()[1].Refused.Filter != "health" {
		t.Errorf("the plan is %s", plan)
	}
}

func TestAfterAProbeAnsweredTheShareRises(t *testing.T) {
	w := newWard("priority")
	w.fails("openai", "cheap")
	w.pass(2 * time.Second)
	r, rnd := router(t, w.spec), seeded(3)
	w.answers("openai", "cheap", 1, 50*time.Millisecond)
	share := func() float64 {
		n := 0
		for range 1000 {
			f := chat("")
			if d, err := r.Decide(&f, rnd); err == nil && d.Plan[0].Model == "cheap" {
				n++
			}
		}
		return float64(n) / 1000
	}
	var shares []float64
	for range 4 {
		shares = append(shares, share())
		w.pass(time.Second)
	}
	if shares[0] < 0.05 || shares[0] > 0.2 || shares[1] < 1.5*shares[0] || shares[2] <= shares[1] || shares[3] != 1 {
		t.Errorf("a share of %.2f from second to second", shares)
	}
}

func TestARouteMayBoundTheTimeToTheFirstByte(t *testing.T) {
	w := newWard("priority")
	w.spec.Routes[2].MaxTTFT = 500 * time.Millisecond
	w.answers("openai", "cheap", 50, time.Second)
	plan, d, _ := decide(t, router(t, w.spec), chat(""))
	if strings.Contains(plan, "cheap") || d.Candidates()[0].Refused.Filter != "latency" {
		t.Errorf("the plan is %s, the verdict %+v", plan, d.Candidates()[0].Refused)
	}
	for _, c := range w.spec.Candidates {
		w.answers(c.Provider, c.Model, 50, time.Second)
	}
	_, _, e := decide(t, router(t, w.spec), chat(""))
	if e == nil || !strings.Contains(e.Message, "to the first byte, and route") {
		t.Errorf("all are too slow: %v", e)
	}
	w.pass(staleAfter + time.Second)
	r := router(t, w.spec)
	if plan, _, _ := decide(t, r, chat("")); plan == "" {
		t.Error("nobody looks whether they still are")
	}
	if _, _, e := decide(t, r, chat("")); e == nil {
		t.Error("everybody looks whether they still are")
	}
}

// TestAPercentileMayCountInsteadOfTheMean has one candidate that is faster by the mean and one that is steadier.
func TestAPercentileMayCountInsteadOfTheMean(t *testing.T) {
	w := newWard("balanced")
	w.spec.Routes[2].Balance = Balance{Latency: 1}
	for i := range 400 {
		w.answers("openai", "cheap", 1, []time.Duration{150, 250, 1000, 400, 2500}[i%5]*time.Millisecond)
		w.answers("openai", "strong", 1, []time.Duration{900, 1000, 1100}[i%3]*time.Millisecond)
	}
	w.spec.Routes[2].Models = []string{"cheap", "strong"}
	if plan, _, _ := decide(t, router(t, w.spec), chat("")); !strings.HasPrefix(plan, "cheap") {
		t.Errorf("by the mean: %s", plan)
	}
	w.spec.Routes[2].Percentile = 95
	if plan, _, _ := decide(t, router(t, w.spec), chat("")); !strings.HasPrefix(plan, "strong") {
		t.Errorf("by the 95th percentile: %s", plan)
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
