package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

// growth measures how long a decision takes as rules and models grow, prints it, and plots it.
func growth(dir string) error {
	sizes := []int{1, 10, 30, 100, 300, 1000, 3000}
	c := chart{title: "time of a decision", x: "rules, or models", y: "µs", logX: true, logY: true}
	for i, g := range []struct {
		name string
		spec func(n int) (policy.Spec, error)
	}{
		{"rules of other tenants", func(n int) (policy.Spec, error) {
			return growthSpec(20, n, `headers["x-tenant"] == "t%d" && input_tokens > 10`)
		}},
		{"rules that must be looked at", func(n int) (policy.Spec, error) { return growthSpec(20, n, `input_tokens > 1000%d`) }},
		{"models of the route", func(n int) (policy.Spec, error) { return growthSpec(n, 1, `input_tokens == %d`) }},
	} {
		line := curve{name: g.name, colour: palette[i+1]}
		for _, n := range sizes {
			spec, err := g.spec(n)
			if err != nil {
				return err
			}
			took, err := decisionTime(spec)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stdout, "%-30s %5d  %8.2f µs\n", g.name, n, took)
			line.xs, line.ys = append(line.xs, float64(n)), append(line.ys, took)
		}
		c.lines = append(c.lines, line)
	}
	if dir == "" {
		return nil
	}
	return c.write(dir, "decision-growth")
}

// growthSpec has so many models and rules, of which only the last rule matches.
func growthSpec(models, rules int, match string) (policy.Spec, error) {
	var s policy.Spec
	for i := range models {
		s.Candidates = append(s.Candidates, policy.Candidate{
			Model: fmt.Sprint("model-", i), Provider: fmt.Sprint("provider-", i%5), Ops: map[string]bool{"chat_completions": true},
			Facts: catalog.Facts{Mode: catalog.ModeChat, PriceKnown: true, Price: catalog.Price{Input: float64(1 + i%7), Output: float64(4 + i%11)},
				MaxInputTokens: 128_000, MaxOutputTokens: 8_000, Has: catalog.Tools},
		})
	}
	for i := range rules - 1 {
		e, err := policy.Compile(fmt.Sprintf(match, i))
		if err != nil {
			return s, err
		}
		s.Routes = append(s.Routes, policy.Route{Name: fmt.Sprint("r", i), Match: e, Models: []string{"model-1*"}, Strategy: "cost", Fallbacks: 2})
	}
	s.Routes = append(s.Routes, policy.Route{Name: "default", Models: []string{"*"}, Strategy: "cost", Fallbacks: 2})
	return s, nil
}

// decisionTime is in microseconds: the best of several batches, as whatever else the machine does only adds to them.
func decisionTime(spec policy.Spec) (float64, error) {
	r, err := policy.New(spec)
	if err != nil {
		return 0, err
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	header := func(string) string { return "acme" }
	best := 0.0
	const batches, batch = 60, 40
	for range batches {
		start := time.Now()
		for range batch {
			f := policy.Features{Op: "chat_completions", InputTokens: 300, N: 1, Needs: catalog.Tools, Header: header}
			if _, err := r.Decide(&f, rnd); err != nil {
				return 0, err
			}
		}
		if took := time.Since(start).Seconds() * 1e6 / batch; best == 0 || took < best {
			best = took
		}
	}
	return best, nil
}
