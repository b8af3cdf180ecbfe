package extproc_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy"
)

const budgetConfig = `
providers:
  a: {schema: openai, endpoint: https://a.example/v1}
  b: {schema: openai, endpoint: https://b.example/v1}
models:
  cheap: {provider: a, name: gpt-5-mini, price: {input: 1, output: 10}}
  dear: {provider: b, name: gpt-5, price: {input: 5, output: 50}}
aliases: {auto: default}
routes: [{name: default, models: [cheap, dear]}]
identity: {team: {header: x-team}, user: {header: x-user}}
budgets:
`

const hundredOut = `{"model":"auto","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`

func explained(t *testing.T, s *extproc.Snapshot, path, body string) (*policy.Decision, string) {
	t.Helper()
	_, d, err := s.Explain(extproc.Question{Path: path, Headers: [][2]string{{"x-team", "research"}}, Body: []byte(body)}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return d, err.Code
	}
	return d, ""
}

func TestARequestNeedsWhatItsDearestEntryMayCost(t *testing.T) {
	s := snapshot(t, budgetConfig+`  - {name: all, limit_usd: 1, limit_tokens: 1000}
  - {name: models, per: model, limit_usd: 1}
  - {name: others, match: 'team == "sales"', limit_usd: 0}
`)
	d, code := explained(t, s, "", hundredOut)
	if code != "" || len(d.Budgets) != 2 {
		t.Fatalf("%q, %+v", code, d.Budgets)
	}
	for i, want := range []struct{ output, input float64 }{{50, 5}, {10, 1}} { // USD per million
		output := 100 * want.output / 1e6
		if needs := *d.Budgets[i].NeedsUSD; needs <= output || needs > output+100*want.input/1e6 {
			t.Errorf("%s needs $%v", d.Budgets[i].Budget, needs)
		}
	}
	if d.Budgets[1].Subject != "cheap" || d.Budgets[1].NeedsTokens != nil || *d.Budgets[0].NeedsTokens <= 100 {
		t.Errorf("got %+v", d.Budgets)
	}
	if d, _ = explained(t, s, "", strings.Replace(hundredOut, `"max_tokens":100`, `"max_tokens":100,"n":3`, 1)); *d.Budgets[1].NeedsUSD < 0.003 {
		t.Errorf("three answers need $%v", *d.Budgets[1].NeedsUSD)
	}
}

func TestServingAndExplainingRefuseAlike(t *testing.T) {
	s := snapshot(t, budgetConfig+`  - {name: all, limit_tokens: 200}`+"\n")
	decider := extproc.NewDecider("/v1/chat/completions", nil)
	for _, want := range []string{"", "budget_exceeded"} {
		if _, code := explained(t, s, "", hundredOut); code != want {
			t.Errorf("explain says %q, want %q", code, want)
		}
		_, err := decider.Decide(s, []byte(hundredOut))
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("serving says %v, want %q", err, want)
		}
	}
}

func TestARefusalTellsWhetherWaitingHelps(t *testing.T) {
	for _, c := range []struct{ name, limit, want string }{
		{"the request fits a period of its own", "200", "it begins anew at "},
		{"it never fits", "50", "ask for a shorter answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := snapshot(t, budgetConfig+"  - {name: all, limit_tokens: "+c.limit+"}\n")
			decider := extproc.NewDecider("/v1/chat/completions", nil)
			var err error
			for range 2 { // together they do not fit into 200
				if err == nil {
					_, err = decider.Decide(s, []byte(hundredOut))
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCountingTokensIsFree(t *testing.T) {
	s := snapshot(t, budgetConfig+`  - {name: all, limit_tokens: 0}`+"\n")
	body := `{"model":"cheap","messages":[{"role":"user","content":"hi"}]}`
	if _, code := explained(t, s, "/v1/messages/count_tokens", body); code != "" {
		t.Errorf("refused by %s", code)
	}
}

func TestAnAuditingBudgetSaysWhatItWouldDo(t *testing.T) {
	s := snapshot(t, budgetConfig+`  - {name: watch, limit_tokens: 5, on_exceeded: audit}`+"\n")
	d, code := explained(t, s, "", hundredOut)
	if code != "" || len(d.Audited) != 1 || d.Audited[0].Policy != "budget watch" || !strings.Contains(d.Audited[0].Effect, "5 tokens left") {
		t.Errorf("%q, %+v", code, d.Audited)
	}
}

func TestADowngradingBudgetNamesItselfWhereItTakesACandidateOut(t *testing.T) {
	s := snapshot(t, budgetConfig+`  - {name: soft, limit_usd: 0.002, on_exceeded: downgrade}`+"\n")
	d, code := explained(t, s, "", hundredOut)
	considered := d.Candidates()
	if code != "" || len(d.Plan) != 1 || d.Plan[0].Model != "cheap" || considered[1].Refused.Filter != "budget" || !strings.Contains(considered[1].Refused.Reason, "soft") {
		t.Errorf("%q, plan %v, %+v", code, d.Plan, considered)
	}
}

// BenchmarkDecideWithBudgets is BenchmarkDecideAndRewrite with three budgets that match and one that does not.
func BenchmarkDecideWithBudgets(b *testing.B) {
	for _, c := range []struct{ name, budgets string }{
		{"none", ""},
		{"four", `budgets:
  - {name: all, limit_usd: 1e9}
  - {name: teams, per: team, limit_usd: 1e9}
  - {name: research, match: 'team == "research"', per: user, limit_tokens: 1000000000000000}
  - {name: sales, match: 'team == "sales"', limit_usd: 1}
`},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := snapshot(b, benchConfig+c.budgets)
			body := oneKilobyte()
			d := extproc.NewDecider("/v1/chat/completions", [][2]string{{"content-type", "application/json"}, {"x-team", "research"}})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decide(s, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
