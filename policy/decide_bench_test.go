package policy

import (
	"fmt"
	"testing"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
	"github.com/llmroute/llmroute/policy/learn"
)

// benchSpec has the given sizes; the last route and every second policy match.
func benchSpec(models, rules, policies int) Spec {
	var s Spec
	for i := range models {
		s.Candidates = append(s.Candidates, Candidate{
			Model: fmt.Sprint("model-", i), Provider: fmt.Sprint("provider-", i%5), Name: fmt.Sprint("name-", i), Region: "us",
			Ops: map[string]bool{"chat_completions": true}, Quality: 0.5, QualityKnown: true,
			Facts: catalog.Facts{Mode: catalog.ModeChat, PriceKnown: true, Price: catalog.Price{Input: float64(1 + i%7), Output: float64(4 + i%11)},
				ContextWindow: 128_000, MaxOutputTokens: 8_000, Has: catalog.Tools},
		})
	}
	for i := range rules - 1 {
		match := fmt.Sprintf(`headers["x-tenant"] == "t%d" && input_tokens > %d`, i, i)
		s.Routes = append(s.Routes, Route{Name: fmt.Sprint("r", i), Match: expr(match), Models: []string{"model-1*"}, Strategy: "cost", Fallbacks: 2})
	}
	s.Routes = append(s.Routes, Route{Name: "default", Models: []string{"*"}, Strategy: "cost", Fallbacks: 2, MinQuality: 0.3})
	for i := range policies {
		p := Policy{Name: fmt.Sprint("p", i), Match: expr(fmt.Sprintf(`team == "team-%d"`, i)), Deny: Selector{Models: []string{"model-1*"}}}
		if i%2 == 0 {
			p.Match, p.Deny, p.MaxOutputTokens = expr(`team != "nobody"`), Selector{Models: []string{fmt.Sprint("model-", i)}}, 4000+i
		}
		s.Policies = append(s.Policies, p)
	}
	return s
}

func benchDecide(b *testing.B, r *Router) {
	header := func(string) string { return "acme" }
	rnd := seeded(1)
	b.ReportAllocs()
	for b.Loop() {
		f := chat("")
		f.Team, f.Header, f.Needs = "research", header, catalog.Tools
		if _, err := r.Decide(&f, rnd); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecide is the size that the targets speak of: 20 models, 20 rules, 10 policies.
func BenchmarkDecide(b *testing.B) { benchDecide(b, router(b, benchSpec(20, 20, 10))) }

func BenchmarkDecideLarge(b *testing.B) { benchDecide(b, router(b, benchSpec(1000, 500, 100))) }

func BenchmarkInterpreted(b *testing.B) {
	e := expr(`team == "x"`)
	f := sample()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = e.interpret(&f)
	}
}

func TestDecideAllocatesLittle(t *testing.T) {
	r := router(t, benchSpec(20, 20, 10))
	rnd := seeded(1)
	n := testing.AllocsPerRun(200, func() {
		f := chat("")
		f.Team, f.Header = "research", func(string) string { return "acme" }
		_, _ = r.Decide(&f, rnd)
	})
	if n > 40 {
		t.Errorf("%v allocations, at most 40 wanted", n)
	}
}

// BenchmarkDecideByLatency has the thousand models of BenchmarkDecideLarge, all measured.
func BenchmarkDecideByLatency(b *testing.B) {
	s := benchSpec(1000, 500, 100)
	now := time.Unix(1e9, 0)
	s.Observations = learn.New(func() time.Time { return now })
	s.Routes[len(s.Routes)-1].Strategy = "latency"
	for _, c := range s.Candidates {
		s.Observations.Arm(c.Provider, c.Model)
		s.Observations.Observe(&learn.Observation{Provider: c.Provider, Model: c.Model, Outcome: learn.Answered, Done: true, Stream: true,
			FirstByte: time.Second, Elapsed: 2 * time.Second, OutputTokens: 50})
	}
	benchDecide(b, router(b, s))
}
