package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// TestAFleetKnowsTheTokensOfAnswersThatDoorsAdapted sends streams that fall back to a provider of another schema and whose client did not
// ask for usage: only the door knows it. The door's entry and the request's must come to the same replica.
func TestAFleetKnowsTheTokensOfAnswersThatDoorsAdapted(t *testing.T) {
	f := startFleet(t, `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
models:
  small: {provider: alpha, name: gpt-5-mini}
  haiku: {provider: gamma, name: claude-haiku-4-5}
routes: [{name: chain, models: [small, haiku], strategy: priority}]
ledger: {sqlite: none}
`, alphaEnd, farEnd{name: "gamma", schema: "anthropic"})
	const requests = 60
	var group sync.WaitGroup
	for range requests {
		group.Go(func() {
			body := `{"model":"route/chain","stream":true,"messages":[{"role":"user","content":"Tell me a story."}]}`
			if err := fetch(t.Context(), "POST", f[0].url+"/v1/chat/completions", body, "alpha: status=503, gamma: tokens=50", 200); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	records, foreign := f.settled(t, 20*time.Second)
	if len(records) != requests || foreign == 0 {
		t.Errorf("%d records, %d of requests that the other replica decided", len(records), foreign)
	}
	var exact int
	for _, r := range records {
		if r.Source == usage.SourceReported && r.Provider == "gamma" {
			exact++
		}
	}
	a, b := f[0].meter.Stats(), f[1].meter.Stats()
	if exact != requests || a.GivenUp+b.GivenUp > 0 {
		t.Errorf("%d of %d records are exact: %s", exact, requests, fmt.Sprintf("%+v, %+v", a, b))
	}
}
