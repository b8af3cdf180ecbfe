package demo_test

import (
	"strings"
	"testing"
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
