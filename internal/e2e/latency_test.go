package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
)

// TestStrategyLatencyLearnsFromTheAccessLog has a slow provider first in the configuration; nobody tells llmroute so.
func TestStrategyLatencyLearnsFromTheAccessLog(t *testing.T) {
	s := startLearning(t, `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  beta: {schema: openai, endpoint: "${beta}", auth: {bearer: "${beta_key}"}}
models:
  slow: {provider: alpha, name: gpt-5-mini}
  quick: {provider: beta, name: gpt-5-mini}
routes: [{name: default, models: [slow, quick], strategy: latency}]
aliases: {auto: default}
`, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"})
	s.providers["alpha"].Fail(demo.Fault{Delay: 300 * time.Millisecond})
	ask := func() string {
		t.Helper()
		got := s.chat(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return got.header.Get("x-llmroute-model")
	}
	deadline := time.Now().Add(15 * time.Second)
	for inARow := 0; inARow < 10; {
		if inARow++; ask() == "slow" {
			inARow = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the slow provider is still asked as often")
		}
	}
	slow := 0
	for range 40 {
		if ask() == "slow" {
			slow++
		}
	}
	if slow > 8 { // a few try whether it still is
		t.Errorf("%d of 40 requests went to the slow provider", slow)
	}
}
