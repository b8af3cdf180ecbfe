package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// Errors of every kind, seen through the adapting door.
const doorErrors = `
providers:
  gamma: {schema: anthropic, endpoint: "${gamma}", auth: {header: x-api-key, value: "${gamma_key}"}}
  gone: {schema: anthropic, endpoint: "${gone}", auth: {header: x-api-key, value: "${gone_key}"}}
  empty: {schema: gemini, endpoint: "${empty}", auth: {header: x-goog-api-key, value: "${empty_key}"}}
models:
  claude: {provider: gamma, name: claude-haiku-4-5}
  lost: {provider: gone, name: claude-haiku-4-5}
  bare: {provider: empty, name: gemini-2.5-flash}
timeouts: {first_byte_json: 1s, first_byte_stream: 1s}
`

func TestWhateverTheDoorSeesIsInTheClientsSchema(t *testing.T) {
	s := start(t, doorErrors, farEnd{name: "gamma", schema: "anthropic"}, farEnd{name: "gone", schema: "anthropic", refused: true},
		farEnd{name: "empty", schema: "gemini", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })})
	for name, row := range map[string]struct {
		model, demo string
		stream      bool
		status      int
		want        string // in the body
	}{
		"an answer":                         {model: "claude", status: 200, want: `"object":"chat.completion"`},
		"a stream":                          {model: "claude", stream: true, status: 200, want: "data: [DONE]"},
		"an error":                          {model: "claude", demo: "status=429", status: 429, want: `"code":"rate_limit_exceeded"`},
		"a provider that cannot be reached": {model: "lost", status: 503, want: `"message":"no provider can be reached`},
		"no answer in time":                 {model: "claude", demo: "hang", status: 504, want: `"code":"timeout"`},
		"a reset before the answer":         {model: "claude", demo: "reset", stream: true, status: 503, want: `"message":"no provider can be reached`},
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
			got := s.chat(`{"model":"`+row.model+`",`+stream+`"messages":[{"role":"user","content":"hi"}]}`, headers...)
			if got.status != row.status || !strings.Contains(got.body, row.want) {
				t.Errorf("status %d: %s", got.status, got.body)
			}
			if row.status == 200 && got.header.Get("x-llmroute-provider") != "gamma" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}
