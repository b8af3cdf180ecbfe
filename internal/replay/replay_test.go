package replay_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/replay"
)

// snapshot compiles two models of two providers, and what text adds.
func snapshot(t testing.TB, text string) *extproc.Snapshot {
	t.Helper()
	file, faults := config.Load("llmroute.yaml", []byte(`
providers:
  alpha: {schema: openai, endpoint: "http://127.0.0.1:1/v1", region: us}
  beta: {schema: openai, endpoint: "http://127.0.0.1:2/v1", region: eu}
models:
  a: {provider: alpha, price: {input: 1, output: 2}}
  b: {provider: beta, price: {input: 0.1, output: 0.2}}
aliases: {auto: default}
`+text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatalf("the test's configuration: %v", faults)
	}
	s, faults := compile.Compile(file, nil)
	if len(faults) > 0 {
		t.Fatalf("the test's configuration: %v", faults)
	}
	return s.Stages(time.Time{})
}

const (
	byPrice = `routes: [{name: default, models: [a, b], strategy: cost}]`
	byList  = `routes: [{name: default, models: [a, b], strategy: priority}]`
	byLot   = `routes: [{name: default, models: [a, b], strategy: weighted, weights: {a: 50, b: 50}}]`
)

// features is a recorded line. decision is JSON.
func features(extra, decision string) string {
	return fmt.Sprintf(`{"recorded":"2026-05-04T12:00:00Z","content":"features","id":"x","features":{"op":"chat_completions","schema":"openai",
		"input_tokens":1000,"max_output_tokens":500,"n":1,"model":"auto"%s},"decision":%s}`, extra, decision)
}

const (
	atA     = `{"route":"default","model":"a","provider":"alpha","expected_usd":0.002}`
	atB     = `{"route":"default","model":"b","provider":"beta","expected_usd":0.0002}`
	refused = `{"refused":{"code":"policy_denied","policy":"old"}}`
)

func TestEachRequestIsOfOneKind(t *testing.T) {
	for _, c := range []struct {
		name, config, line string
		want               replay.Kind
	}{
		{"it goes where it went", byPrice, features("", atB), replay.Same},
		{"it moves", byPrice, features("", atA), replay.Moved},
		{"a policy refuses it now", byPrice + `
policies: [{name: new, match: 'headers["x-team"] == "red"', reject: no}]`, features(`,"headers":{"x-team":"red"}`, atB), replay.NewlyRefused},
		{"by a claim", byPrice + `
policies: [{name: new, match: 'claims["plan"] == "free"', reject: no}]`, features(`,"claims":{"plan":"free"}`, atB), replay.NewlyRefused},
		{"at the time when it came", byPrice + `
policies: [{name: new, during: {days: [mon], from: "11:00", to: "13:00"}, reject: no}]`, features("", atB), replay.NewlyRefused},
		{"and not at another", byPrice + `
policies: [{name: new, during: {days: [tue]}, reject: no}]`, features("", atB), replay.Same},
		{"no policy refuses it any more", byPrice, features("", refused), replay.NewlyAllowed},
		{"the policy that refuses it has another name", byPrice + `
policies: [{name: new, reject: no}]`, features("", refused), replay.RefusedOtherwise},
		{"it is refused as before", byPrice + `
policies: [{name: old, reject: no}]`, features("", refused), replay.Same},
		{"its task is what was recorded", `
routes: [{name: code, match: 'task == "code" && language == "de" && complexity > 0.4', models: [a]}, {name: default, models: [b]}]`,
			features(`,"task":"code","language":"de","complexity":0.5`, atA), replay.Same},
		{"what it needs is what was recorded", byPrice + `
policies: [{name: new, match: '"tools" in needs', deny: {models: [b]}}]`, features(`,"needs":["tools"],"tools":1`, atA), replay.Same},
		{"a whole request is read anew", byPrice, `{"recorded":"2026-05-04T12:00:00Z","content":"full","id":"x","request":{"path":"/v1/messages",
			"body":{"model":"a","max_tokens":5,"messages":[{"role":"user","content":"Hello!"}]}},"decision":` + atA + `}`, replay.Same},
		{"with who asked, though no header says so", byPrice + `
policies: [{name: new, match: 'team == "red"', deny: {models: [a]}}]`, `{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/v1/chat/completions",
			"team":"red","body":{"model":"a","messages":[{"role":"user","content":"Hello!"}]}},"decision":` + atA + `}`, replay.NewlyRefused},
		{"and its headers", byPrice, `{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/v1/chat/completions",
			"headers":[["x-llmroute-max-cost-usd","free"]],"body":{"model":"a","messages":[{"role":"user","content":"Hello!"}]}},"decision":` + atA + `}`, replay.NewlyRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			comparison := replay.Comparison{After: snapshot(t, c.config)}
			d, err := comparison.Add(7, []byte(strings.ReplaceAll(c.line, "\n", " ")))
			if err != nil {
				t.Fatal(err)
			}
			got := replay.Same
			if d != nil {
				got = d.Kind
				if d.Line != 7 || !strings.Contains(d.Text(), " → ") {
					t.Errorf("the difference: %s", d.Text())
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s: %+v", got, c.want, d)
			}
		})
	}
}

func TestTheReportAddsUp(t *testing.T) {
	c := replay.Comparison{After: snapshot(t, byPrice)}
	for i, line := range []string{
		features("", atA), features("", atA), features("", atB), features("", refused),
		features("", `{"route":"default","model":"a","provider":"alpha"}`), // its cost was not known
		`{"recorded":"2026-05-04T12:00:00Z","content":"usage","usage":{"model":"a","provider":"alpha","status":200,"attempts":1,"elapsed_ns":3000000000}}`,
		`{"recorded":"2026-05-04T12:00:00Z","content":"usage","usage":{"model":"b","provider":"beta","status":200,"attempts":1,"elapsed_ns":1000000000}}`,
		`{"recorded":"2026-05-04T12:00:00Z","content":"usage","usage":{"model":"b","provider":"beta","status":500,"attempts":1,"elapsed_ns":9000000000}}`,
		`{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}`,
	} {
		if _, err := c.Add(i+1, []byte(strings.ReplaceAll(line, "\n", " "))); err != nil {
			t.Fatal(err)
		}
	}
	got := c.Report(3)
	if got.Requests != 6 || got.Unreadable != 3 || got.Uncompared != 1 || got.Unchanged != 1 || got.Moved != 3 || got.NewlyAllowed != 1 || got.NewlyRefused != 0 {
		t.Errorf("counts: %+v", got)
	}
	if m := got.Moves; len(m) != 1 || m[0].Requests != 3 || m[0].Share != 0.6 || m[0].From.String() != "a at alpha" || m[0].To.String() != "b at beta" {
		t.Errorf("moves: %+v", m)
	}
	if cost := got.Cost; cost == nil || cost.Requests != 3 || !near(cost.BeforeUSD, 0.0042) || !near(cost.AfterUSD, 0.0006) || !near(*cost.Percent, -100*0.0036/0.0042) {
		t.Errorf("cost: %+v", cost)
	}
	if l := got.Latency; l == nil || l.Requests != 4 || !near(l.Before, 2.5) || !near(l.After, 1) {
		t.Errorf("latency: %+v", l)
	}
	if diff := cmp.Diff([]replay.ModelShare{{Target: replay.Target{Model: "b", Provider: "beta"}, Before: 1, After: 6}, {Target: replay.Target{Model: "a", Provider: "alpha"}, Before: 3}}, got.Models); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
	if r := got.Refusals; len(r) != 1 || r[0] != (replay.RefusalChange{Kind: replay.NewlyAllowed, Code: "policy_denied", Policy: "old", Requests: 1}) {
		t.Errorf("refusals: %+v", r)
	}
}

func TestAConfigurationDoesNotDifferFromItself(t *testing.T) {
	for name, text := range map[string]string{"by price": byPrice, "by lot": byLot, "refusing": byList + "\npolicies: [{name: p, reject: no}]"} {
		t.Run(name, func(t *testing.T) {
			c := replay.Comparison{After: snapshot(t, text), Before: snapshot(t, text), Seed: 4}
			for i := range 50 {
				if d, err := c.Add(i, []byte(fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":"Question %d"}]}`, i))); d != nil || err != nil {
					t.Fatalf("request %d: %v %v", i, d, err)
				}
			}
			if r := c.Report(0); r.Unchanged != 50 || len(r.Moves)+len(r.Refusals)+len(r.Policies) != 0 {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameReport(t *testing.T) {
	report := func(seed uint64) string {
		c := replay.Comparison{After: snapshot(t, byLot), Before: snapshot(t, byList), Seed: seed}
		for i := range 64 {
			if _, err := c.Add(i, []byte(fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":"Question %d"}]}`, i))); err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(c.Report(0))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if a, b := report(1), report(1); a != b {
		t.Errorf("seed 1 gave\n%s\nthen\n%s", a, b)
	}
	if a, b := report(1), report(2); a == b {
		t.Errorf("seeds 1 and 2 gave the same: %s", a)
	}
}

// TestTheThresholdKeepsTheShare holds calibration to its word: what is at the threshold or above is the share that it
// tells, and that is as near to the wanted one as ties allow.
func TestTheThresholdKeepsTheShare(t *testing.T) {
	random, routes := rand.New(rand.NewPCG(1, 1)), snapshot(t, byList)
	for range 200 {
		n := 1 + random.IntN(60)
		var values []float64
		c := replay.Calibration{Snapshot: routes, Route: "default"}
		for range n {
			v := float64(random.IntN(101)) / 100 // with ties
			values = append(values, v)
			if err := c.Add([]byte(features(fmt.Sprintf(`,"complexity":%g`, v), atA))); err != nil {
				t.Fatal(err)
			}
		}
		share := float64(random.IntN(11)) / 10
		got, ok := c.Threshold(share)
		strong, most := 0, 0
		ties := map[float64]int{}
		for _, v := range values {
			if v >= got.StrongAbove {
				strong++
			}
			ties[v]++
			most = max(most, ties[v])
		}
		if !ok || got.Requests != n || !near(got.Share, float64(strong)/float64(n)) {
			t.Fatalf("share %g of %v: %+v, and %d are strong", share, values, got, strong)
		}
		if miss := float64(strong) - share*float64(n); miss < -float64(most)-0.5 || miss > float64(most)+0.5 {
			t.Errorf("share %g of %v: %+v misses by %g requests, with ties of %d", share, values, got, miss, most)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// FuzzAdd holds reading traffic to this: any line is counted as one request, or is a fault, or tells of usage.
func FuzzAdd(f *testing.F) {
	f.Add([]byte(`{"model":"auto","messages":[{"role":"user","content":"Hello!"}]}`))
	f.Add([]byte(strings.ReplaceAll(features(`,"needs":["tools"],"complexity":0.3`, atA), "\n", " ")))
	f.Add([]byte(`{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/v1/messages?x=1","headers":[["a","b"]],"body":{"model":"a"}}}`))
	f.Add([]byte(`{"recorded":"2026-05-04T12:00:00Z","content":"usage","usage":{"elapsed_ns":1}}`))
	routes := snapshot(f, byList)
	f.Fuzz(func(t *testing.T, line []byte) {
		c := replay.Comparison{After: routes}
		d, err := c.Add(1, line)
		r := c.Report(0)
		if err != nil && (d != nil || r.Requests != 0) || r.Requests > 1 {
			t.Errorf("%v %+v: %+v", err, d, r)
		}
		if sum := r.Uncompared + r.Unchanged + r.Moved + r.NewlyAllowed + r.NewlyRefused + r.RefusedOtherwise; sum != r.Requests {
			t.Errorf("the kinds of %d requests add up to %d", r.Requests, sum)
		}
		_ = r.Table()
	})
}
