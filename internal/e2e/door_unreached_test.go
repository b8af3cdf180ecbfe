package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestWhoCannotBeReachedReadsTheSameWhateverItSpeaks asks for providers of every format that are down or silent, through the
// adapting door: as the last of two, where Envoy's own error is the provider's answer.
func TestWhoCannotBeReachedReadsTheSameWhateverItSpeaks(t *testing.T) {
	providers := map[string]string{
		"openai": `schema: openai, endpoint: "${NAME}", auth: {bearer: "${NAME_key}"}`, "anthropic": `schema: anthropic, endpoint: "${NAME}", auth: {header: x-api-key, value: "${NAME_key}"}`,
		"gemini": `schema: gemini, endpoint: "${NAME}", auth: {header: x-goog-api-key, value: "${NAME_key}"}`, "bedrock": `schema: bedrock, endpoint: "${NAME}", auth: {bearer: "${NAME_key}"}`,
		"messages": `schema: bedrock, apis: [messages], endpoint: "${NAME}", auth: {bearer: "${NAME_key}"}`, "azure": `schema: azure, api_version: 2024-10-21, endpoint: "${NAME}", auth: {header: api-key, value: "${NAME_key}"}`,
	}
	yaml := "providers:\n  first: {schema: openai, endpoint: \"${first}\", auth: {bearer: \"${first_key}\"}}\n"
	models, routes := "models:\n  first: {provider: first, name: gpt-5}\n", "routes:\n"
	ends := []farEnd{{name: "first", schema: "openai", refused: true}}
	for name, text := range providers {
		for _, kind := range []string{"down", "silent"} {
			id := name + "-" + kind
			yaml += "  " + id + ": {" + strings.ReplaceAll(text, "NAME", id) + "}\n"
			models += fmt.Sprintf("  %s: {provider: %s, name: anthropic.claude-haiku-4-5}\n", id, id)
			routes += fmt.Sprintf("  - {name: r-%s, models: [first, %s], strategy: priority}\n", id, id)
			schema := name
			if name == "messages" {
				schema = "bedrock"
			}
			ends = append(ends, farEnd{name: id, schema: schema, refused: kind == "down"})
		}
	}
	s := start(t, yaml+models+routes+"timeouts: {first_byte_json: 500ms, first_byte_stream: 500ms}\n", ends...)
	for name := range providers {
		for kind, want := range map[string]struct {
			status                    int
			code, message, geminiWord string
		}{
			"down":   {503, "no_healthy_provider", "no provider can be reached", "UNAVAILABLE"},
			"silent": {504, "timeout", "no provider answered in time", "DEADLINE_EXCEEDED"},
		} {
			for _, stream := range []string{"", `"stream":true,`} {
				if kind == "silent" && (name != "bedrock" || stream != "") { // Envoy's own listener keeps that time, whoever is silent
					continue
				}
				t.Run(name+" is "+kind+strings.Trim(stream, `,`), func(t *testing.T) {
					model := "route/r-" + name + "-" + kind
					got := s.chat(`{"model":"`+model+`",`+stream+`"messages":[{"role":"user","content":"hi"}]}`, "x-demo: hang")
					if told := got.header.Get("x-llmroute-local"); told != "" {
						t.Errorf("the client sees what the door tells llmroute: %s", told)
					}
					if code := gjson.Get(got.body, "error.code").Str; got.status != want.status || code != want.code || !strings.Contains(got.body, want.message) {
						t.Errorf("OpenAI: status %d: %s", got.status, got.body)
					}
					got = s.do("POST", "/v1/messages", []byte(`{"model":"`+model+`",`+stream+`"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`), "x-demo: hang")
					if got.status != want.status || gjson.Get(got.body, "type").Str != "error" || !strings.Contains(got.body, want.message) {
						t.Errorf("Anthropic: status %d: %s", got.status, got.body)
					}
					if stream != "" {
						return
					}
					got = s.do("POST", "/v1beta/models/"+strings.ReplaceAll(model, "/", "%2F")+":generateContent", []byte(`{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`), "x-demo: hang")
					if got.status != want.status || gjson.Get(got.body, "error.status").Str != want.geminiWord || !strings.Contains(got.body, want.message) {
						t.Errorf("Gemini: status %d: %s", got.status, got.body)
					}
				})
			}
		}
	}
}
