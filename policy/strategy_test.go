package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

func TestWeightedFollowsTheShares(t *testing.T) {
	r := router(t, world())
	f := chat("").with("x-kind: split")
	rnd := seeded(7)
	first := map[string]int{}
	const n = 20_000
	for range n {
		d, err := r.Decide(&f, rnd)
		if err != nil {
			t.Fatal(err)
		}
		first[d.Plan[0].Model]++
		if !slices.ContainsFunc(d.Candidates(), func(c Considered) bool { return c.Model == "strong" && c.Rank != 1 }) {
			t.Fatal("a model without weight came first")
		}
	}
	if share := float64(first["cheap"]) / n; math.Abs(share-0.7) > 0.02 {
		t.Errorf("cheap got %.3f, want 0.7", share)
	}
}

func TestWeightedSaysTheShare(t *testing.T) {
	r := router(t, world())
	f := chat("").with("x-kind: split")
	d, _ := r.Decide(&f, seeded(1))
	if want := map[string]string{"cheap": "weighted 70 % of 3", "haiku": "weighted 30 % of 3"}[d.Plan[0].Model]; d.Reason != want {
		t.Errorf("%s because %q", d.Plan[0].Model, d.Reason)
	}
}

// learned is a State in which each model, at its provider in world, has answered often in so many seconds.
func learned(firstBytes map[string]time.Duration) *learn.State {
	now := time.Unix(1e9, 0)
	seen := learn.New(func() time.Time { return now })
	defer func() { now = now.Add(100 * time.Second) }() // since then nothing was tried
	for _, c := range world().Candidates {
		first, ok := firstBytes[c.Model]
		if !ok {
			continue
		}
		seen.Arm(c.Provider, c.Model)
		for range 200 {
			seen.Observe(&learn.Observation{Provider: c.Provider, Model: c.Model, Outcome: learn.Answered, Done: true, Stream: true,
				InputTokens: 1000, OutputTokens: 100, FirstByte: first, Elapsed: first + time.Second})
		}
	}
	return seen
}

func TestLatencyTakesTheFastestAndNowAndThenAnother(t *testing.T) {
	s := world()
	s.Routes[2].Strategy, s.Routes[2].Fallbacks = "latency", 9
	s.Observations = learned(map[string]time.Duration{"cheap": 3 * time.Second, "strong": time.Second, "haiku": 2 * time.Second, "local": 30 * time.Second})
	r := router(t, s)
	const n = 5000
	firsts, rnd := map[string]int{}, seeded(1)
	for range n {
		f := chat("")
		d, err := r.Decide(&f, rnd)
		if err != nil {
			t.Fatal(err)
		}
		firsts[d.Plan[0].Model]++
		if d.Plan[0].Model == "strong" && (d.Plan[1].Model != "haiku" || !strings.HasPrefix(d.Reason, "fastest of 4 at ")) && !strings.HasPrefix(d.Reason, "not tried") {
			t.Fatalf("%s: %s", d.models(), d.Reason)
		}
	}
	if share := float64(firsts["strong"]) / n; share < 0.98 || share == 1 {
		t.Errorf("%v were first", firsts)
	}
}

func TestLatencyTriesWhatWasNeverMeasured(t *testing.T) {
	s := world()
	s.Routes[2].Strategy = "latency"
	for name, row := range map[string]struct {
		seen        *learn.State
		least, most float64 // the share of local, which is never measured
	}{
		"all alike where nothing is measured": {learned(nil), 0.2, 0.3},
		"nothing observed at all":             {nil, 0.2, 0.3},
		"a twentieth where others are":        {learned(map[string]time.Duration{"cheap": 1e9, "strong": 2e9, "haiku": 3e9}), 0.035, 0.065},
	} {
		t.Run(name, func(t *testing.T) {
			s.Observations = row.seen
			r, rnd, n := router(t, s), seeded(1), 0
			for range 5000 {
				f := chat("")
				if d, _ := r.Decide(&f, rnd); d.Plan[0].Model == "local" {
					n++
				}
			}
			if share := float64(n) / 5000; share < row.least || share > row.most {
				t.Errorf("share %.3f", share)
			}
		})
	}
}

func TestBalancedWeighs(t *testing.T) {
	for name, row := range map[string]struct {
		balance Balance
		first   string
	}{
		"cost alone is cost":              {Balance{Cost: 1}, "cheap"},
		"quality alone is quality":        {Balance{Quality: 1}, "strong"},
		"latency alone, nothing measured": {Balance{Latency: 1}, "cheap"},
		"mostly quality":                  {Balance{Cost: 1, Quality: 3}, "strong"},
		"nothing said is each alike":      {Balance{}, "haiku"},
	} {
		t.Run(name, func(t *testing.T) {
			s := world()
			s.Routes[2].Strategy, s.Routes[2].Balance = "balanced", row.balance
			_, d, _ := decide(t, router(t, s), chat(""))
			if d.Plan[0].Model != row.first {
				t.Errorf("got %s, want %s: %s", d.models(), row.first, d.Reason)
			}
		})
	}
}

func TestAmounts(t *testing.T) {
	for x, want := range map[float64]string{0: "$0.00", 0.000213: "$0.000213", 0.0021349: "$0.00213", 0.5: "$0.500", 12.345: "$12.35"} {
		if got := usd(x); got != want {
			t.Errorf("%g is %s, want %s", x, got, want)
		}
	}
}

// alternates reports whether no two neighbours are of one provider.
func alternates(providers []string) bool {
	for i := 1; i < len(providers); i++ {
		if providers[i] == providers[i-1] {
			return false
		}
	}
	return true
}

// canAlternateBrute tries every choice of n further entries after last.
func canAlternateBrute(last string, rest []string, n int) bool {
	if n == 0 {
		return true
	}
	for i, p := range rest {
		if p != last && canAlternateBrute(p, slices.Delete(slices.Clone(rest), i, i+1), n-1) {
			return true
		}
	}
	return false
}

func TestPlansAlternateProvidersWhereverTheyCan(t *testing.T) {
	rnd := seeded(3)
	for range 3000 {
		n := 1 + rnd.IntN(6)
		s := Spec{Routes: []Route{{Name: "r", Models: []string{"*"}, Strategy: "priority", Fallbacks: rnd.IntN(6)}}}
		var providers []string
		for i := range n {
			p := string(rune('a' + rnd.IntN(3)))
			providers = append(providers, p)
			s.Candidates = append(s.Candidates, Candidate{Model: fmt.Sprint("m", i), Provider: p, Ops: map[string]bool{"chat_completions": true}})
		}
		f := chat("")
		d, err := router(t, s).Decide(&f, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range d.Plan {
			got = append(got, e.Provider)
		}
		size := min(n, 1+s.Routes[0].Fallbacks)
		if len(got) != size || d.Plan[0].Model != "m0" {
			t.Fatalf("plan %s of %v, want %d entries, m0 first", d.models(), providers, size)
		}
		if canAlternateBrute(providers[0], providers[1:], size-1) && !alternates(got) {
			t.Fatalf("%v from %v", got, providers)
		}
	}
}

func TestTableTellsTheWholeStory(t *testing.T) {
	s := world()
	s.Policies = []Policy{{Name: "interns", Match: expr(`team == "interns"`), Deny: Selector{Models: []string{"strong"}}, MaxOutputTokens: 2000}}
	f := chat("auto")
	f.Team = "interns"
	d, err := router(t, s).Decide(&f, nil)
	table := Explain(&f, d, err).Table()
	t.Log("\n" + table)
	for _, part := range []string{
		"policies   interns", "route      default", "edit       output limit 2000", "policy: model is denied (policy interns)",
		"plan  cheap at openai, then haiku at anthropic, then local at eu-vllm", "why   cheapest of 3 at $0.000305",
	} {
		if !strings.Contains(table, part) {
			t.Errorf("lacks %q", part)
		}
	}
}

// TestManyCandidatesArePlannedAsIfAllWereSorted holds the cost strategy against priority over a list sorted by cost.
func TestManyCandidatesArePlannedAsIfAllWereSorted(t *testing.T) {
	rnd := seeded(9)
	for range 200 {
		var s Spec
		for i := range 20 + rnd.IntN(100) {
			c := Candidate{Model: fmt.Sprint("m", i), Provider: string(rune('a' + rnd.IntN(3))), Ops: map[string]bool{"chat_completions": true}}
			c.Facts.PriceKnown, c.Facts.Price.Input = true, 1+rnd.Float64()
			s.Candidates = append(s.Candidates, c)
		}
		fallbacks := rnd.IntN(5)
		sorted := slices.Clone(s.Candidates)
		slices.SortFunc(sorted, func(a, b Candidate) int { return cmp.Compare(a.Facts.Price.Input, b.Facts.Price.Input) })
		var names []string
		for _, c := range sorted {
			names = append(names, c.Model)
		}
		s.Routes = []Route{
			{Name: "cost", Models: []string{"*"}, Strategy: "cost", Fallbacks: fallbacks},
			{Name: "list", Models: names, Strategy: "priority", Fallbacks: fallbacks},
		}
		r := router(t, s)
		byCost, _, _ := decide(t, r, chat("route/cost"))
		byList, _, _ := decide(t, r, chat("route/list"))
		if byCost != byList {
			t.Fatalf("by cost %s, want %s", byCost, byList)
		}
	}
}
