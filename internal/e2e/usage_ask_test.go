package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/internal/usage"
)

const usageModes = `
providers:
  exact: {schema: openai, endpoint: "${exact}", auth: {bearer: "${exact_key}"}}
  inject: {schema: openai, endpoint: "${inject}", auth: {bearer: "${inject_key}"}, stream_usage: inject}
  estimate: {schema: openai, endpoint: "${estimate}", auth: {bearer: "${estimate_key}"}, stream_usage: estimate}
  azure: {schema: azure, endpoint: "${azure}", api_version: "2024-10-21", auth: {header: api-key, value: "${azure_key}"}}
models:
  m-exact: {provider: exact, name: gpt-5-mini}
  m-inject: {provider: inject, name: gpt-5-mini}
  m-estimate: {provider: estimate, name: gpt-5-mini}
  m-azure: {provider: azure, name: gpt-5-mini}
routes: [{name: auto, models: [m-inject, m-exact], strategy: priority, fallbacks: 1}]
`

// TestStreamsTellUsageAsConfigured asks with and without stream_options, and looks at what the provider was asked, what the
// client got, and what was recorded.
func TestStreamsTellUsageAsConfigured(t *testing.T) {
	s := start(t, usageModes, farEnd{name: "exact", schema: "openai"}, farEnd{name: "inject", schema: "openai"},
		farEnd{name: "estimate", schema: "openai"}, farEnd{name: "azure", schema: "azure"})
	for _, test := range []struct {
		name, model, options, deed string
		provider                   string
		asked                      string // of the provider: its stream_options
		seen                       bool   // a chunk with usage, by the client
		source                     usage.Source
	}{
		{name: "exact asks and takes out", model: "m-exact", provider: "exact", asked: `{"include_usage":true}`, source: usage.SourceReported},
		{name: "exact, false is not asking", model: "m-exact", options: `{"include_usage": false, "include_obfuscation": true}`, provider: "exact", asked: `{"include_usage":true,"include_obfuscation":true}`, source: usage.SourceReported},
		{name: "exact leaves clients alone that ask", model: "m-exact", options: `{"include_usage": true}`, provider: "exact", asked: `{"include_usage": true}`, seen: true, source: usage.SourceReported},
		{name: "exact at Azure", model: "m-azure", provider: "azure", asked: `{"include_usage":true}`, source: usage.SourceReported},
		{name: "inject asks", model: "m-inject", provider: "inject", asked: `{"include_usage":true}`, seen: true, source: usage.SourceReported},
		{name: "estimate does not", model: "m-estimate", provider: "estimate", source: usage.SourceEstimate},
		{name: "a fallback does as its provider is configured", model: "route/auto", deed: "inject: status=503", provider: "exact", asked: `{"include_usage":true}`, source: usage.SourceReported},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := ""
			if test.options != "" {
				options = `,"stream_options":` + test.options
			}
			got := s.chat(fmt.Sprintf(`{"model":%q,"stream":true,"n":2%s,"messages":[{"role":"user","content":"Hello!"}]}`, test.model, options), "x-demo: "+test.deed)
			requests := s.providers[test.provider].Requests()
			if asked := gjson.GetBytes(requests[len(requests)-1].Body, "stream_options").Raw; asked != test.asked {
				t.Errorf("the provider was asked %s, want %s", asked, test.asked)
			}
			if seen := strings.Contains(got.body, `"usage"`); seen != test.seen || got.status != 200 {
				t.Errorf("status %d, usage seen: %v, want %v\n%s", got.status, seen, test.seen, got.body)
			}
			if !strings.HasSuffix(got.body, "data: [DONE]\n\n") || strings.Count(got.body, `"finish_reason":"stop"`) != 2 {
				t.Errorf("the stream is not whole:\n%s", got.body)
			}
			if got.status != 200 {
				t.FailNow()
			}
			if filters := strings.Contains(got.body, "prompt_filter_results"); filters != (test.provider == "azure") {
				t.Errorf("filter results: %v\n%s", filters, got.body)
			}
			all := s.settled(t, 10*time.Second)
			r := all[len(all)-1]
			charges := s.providers[test.provider].Charged()
			c := charges[len(charges)-1]
			if r.Source != test.source || r.RequestID != c.RequestID {
				t.Fatalf("record %+v, charge %+v", r, c)
			}
			if want := tokensOf(c); r.Source == usage.SourceReported && r.Tokens != want {
				t.Errorf("recorded %+v, charged %+v", r.Tokens, want)
			}
		})
	}
}

func TestPolicyHasTheLastWordOnStreamOptions(t *testing.T) {
	s := start(t, usageModes+"policies: [{name: quiet, remove: [stream_options]}]\n", farEnd{name: "exact", schema: "openai"},
		farEnd{name: "inject", schema: "openai"}, farEnd{name: "estimate", schema: "openai"}, farEnd{name: "azure", schema: "azure"})
	s.chat(`{"model":"m-exact","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello!"}]}`)
	if body := s.providers["exact"].Requests()[0].Body; gjson.GetBytes(body, "stream_options").Exists() {
		t.Errorf("the provider got %s", body)
	}
	if r := s.settled(t, 10*time.Second)[0]; r.Source != usage.SourceEstimate || r.Tokens.Output == 0 {
		t.Errorf("recorded %+v", r)
	}
}
