package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const byMeaning = `
providers:
  anthropic: {schema: anthropic, endpoint: "${anthropic}", auth: {header: x-api-key, value: "${anthropic_key}"}}
  gemini: {schema: gemini, endpoint: "${gemini}", auth: {header: x-goog-api-key, value: "${gemini_key}"}}
  openai: {schema: openai, endpoint: "${openai}", auth: {bearer: "${openai_key}"}}
models:
  short: {provider: anthropic, name: claude, context_window: 100000, price: {input: 1, output: 1}}
  shorter: {provider: gemini, name: gem, context_window: 50000, price: {input: 1, output: 1}}
  long: {provider: openai, name: gpt, context_window: 1000000, price: {input: 1, output: 1}}
  twin: {provider: anthropic, name: claude-too, context_window: 1000000, price: {input: 1, output: 1}}
routes:
  - {name: longer, models: [short, long], strategy: priority, fallbacks: 1}
  - {name: far, models: [short, shorter, long], strategy: priority, fallbacks: 2}
  - {name: none, models: [short, shorter], strategy: priority, fallbacks: 1}
  - {name: same, models: [short, twin], strategy: priority, fallbacks: 1}
  - {name: direct, models: [long, short], strategy: priority, fallbacks: 1}
`

// TestARefusalForItsMeaningGoesToAnEntryThatMayServeIt: errors whose status alone would not say so.
func TestARefusalForItsMeaningGoesToAnEntryThatMayServeIt(t *testing.T) {
	s := start(t, byMeaning, farEnd{name: "anthropic", schema: "anthropic"}, farEnd{name: "gemini", schema: "gemini"}, farEnd{name: "openai", schema: "openai"})
	for name, row := range map[string]struct {
		route, faults   string
		status          int
		model, attempts string
	}{
		"too long, and the next window is longer":      {"longer", "anthropic: error=context-length", 200, "long", "2"},
		"too long, and a later window is longer":       {"far", "anthropic: error=context-length, gemini: error=context-length", 200, "long", "3"},
		"too long, and no window is longer":            {"none", "anthropic: error=context-length", 400, "short", "1"},
		"filtered, and another provider is there":      {"longer", "anthropic: error=content-filter", 200, "long", "2"},
		"filtered, and the same provider alone is":     {"same", "anthropic: error=content-filter", 400, "short", "1"},
		"filtered everywhere":                          {"longer", "anthropic: error=content-filter, openai: error=content-filter", 400, "long", "2"},
		"the request itself is at fault":               {"longer", "anthropic: status=400", 400, "short", "1"},
		"at a direct door, where nobody reads answers": {"direct", "openai: error=context-length", 400, "long", "1"},
	} {
		for _, stream := range []string{"false", "true"} {
			t.Run(name+", stream "+stream, func(t *testing.T) {
				got := s.chat(`{"model":"route/`+row.route+`","stream":`+stream+`,"messages":[{"role":"user","content":"Hello!"}]}`, "x-demo: "+row.faults)
				if got.status != row.status || got.header.Get("x-llmroute-model") != row.model || got.header.Get("x-llmroute-attempts") != row.attempts {
					t.Errorf("status %d by %s at attempt %s: %.300s", got.status, got.header.Get("x-llmroute-model"), got.header.Get("x-llmroute-attempts"), got.body)
				}
				if got.status == http.StatusOK && strings.Contains(got.body, "error") {
					t.Errorf("not one clean answer: %.500s", got.body)
				}
				if h := got.header.Get("x-llmroute-retry"); h != "" {
					t.Errorf("the client sees x-llmroute-retry: %s", h)
				}
			})
		}
	}
}
