package policy

import (
	"math"
	"strings"
	"sync"
	"testing"
)

// judged is a request of a known complexity.
func judged(complexity float64) Features {
	f := chat("")
	f.Know(Known{Task: TaskQA, Complexity: complexity})
	return f
}

func strengthWorld(above, share *float64) Spec {
	s := world()
	s.Routes = []Route{{Name: "default", Models: []string{"cheap", "strong", "haiku"}, Strategy: "quality", Fallbacks: 2, StrongAbove: above, StrongShare: share}}
	s.Aliases = nil
	return s
}

func TestComplexityPicksTheCheapestOrTheBest(t *testing.T) {
	for name, row := range map[string]struct {
		complexity, quality float64
		plan, reason        string
	}{
		"below":                          {0.39, 0, "cheap haiku strong", "complexity 0.39 is below 0.40: cheapest of 3 at $0.000305"},
		"at the threshold":               {0.40, 0, "strong haiku cheap", "complexity 0.40 reaches 0.40: best of 3 at quality 0.9"},
		"above":                          {0.9, 0, "strong haiku cheap", "complexity 0.90 reaches 0.40: best of 3 at quality 0.9"},
		"below, where cheap is too poor": {0.1, 0.6, "haiku strong", "complexity 0.10 is below 0.40: cheapest of 2 at $0.00356"},
	} {
		t.Run(name, func(t *testing.T) {
			s := strengthWorld(ptr(0.4), nil)
			s.Routes[0].MinQuality = row.quality
			plan, d, err := decide(t, router(t, s), judged(row.complexity))
			if err != nil || plan != row.plan || !strings.HasPrefix(d.Reason, row.reason) {
				t.Errorf("%s: %s", plan, d.Reason)
			}
			f := judged(row.complexity)
			record := Explain(&f, d, nil)
			if record.Strength == nil || record.Strength.Threshold != 0.4 || record.Strength.Complexity != row.complexity || record.Strength.Strong != (row.complexity >= 0.4) {
				t.Errorf("%+v", record.Strength)
			}
			if !strings.Contains(record.Table(), "threshold 0.40") {
				t.Error(record.Table())
			}
		})
	}
}

func TestTheThresholdKeepsTheShareWhateverComes(t *testing.T) {
	const n = 4000
	bound := (1 + 2*step) / (step * n)
	for name, next := range map[string]func(i int) float64{
		"all alike":             func(int) float64 { return 0.2 },
		"of two kinds":          func(i int) float64 { return []float64{0.1, 0.7}[i%2] },
		"spread":                func(i int) float64 { return math.Mod(float64(i)*0.6180339887, 1) },
		"harder after a while":  func(i int) float64 { return math.Mod(float64(i)*0.6180339887, 0.2) + float64(i/(n/2))*0.6 },
		"easy at first, in row": func(i int) float64 { return float64(i) / n },
	} {
		for _, share := range []float64{0, 0.1, 0.5, 0.9, 1} {
			r := router(t, strengthWorld(nil, &share))
			strong := 0
			for i := range n {
				f := judged(next(i))
				d, err := r.Decide(&f, nil)
				if err != nil {
					t.Fatal(err)
				}
				if d.Strength.Strong {
					strong++
				}
			}
			if got := float64(strong) / n; math.Abs(got-share) > bound {
				t.Errorf("%s: a share of %.3f, wanted %.3f within %.3f", name, got, share, bound)
			}
		}
	}
}

func TestTheThresholdBeginsWhereTrainingPutsIt(t *testing.T) {
	for share, want := range map[float64]float64{0: 1 + step, 0.1: 0.462, 0.5: 0.139, 1: 0, 0.325: 0.195} {
		if got := newThreshold(nil, &share).value(); math.Abs(got-want) > 1e-9 {
			t.Errorf("a share of %g begins at %g, want %g", share, got, want)
		}
	}
}

func TestExplainingDoesNotMoveTheThreshold(t *testing.T) {
	r := router(t, strengthWorld(nil, ptr(0.3)))
	before := r.routes[0].threshold.value()
	f := judged(0.5)
	for range 10 {
		if _, err := r.ReadOnly().Decide(&f, nil); err != nil {
			t.Fatal(err)
		}
	}
	if r.routes[0].threshold.value() != before {
		t.Error("it has moved")
	}
	if _, err := r.Decide(&f, nil); err != nil || math.Abs(r.routes[0].threshold.value()-before-step*0.7) > 1e-12 {
		t.Errorf("from %g to %g, %v", before, r.routes[0].threshold.value(), err)
	}
}

func TestAThresholdOutlivesTheConfigurationOfTheSameShare(t *testing.T) {
	old := router(t, strengthWorld(nil, ptr(0.3)))
	f := judged(0.5)
	_, _ = old.Decide(&f, nil)
	same, other, fixed := router(t, strengthWorld(nil, ptr(0.3))), router(t, strengthWorld(nil, ptr(0.4))), router(t, strengthWorld(ptr(0.3), nil))
	for _, r := range []*Router{same, other, fixed} {
		r.Inherit(old)
		r.Inherit(nil)
	}
	if same.routes[0].threshold != old.routes[0].threshold {
		t.Error("the share is the same, and the threshold begins anew")
	}
	if other.routes[0].threshold == old.routes[0].threshold || fixed.routes[0].threshold.value() != 0.3 {
		t.Error("another share goes on with the old threshold")
	}
}

func TestRequestsAtOnceMoveTheThresholdByAllTheirSteps(t *testing.T) {
	th := newThreshold(nil, ptr(0.5))
	before := th.value()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 1000 {
				th.follow(true)
			}
		})
	}
	group.Wait()
	if got, want := th.value()-before, 4000*step/2; math.Abs(got-want) > 1e-6 {
		t.Errorf("moved by %g, want %g", got, want)
	}
}

func TestQualityMayDifferByTask(t *testing.T) {
	s := world()
	s.Candidates[0].TaskQuality = map[string]float64{TaskCode: 0.95}
	s.Candidates[1].TaskQuality = map[string]float64{TaskCode: 0.3}
	s.Routes = []Route{{Name: "default", Models: []string{"cheap", "strong", "haiku"}, Strategy: "quality", Fallbacks: 2, MinQuality: 0.4}}
	s.Aliases = nil
	r := router(t, s)
	for task, want := range map[string]string{TaskCode: "cheap haiku", TaskQA: "strong haiku cheap"} {
		f := chat("")
		f.Know(Known{Task: task, Complexity: 0.1})
		plan, d, _ := decide(t, r, f)
		if plan != want {
			t.Errorf("%s: %s", task, plan)
		}
		if reason := d.Candidates()[1].Refused.Reason; task == TaskCode && reason != "quality for code 0.3 is below the 0.4 that route default demands" {
			t.Error(reason)
		}
	}
}

func TestMinQualityIsABoundAndNotAHint(t *testing.T) {
	for least, want := range map[float64]string{0.5: "cheap haiku strong", 0.501: "haiku strong", 0.9: "strong", 0.901: string(NoCandidate)} {
		s := strengthWorld(nil, nil)
		s.Routes[0].Strategy, s.Routes[0].MinQuality = "cost", least
		if plan, _, _ := decide(t, router(t, s), chat("")); plan != want {
			t.Errorf("at %g: %s, want %s", least, plan, want)
		}
	}
}
