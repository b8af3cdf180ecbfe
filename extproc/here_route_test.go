package extproc_test

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc"
)

const hereConfig = `
providers:
  claude: {schema: anthropic, endpoint: https://api.anthropic.com}
  openai: {schema: openai, endpoint: https://api.openai.com/v1}
  google: {schema: gemini, endpoint: https://generativelanguage.googleapis.com, unsupported: drop}
models:
  haiku: {provider: claude, name: claude-haiku-4-5}
  mini: {provider: openai, name: gpt-5-mini}
  flash: {provider: google, name: gemini-2.5-flash}
policies: [{name: cap, max_output_tokens: 777}]
`

// TestWhatRouteTranslatesItselfIsRecordedAsTheClientSentIt matters for replays.
func TestWhatRouteTranslatesItselfIsRecordedAsTheClientSentIt(t *testing.T) {
	s := snapshot(t, hereConfig)
	large := `,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","description":"` + strings.Repeat("long ", 1<<10) + `"}}}`
	for name, row := range map[string]struct {
		path, body string
		here       bool
	}{
		"translated":                            {"/v1/chat/completions", `{"model":"haiku","messages":[{"role":"user","content":"hi"}]}`, true},
		"too much to travel":                    {"/v1/chat/completions", `{"model":"haiku","messages":[{"role":"user","content":"hi"}]` + large + `}`, false},
		"asked for usage":                       {"/v1/chat/completions", `{"model":"mini","stream":true,"messages":[{"role":"user","content":"hi"}]}`, true},
		"taken as it stands":                    {"/v1/chat/completions", `{"model":"mini","messages":[{"role":"user","content":"hi"}]}`, false},
		"two entries":                           {"/v1/chat/completions", `{"models":["haiku","mini"],"messages":[{"role":"user","content":"hi"}]}`, false},
		"a response, which repeats its request": {"/v1/responses", `{"model":"haiku","input":"hi"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			sent, memory, recorded, err := extproc.NewDecider(row.path, nil).Here(s, []byte(row.body))
			if err != nil {
				t.Fatal(err)
			}
			if string(recorded.Body) != row.body {
				t.Errorf("recorded %q", recorded.Body)
			}
			if !strings.Contains(string(sent), "777") {
				t.Errorf("policy has had no say in %s", sent)
			}
			if got := memory != ""; got != row.here {
				t.Errorf("the answer stage gets %q", memory)
			}
		})
	}
}

// TestWhoLeavesPromisesNoAnswer: what the answer stage would have to do goes through the adapting door, whose stream is waited for.
func TestWhoLeavesPromisesNoAnswer(t *testing.T) {
	s := snapshot(t, hereConfig)
	d := extproc.NewDecider("/v1/chat/completions", nil)
	d.Leave()
	for _, body := range []string{
		`{"model":"haiku","messages":[{"role":"user","content":"hi"}]}`,
		`{"model":"mini","stream":true,"messages":[{"role":"user","content":"hi"}]}`,
	} {
		if sent, memory, _, err := d.Here(s, []byte(body)); err != nil || memory != "" {
			t.Errorf("%v, %s, for the answer %q", err, sent, memory)
		}
	}
}
