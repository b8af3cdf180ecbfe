package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const everySchema = `
providers:
  openai: {schema: openai, endpoint: "${openai}", auth: {bearer: "${openai_key}"}}
  azure: {schema: azure, endpoint: "${azure}", api_version: "2024-10-21", auth: {header: api-key, value: "${azure_key}"}}
  anthropic: {schema: anthropic, endpoint: "${anthropic}", auth: {header: x-api-key, value: "${anthropic_key}"}}
  gemini: {schema: gemini, endpoint: "${gemini}", auth: {header: x-goog-api-key, value: "${gemini_key}"}}
  bedrock: {schema: bedrock, endpoint: "${bedrock}", auth: {bearer: "${bedrock_key}"}}
models:
  m-openai: {provider: openai, name: gpt-5-mini}
  m-azure: {provider: azure, name: gpt-5-mini}
  m-anthropic: {provider: anthropic, name: claude-haiku-4-5}
  m-gemini: {provider: gemini, name: gemini-2.5-flash}
  m-bedrock: {provider: bedrock, name: "anthropic.claude-3-5-haiku-20241022-v1:0"}
routes: [{name: default, models: [m-openai, m-anthropic, m-gemini], strategy: priority}]
aliases: {auto: default}
`

func everyEnd() []farEnd {
	var ends []farEnd
	for _, name := range []string{"openai", "azure", "anthropic", "gemini", "bedrock"} {
		ends = append(ends, farEnd{name: name, schema: name})
	}
	return ends
}

// requests are a small conversation in each client schema.
var requests = map[string]struct {
	path, streamPath, body, streamBody, end string
}{
	"chat": {"/v1/chat/completions", "/v1/chat/completions",
		`{"model":"%s","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}]}`,
		`{"model":"%s","stream":true,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}]}`, "data: [DONE]"},
	"responses": {"/v1/responses", "/v1/responses",
		`{"model":"%s","instructions":"Be kind.","input":"Hello!"}`,
		`{"model":"%s","stream":true,"instructions":"Be kind.","input":"Hello!"}`, "response.completed"},
	"messages": {"/v1/messages", "/v1/messages",
		`{"model":"%s","max_tokens":100,"system":"Be kind.","messages":[{"role":"user","content":"Hello!"}]}`,
		`{"model":"%s","max_tokens":100,"stream":true,"system":"Be kind.","messages":[{"role":"user","content":"Hello!"}]}`, "message_stop"},
	"generate": {"/v1beta/models/%s:generateContent", "/v1beta/models/%s:streamGenerateContent?alt=sse",
		`{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]}`,
		`{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]}`, `"finishReason":"STOP"`},
}

func TestEveryClientReachesEveryProvider(t *testing.T) {
	s := start(t, everySchema, everyEnd()...)
	for client, r := range requests {
		for _, provider := range []string{"openai", "azure", "anthropic", "gemini", "bedrock"} {
			t.Run(client+" to "+provider, func(t *testing.T) {
				model := "m-" + provider
				in := func(s string) string {
					if strings.Contains(s, "%s") {
						return fmt.Sprintf(s, model)
					}
					return s
				}
				got := s.do("POST", in(r.path), []byte(in(r.body)))
				if got.status != http.StatusOK || !strings.Contains(got.body, "Hello!") || !strings.Contains(got.body, provider) {
					t.Errorf("%d %s", got.status, got.body)
				}
				if h := got.header.Get("x-llmroute-model"); h != model {
					t.Errorf("x-llmroute-model: %s", h)
				}
				streamed := s.do("POST", in(r.streamPath), []byte(in(r.streamBody)))
				if streamed.status != http.StatusOK || !strings.Contains(streamed.body, r.end) || !strings.Contains(streamed.body, provider) {
					t.Errorf("%d %s", streamed.status, streamed.body)
				}
			})
		}
	}
}
