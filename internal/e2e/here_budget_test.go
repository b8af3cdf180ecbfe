package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestARequestThatRouteCannotTranslateHoldsNoBudget: it was admitted, and refused afterwards.
func TestARequestThatRouteCannotTranslateHoldsNoBudget(t *testing.T) {
	s := start(t, `
providers: {gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}, unsupported: reject}}
models: {claude: {provider: gamma, name: claude-haiku-4-5}}
budgets: [{name: small, limit_tokens: 1000, period: day, on_exceeded: reject}]
`, farEnd{name: "gamma", schema: "anthropic"})
	const plain = `{"model":"claude","max_tokens":900,"messages":[{"role":"user","content":"hi"}]}`
	if got := s.chat(strings.Replace(plain, "{", `{"logprobs":true,`, 1)); got.status != http.StatusBadRequest || !strings.Contains(got.body, "unsupported_parameter") {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	var got answer
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) { // Envoy's log tells of the refusal
		if got = s.chat(plain); got.status != http.StatusTooManyRequests {
			break
		}
	}
	if got.status != http.StatusOK {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
