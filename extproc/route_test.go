package extproc_test

import (
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
