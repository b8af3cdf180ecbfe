package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// doorErrors has every model twice, so that plans have a second entry. Only an adapting door leads to that.
var doorErrors = strings.Replace(hereConfig, "models:\n", `models:
  claude-again: {provider: gamma, name: claude-haiku-4-5}
  lost-again: {provider: gone, name: claude-haiku-4-5}
  bare-again: {provider: empty, name: gemini-2.5-flash}
`, 1)

func TestWhateverTheDoorSeesIsInTheClientsSchema(t *testing.T) {
	s := startFailing(t, doorErrors)
	s.expectOwnAnswers(t, func(model string) string { return `"models":["` + model + `","` + model + `-again"]` })
	if n := s.envoy.Stat("http.gamma.adapt.downstream_rq_total"); n == 0 {
		t.Error("no request went through the adapting door")
	}
}

// startFailing runs hereConfig, or what is made of it, whose providers fail in every way.
func startFailing(t *testing.T, yaml string) *stack {
	t.Helper()
	return start(t, yaml, farEnd{name: "gamma", schema: "anthropic"}, farEnd{name: "gone", schema: "anthropic", refused: true},
		farEnd{name: "silent", schema: "openai", refused: true},
		farEnd{name: "empty", schema: "gemini", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })})
}

// expectOwnAnswers asks for answers and errors of every kind, as a client of OpenAI's. ask writes the member that names the model.
func (s *stack) expectOwnAnswers(t *testing.T, ask func(model string) string) {
	t.Helper()
	for name, row := range map[string]struct {
		model, demo string
		stream      bool
		status      int
		want        string // in the body
	}{
		"an answer":                         {model: "claude", status: 200, want: `"object":"chat.completion"`},
		"a stream":                          {model: "claude", stream: true, status: 200, want: "data: [DONE]"},
		"an error":                          {model: "claude", demo: "status=429", status: 429, want: `"code":"rate_limit_exceeded"`},
		"a provider that cannot be reached": {model: "lost", status: 503, want: `"code":"no_healthy_provider"`},
		"no answer in time":                 {model: "claude", demo: "hang", status: 504, want: `"code":"timeout"`},
		"a reset before the answer":         {model: "claude", demo: "reset", stream: true, status: 503, want: `"code":"no_healthy_provider"`},
		"an error without a body":           {model: "bare", status: 502, want: `"code":"bad_gateway"`},
		"a stream's error without a body":   {model: "bare", stream: true, status: 502, want: `"code":"bad_gateway"`},
	} {
		t.Run(name, func(t *testing.T) {
			stream := ""
			if row.stream {
				stream = `"stream":true,`
			}
			var headers []string
			if row.demo != "" {
				headers = append(headers, "x-demo: "+row.demo)
			}
			got := s.chat(`{`+ask(row.model)+`,`+stream+`"messages":[{"role":"user","content":"hi"}]}`, headers...)
			if got.status != row.status || !strings.Contains(got.body, row.want) {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			if foreign := strings.Contains(got.body, `"type":"error"`) || strings.Contains(got.body, `"status":`); foreign {
				t.Errorf("not an error of OpenAI's: %s", got.body)
			}
			if row.status == 200 && got.header.Get("x-llmroute-provider") != "gamma" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}
