package extproc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
)

const benchConfig = `
providers:
  openai: {schema: openai, endpoint: https://api.openai.com/v1}
  eu: {schema: openai, endpoint: http://vllm.eu:8000/v1, region: eu}
models:
  gpt-5-mini: {provider: openai}
  gpt-5: {provider: openai}
  llama: {provider: eu, name: meta-llama/Llama-3.3-70B-Instruct, price: {input: 0.1, output: 0.32}, context_window: 131072}
aliases: {auto: default}
routes:
  - {name: vip, match: 'headers["x-tier"] == "vip"', models: [gpt-5], strategy: priority}
  - {name: default, models: ["*"], strategy: cost}
policies:
  - {name: interns, match: 'team == "interns"', deny: {models: ["gpt-5"]}}
  - {name: cap, max_output_tokens: 8192}
identity: {team: {header: x-team}}
`

func snapshot(tb testing.TB, yaml string) *extproc.Snapshot {
	tb.Helper()
	file, faults := config.Load("test.yaml", []byte(yaml), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	s, faults := compile.Compile(file, nil)
	if len(faults) > 0 {
		tb.Fatal(faults)
	}
	return s.Stages(time.Unix(0, 0))
}

func oneKilobyte() []byte {
	return []byte(`{"model":"auto","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"` +
		strings.Repeat("Tell me about routing. ", 38) + `"}],"temperature":0.7}`)
}

// BenchmarkDecideAndRewrite is what the route stage costs a request of 1 KB, messages to and from Envoy aside.
func BenchmarkDecideAndRewrite(b *testing.B) {
	s := snapshot(b, benchConfig)
	body := oneKilobyte()
	head := [][2]string{
		{":authority", "llm.example.com"}, {"content-type", "application/json"}, {"user-agent", "OpenAI/Python 2.5.0"},
		{"authorization", "Bearer x"}, {"accept", "application/json"}, {"accept-encoding", "gzip"}, {"x-team", "research"},
	}
	d := extproc.NewDecider("/v1/chat/completions", head)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decide(s, body); err != nil {
			b.Fatal(err)
		}
	}
}

const geminiToBoth = `
providers:
  google: {schema: gemini, endpoint: https://generativelanguage.googleapis.com}
  openai: {schema: openai, endpoint: https://api.openai.com/v1}
models:
  flash: {provider: google, name: gemini-2.5-flash}
  mini: {provider: openai, name: gpt-5-mini}
routes: [{name: default, models: [flash, mini]}, {name: other, models: [mini, flash]}]
timeouts: {first_byte_stream: 7s, first_byte_json: 70s}
`

// TestAKeyInTheQueryGoesNowhere matters since Envoy logs all metadata.
func TestAKeyInTheQueryGoesNowhere(t *testing.T) {
	s := snapshot(t, geminiToBoth)
	for _, route := range []string{"default", "other"} { // a direct door first, an adapting one first
		path := "/v1beta/models/route%2F" + route + ":streamGenerateContent?key=AIza-secret&alt=sse&access_token=ya29-secret&extra=1"
		got, err := extproc.NewDecider(path, nil).Route(s, []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprint(got); strings.Contains(all, "secret") {
			t.Errorf("%s: the client's credential is in %s", route, all)
		}
		if !strings.Contains(got.Metadata, "extra=1") {
			t.Errorf("%s: the rest of the query is lost: %q", route, got.Metadata)
		}
	}
}

func TestAStreamNamedByThePathHasTheTimeOfAStream(t *testing.T) {
	s := snapshot(t, geminiToBoth)
	for method, want := range map[string]string{"streamGenerateContent": "7000", "generateContent": "70000"} {
		got, err := extproc.NewDecider("/v1beta/models/flash:"+method, nil).Route(s, []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := got.Headers["x-envoy-upstream-rq-per-try-timeout-ms"]; got != want {
			t.Errorf("%s: %s ms to the first byte, want %s", method, got, want)
		}
	}
}

func TestAnEmptyListOfModelsDoesNotReachProviders(t *testing.T) {
	s := snapshot(t, benchConfig)
	got, err := extproc.NewDecider("/v1/chat/completions", nil).Route(s, []byte(`{"models":[],"model":"gpt-5-mini","messages":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.Body, `"models"`) {
		t.Errorf("got %s", got.Body)
	}
}
