package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const nobodyThere = `
providers: {alpha: {schema: openai, endpoint: "${alpha}"}, beta: {schema: openai, endpoint: "${beta}"}}
models: {a: {provider: alpha}, b: {provider: beta}}
routes: [{name: default, models: [a, b], strategy: priority}]
timeouts: {first_byte_stream: 1s, first_byte_json: 1s, connect: 1s}
`

// TestWhenNobodyAnswersClientsGetTheirOwnErrors covers what Envoy itself has to say.
func TestWhenNobodyAnswersClientsGetTheirOwnErrors(t *testing.T) {
	s := start(t, nobodyThere, farEnd{name: "alpha", schema: "openai", refused: true}, farEnd{name: "beta", schema: "openai", refused: true})
	check := func(when string) {
		t.Helper()
		openai := s.chat(`{"model":"route/default","messages":[{"role":"user","content":"hi"}]}`)
		expectError(t, when+", OpenAI", openai, "no_healthy_provider", func(b []byte) string {
			var e struct {
				Error struct{ Code, Message, Type string }
			}
			if json.Unmarshal(b, &e) != nil || e.Error.Message == "" || e.Error.Type == "" {
				return ""
			}
			return e.Error.Code
		})
		anthropic := s.do("POST", "/v1/messages", []byte(`{"model":"route/default","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`))
		expectError(t, when+", Anthropic", anthropic, "api_error", func(b []byte) string {
			var e struct {
				Type  string
				Error struct{ Type, Message string }
			}
			if json.Unmarshal(b, &e) != nil || e.Type != "error" || e.Error.Message == "" {
				return ""
			}
			return e.Error.Type
		})
		gemini := s.do("POST", "/v1beta/models/route%2Fdefault:generateContent", []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`))
		expectError(t, when+", Gemini", gemini, "UNAVAILABLE", func(b []byte) string {
			var e struct {
				Error struct{ Status, Message string }
			}
			if json.Unmarshal(b, &e) != nil || e.Error.Message == "" {
				return ""
			}
			return e.Error.Status
		})
	}
	check("no provider listens")
	s.stop()
	check("llmroute is down")
}

// TestAnAnswerThatIsNotHTTPIsAnErrorOfTheClientsSchema: Envoy makes a 502 of it.
func TestAnAnswerThatIsNotHTTPIsAnErrorOfTheClientsSchema(t *testing.T) {
	garbage := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("nonsense\r\n\r\n"))
		_ = conn.Close()
	})
	s := start(t, nobodyThere, farEnd{name: "alpha", schema: "openai", handler: garbage}, farEnd{name: "beta", schema: "openai", handler: garbage})
	for path, row := range map[string]struct{ body, want string }{
		"/v1/chat/completions": {`{"model":"route/default","messages":[{"role":"user","content":"hi"}]}`, `"code":"bad_gateway"`},
		"/v1/messages":         {`{"model":"route/default","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`, `"type":"error"`},
		"/v1beta/models/route%2Fdefault:generateContent": {`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, `"reason":"BAD_GATEWAY"`},
	} {
		got := s.do("POST", path, []byte(row.body))
		if got.status != http.StatusBadGateway || got.header.Get("content-type") != "application/json" || !strings.Contains(got.body, row.want) {
			t.Errorf("%s: %d %s %s", path, got.status, got.header.Get("content-type"), got.body)
		}
	}
}

func expectError(t *testing.T, when string, got answer, want string, read func([]byte) string) {
	t.Helper()
	if got.status != http.StatusServiceUnavailable || got.header.Get("content-type") != "application/json" || read([]byte(got.body)) != want {
		t.Errorf("%s: %d %s %s", when, got.status, got.header.Get("content-type"), got.body)
	}
}
