package demo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/demo"
)

func TestVertexPathsServeGeminiAndClaude(t *testing.T) {
	const (
		google = "/v1/projects/p/locations/us-east5/publishers/google/models/gemini-2.5-flash"
		claude = "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-haiku-4-5"
		hi     = `"max_tokens":99,"messages":[{"role":"user","content":"hi"}]`
	)
	tests := map[string]struct {
		schema, path, body string
		status             int
		want               string
	}{
		"Gemini":                 {"gemini", google + ":generateContent", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, 200, "you said “hi”"},
		"Gemini, streamed":       {"gemini", google + ":streamGenerateContent?alt=sse", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`, 200, `"finishReason":"STOP"`},
		"Claude":                 {"anthropic", claude + ":rawPredict", `{"anthropic_version":"vertex-2023-10-16",` + hi + `}`, 200, "you said “hi”"},
		"Claude, streamed":       {"anthropic", claude + ":streamRawPredict", `{"anthropic_version":"vertex-2023-10-16","stream":true,` + hi + `}`, 200, "message_stop"},
		"Claude with a model":    {"anthropic", claude + ":rawPredict", `{"anthropic_version":"vertex-2023-10-16","model":"m",` + hi + `}`, 400, "model"},
		"Claude, no version":     {"anthropic", claude + ":rawPredict", `{` + hi + `}`, 400, "anthropic_version"},
		"Claude, another method": {"anthropic", claude + ":predict", `{` + hi + `}`, 404, "not_found_error"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := ask(t, test.schema, test.path, test.body)
			if status != test.status || !strings.Contains(answer, test.want) {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
}

func TestMessageThreadsAreTakenAndForgotten(t *testing.T) {
	const begin = `{"model":"m","max_tokens":9,"thread":{"type":"create"},"messages":[{"role":"user","content":"hi"}]}`
	const goOn = `{"model":"m","max_tokens":9,"thread":{"type":"continue","previous_message_id":"msg_1"},"messages":[{"role":"user","content":"hi"}]}`
	for name, test := range map[string]struct {
		body, betas string
		status      int
		want        string
	}{
		"begun":                   {begin, "message-threads-2026-08-12", 200, "demo provider"},
		"without the beta header": {begin, "", 400, "Extra inputs are not permitted"},
		"continued":               {goOn, "other, message-threads-2026-08-12", 404, `"details":{"error_code":"thread_not_found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(test.body))
			r.Header.Set("anthropic-version", "2023-06-01")
			r.Header.Set("anthropic-beta", test.betas)
			w := httptest.NewRecorder()
			demo.New(demo.Options{Name: "alpha", Schema: "anthropic"}).ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}
