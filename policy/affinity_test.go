package policy

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
	"github.com/llmroute/llmroute/policy/learn"
)

// twins has the same model at three providers, and one that costs more.
func twins(strategy string) Spec {
	chat := map[string]bool{"chat_completions": true}
	var s Spec
	for i, price := range []float64{1, 1, 1, 3} {
		s.Candidates = append(s.Candidates, Candidate{
			Model: fmt.Sprint("m", i), Provider: fmt.Sprint("p", i), Name: "same", Ops: chat, Quality: 0.8, QualityKnown: true,
			Facts: catalog.Facts{Mode: catalog.ModeChat, PriceKnown: true, Price: catalog.Price{Input: price, Output: 2 * price, CachedInput: price / 10}},
		})
	}
	s.Routes = []Route{{Name: "default", Models: []string{"*"}, Strategy: strategy, Fallbacks: 2, Affinity: true}}
	return s
}

// conversation is a request of the n-th conversation.
func conversation(n int) Features {
	f := chat("")
	f.InputTokens = 10_000
	f.Opening = func() (system, user []byte) { return []byte("You help."), fmt.Append(nil, "question ", n) }
	return f
}

const conversations = 3000

// homes is where conversations go, by model, on their first turn.
func homes(t *testing.T, r *Router) (first []string, count map[string]int) {
	t.Helper()
	rnd := seeded(7)
	first, count = make([]string, conversations), map[string]int{}
	for n := range conversations {
		for range 2 { // of two turns
			f := conversation(n)
			d, err := r.Decide(&f, rnd)
			if err != nil {
				t.Fatal(err)
			}
			model := d.Plan[0].Model
			if first[n] != "" && first[n] != model {
				t.Fatalf("conversation %d was at %s and is at %s", n, first[n], model)
			}
			first[n] = model
		}
		count[first[n]]++
	}
	return first, count
}

func TestEqualsShareConversationsAndKeepThem(t *testing.T) {
	for _, strategy := range []string{"cost", "balanced"} {
		s := twins(strategy)
		before, count := homes(t, router(t, s))
		if count["m3"] > 0 {
			t.Errorf("%s: the dear one is home to %d", strategy, count["m3"])
		}
		for _, m := range []string{"m0", "m1", "m2"} {
			if share := float64(count[m]) / conversations; math.Abs(share-1.0/3) > 0.03 {
				t.Errorf("%s: %s is home to %.2f of the conversations", strategy, m, share)
			}
		}
		s.Policies = []Policy{{Name: "out", Deny: Selector{Models: []string{"m1"}}}}
		after, _ := homes(t, router(t, s))
		for n := range after {
			if before[n] != "m1" && after[n] != before[n] {
				t.Fatalf("%s: conversation %d moved from %s to %s, though only m1 is gone", strategy, n, before[n], after[n])
			}
		}
	}
}

func TestWithoutAffinityTheListDecidesBetweenEquals(t *testing.T) {
	s := twins("cost")
	s.Routes[0].Affinity = false
	if _, count := homes(t, router(t, s)); count["m0"] != conversations {
		t.Errorf("%v", count)
	}
}

func TestWhatACacheSavesIsCountedAgainstTheDifferenceInCost(t *testing.T) {
	for name, row := range map[string]struct {
		cached float64 // price of m0, which costs 0.9 instead of 1
		home   string
	}{
		"a cheaper one with the same discount":          {0.09, "m0"},
		"a cheaper one without a cache":                 {0, "m1 m2"},
		"a cheaper one with too small a discount":       {0.6, "m1 m2"},
		"a cheaper one whose discount is about as good": {0.11, "m0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := twins("cost")
			s.Candidates[0].Facts.Price = catalog.Price{Input: 0.9, Output: 1.8, CachedInput: row.cached}
			_, count := homes(t, router(t, s))
			for m, n := range count {
				if !strings.Contains(row.home, m) {
					t.Errorf("%s is home to %d conversations", m, n)
				}
			}
		})
	}
}

func TestAWeightedDrawIsTheSessionsOwn(t *testing.T) {
	s := twins("weighted")
	s.Routes[0].Weights = map[string]float64{"m0": 70, "m1": 30}
	_, count := homes(t, router(t, s))
	if share := float64(count["m0"]) / conversations; math.Abs(share-0.7) > 0.03 || count["m2"]+count["m3"] > 0 {
		t.Errorf("%v", count)
	}
}

func TestAHomeThatIsMuchSlowerIsLeft(t *testing.T) {
	now := time.Unix(1e9, 0)
	for name, row := range map[string]struct {
		slower float64
		left   bool
	}{"as fast": {1, false}, "a little slower": {1.15, false}, "twice as slow": {2, true}} {
		t.Run(name, func(t *testing.T) {
			s := twins("latency")
			s.Observations = learn.New(func() time.Time { return now })
			for i, c := range s.Candidates {
				seconds := 1.0
				if i == 0 {
					seconds = row.slower
				}
				s.Observations.Arm(c.Provider, c.Model)
				for range 300 {
					s.Observations.Observe(&learn.Observation{Provider: c.Provider, Model: c.Model, Outcome: learn.Answered, Done: true, Stream: true,
						FirstByte: time.Duration(seconds * float64(time.Second)), Elapsed: time.Duration(seconds * float64(time.Second)), OutputTokens: 50, InputTokens: 10_000})
				}
			}
			_, count := homes(t, router(t, s))
			if (count["m0"] == 0) != row.left {
				t.Errorf("%v", count)
			}
		})
	}
}

func TestTheReasonNamesTheHome(t *testing.T) {
	f := conversation(1)
	d, err := router(t, twins("cost")).Decide(&f, nil)
	if err != nil || !strings.HasPrefix(d.Reason, "home of the session; cheapest of 4 at $") {
		t.Errorf("%s, %v", d.Reason, err)
	}
}

func TestASessionIsTheSameOnEveryTurnAndForNobodyElse(t *testing.T) {
	base := conversation(1)
	same := conversation(1)
	same.Messages, same.InputTokens, same.Model = 9, 99_999, "m1"
	if base.Session() == "" || len(base.Session()) != 16 || base.Session() != same.Session() {
		t.Errorf("%q and %q", base.Session(), same.Session())
	}
	others := map[string]string{base.Session(): "base"}
	for name, change := range map[string]func(*Features){
		"another question": func(f *Features) { *f = conversation(2) },
		"another user":     func(f *Features) { f.User = "ada" },
		"another team":     func(f *Features) { f.Team = "ada" },
		"another client":   func(f *Features) { f.Client = "ada" },
		"another system prompt": func(f *Features) {
			f.Opening = func() (system, user []byte) { return []byte("You judge."), []byte("question 1") }
		},
		"the border elsewhere": func(f *Features) {
			f.Opening = func() (system, user []byte) { return []byte("You help.q"), []byte("uestion 1") }
		},
		"longer by what is not read": func(f *Features) {
			f.Opening = func() (system, user []byte) { return nil, []byte(strings.Repeat("x", sessionText+1)) }
		},
		"shorter": func(f *Features) {
			f.Opening = func() (system, user []byte) { return nil, []byte(strings.Repeat("x", sessionText)) }
		},
	} {
		f := conversation(1)
		change(&f)
		if before, twice := others[f.Session()]; twice {
			t.Errorf("%s has the session of %s", name, before)
		}
		others[f.Session()] = name
	}
	silent := chat("")
	if silent.Session() != "" {
		t.Error("a session of nothing")
	}
}

func TestSessionsAndClaimsAreThereForExpressions(t *testing.T) {
	f := conversation(1)
	f.Client = "batch"
	f.Claim = func(name string) string {
		return map[string]string{"realm.Team": "x", "https://a.b/role": "admin"}[name]
	}
	for source, want := range map[string]bool{
		`session != ""`: true, `client == "batch"`: true, `claims["realm.Team"] == "x"`: true, `claims["realm.team"] == "x"`: false,
		`"https://a.b/role" in claims`: true, `"role" in claims`: false, `claims.role == ""`: true,
		`claims["realm." + "Team"].startsWith("x")`: true, `client in ["batch", "web"] && size(session) == 16`: true,
	} {
		e := expr(source)
		direct, err := e.Eval(&f)
		interpreted, err2 := e.interpret(&f)
		if direct != want || interpreted != want || err != nil || err2 != nil {
			t.Errorf("%s is %v and %v (%v, %v)", source, direct, interpreted, err, err2)
		}
	}
	for _, source := range []string{`claims.exists(c, c == "x")`, `size(claims) > 0`, `claims == {}`} {
		if _, err := Compile(source); err == nil || !strings.Contains(err.Error(), "claims can only be asked for one by one") {
			t.Errorf("%s: %v", source, err)
		}
	}
	if expr(`claims["a"] == "b"`).direct == nil {
		t.Error("a claim goes to the interpreter")
	}
}
