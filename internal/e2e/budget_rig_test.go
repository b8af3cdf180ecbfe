package e2e

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/config"
	budgetstore "github.com/llmroute/llmroute/internal/store/budget"
	"github.com/llmroute/llmroute/policy/budget"
)

// budgetLease is short, so that tests see it end.
const budgetLease = 3 * time.Second

// keepBudgets makes the keeper.
func (s *stack) keepBudgets(c *config.Config) error {
	k, err := budgetstore.New(budgetstore.Options{
		Redis: c.State.Redis.Reveal(), Lease: budgetLease, Log: slog.New(slog.NewTextHandler(s.logs, nil)),
	})
	if err != nil {
		return err
	}
	s.budgets = k
	s.meter.Tell(k.Settle)
	s.t.Cleanup(k.Start())
	return nil
}

// A request of the budget tests costs 21 tokens of input at most, by any count, and 20 of output: $0.00022. Its limit is what
// about a hundred cost.
const (
	budgetModels = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
models:
  small: {provider: alpha, name: gpt-5-mini, price: {input: 1, output: 10}}
routes: [{name: default, models: [small]}]
identity: {team: {header: x-team}}
ledger: {sqlite: none}
`
	budgetBody  = `{"model":"small","max_tokens":20,"messages":[{"role":"user","content":"count to a hundred, please"}]}`
	budgetLimit = 0.022
)

var alphaEnd = farEnd{name: "alpha", schema: "openai"}

// charged is what the demo provider charged, by the prices of budgetModels.
func (s *stack) charged() (usd float64, answers int) {
	for _, c := range s.providers["alpha"].Charged() {
		usd += (float64(c.Usage.Input) + 10*float64(c.Usage.Output)) / 1e6
		answers++
	}
	return usd, answers
}

// storm sends n requests at once to stacks in turn and counts answers by status and code.
func storm(t *testing.T, n int, body string, stacks ...*stack) map[string]int {
	t.Helper()
	client := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 500}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	got := map[string]int{}
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			what := ask(client, stacks[i%len(stacks)].url, body)
			mu.Lock()
			defer mu.Unlock()
			got[what]++
		})
	}
	group.Wait()
	return got
}

// ask is "200", or what code a refusal has.
func ask(client *http.Client, url, body string) string {
	req, err := http.NewRequest("POST", url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("content-type", "application/json")
	req.Header.Set("x-demo", "tokens=20")
	resp, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	for _, code := range []string{"budget_exceeded", "budget_busy", "budget_unavailable"} {
		if strings.Contains(string(text), `"`+code+`"`) {
			return code
		}
	}
	if resp.StatusCode == http.StatusOK {
		return "200"
	}
	return resp.Status + " " + string(text)
}

// spent is what the budgets of a stack know of the first account.
func (s *stack) spent() budget.Status {
	if all := s.budgets.Status(1); len(all) > 0 {
		return all[0]
	}
	return budget.Status{}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// rewrite changes the configuration file and waits until it is read.
func (s *stack) rewrite(t *testing.T, old, new string) {
	t.Helper()
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	s.write(strings.Replace(string(text), old, new, 1))
	s.changed <- struct{}{}
	s.changed <- struct{}{} // taken once the first is dealt with
}
