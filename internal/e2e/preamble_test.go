package e2e

import (
	"strings"
	"testing"
)

const preambles = `
providers:
  openai: {schema: openai, endpoint: "${openai}", auth: {bearer: "${openai_key}"}}
  anthropic: {schema: anthropic, endpoint: "${anthropic}", auth: {header: x-api-key, value: "${anthropic_key}"}}
  gemini: {schema: gemini, endpoint: "${gemini}", auth: {header: x-goog-api-key, value: "${gemini_key}"}}
  bedrock: {schema: bedrock, endpoint: "${bedrock}", auth: {bearer: "${bedrock_key}"}}
models:
  m-openai: {provider: openai}
  m-anthropic: {provider: anthropic}
  m-gemini: {provider: gemini}
  m-bedrock: {provider: bedrock}
routes:
  - {name: to-openai, models: [m-anthropic, m-openai], strategy: priority}
  - {name: to-anthropic, models: [m-gemini, m-anthropic], strategy: priority}
  - {name: to-gemini, models: [m-bedrock, m-gemini], strategy: priority}
  - {name: to-bedrock, models: [m-openai, m-bedrock], strategy: priority}
policies:
  - {name: house, system_preamble: "RULE ONE of the house."}
  - {name: more, system_preamble: "RULE TWO of the house."}
  - {name: pictures, max_images: 0}
`

// TestEveryProviderReadsTheSystemPreambleFirst, whatever the client speaks and with every way to have a system prompt, at the first
// attempt and at a fallback.
func TestEveryProviderReadsTheSystemPreambleFirst(t *testing.T) {
	var ends []farEnd
	names, failing := []string{"openai", "anthropic", "gemini", "bedrock"}, []string{"anthropic", "gemini", "bedrock", "openai"}
	for _, name := range names {
		ends = append(ends, farEnd{name: name, schema: name})
	}
	s := start(t, preambles, ends...)
	for client, ask := range map[string]struct{ path, body string }{
		"chat":         {"/v1/chat/completions", `{MODEL"messages":[{"role":"system","content":"OWN words"},{"role":"user","content":"Hello!"}]}`},
		"chat, bare":   {"/v1/chat/completions", `{MODEL"messages":[{"role":"user","content":"OWN words"}]}`},
		"responses":    {"/v1/responses", `{MODEL"instructions":"OWN words","input":"Hello!"}`},
		"messages":     {"/v1/messages", `{MODEL"max_tokens":50,"system":"OWN words","messages":[{"role":"user","content":"Hello!"}]}`},
		"with blocks":  {"/v1/messages", `{MODEL"max_tokens":50,"system":[{"type":"text","text":"OWN words","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"Hello!"}]}`},
		"generate":     {"/v1beta/models/NAME:generateContent", `{"systemInstruction":{"parts":[{"text":"OWN words"}]},"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]}`},
		"generate too": {"/v1beta/models/NAME:streamGenerateContent?alt=sse", `{"system_instruction":{"parts":[{"text":"OWN words"}]},"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]}`},
	} {
		for i, name := range names {
			t.Run(client+" at "+name, func(t *testing.T) {
				before := s.lastSeq(name)
				got := s.do("POST", strings.ReplaceAll(ask.path, "NAME", "m-"+name), []byte(strings.ReplaceAll(ask.body, "MODEL", `"model":"m-`+name+`",`)))
				s.expectRules(t, got, name, before)
			})
			t.Run(client+" at "+name+", as a fallback", func(t *testing.T) {
				failing := failing[i]
				before := s.lastSeq(name)
				got := s.do("POST", strings.ReplaceAll(ask.path, "NAME", "route/to-"+name),
					[]byte(strings.ReplaceAll(ask.body, "MODEL", `"model":"route/to-`+name+`",`)), "x-demo: "+failing+": status=503")
				s.expectRules(t, got, name, before)
			})
		}
	}
	t.Run("an image is refused", func(t *testing.T) {
		got := s.chat(`{"model":"m-openai","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/a.png"}}]}]}`)
		if got.status != 400 || !strings.Contains(got.body, "input_limit_exceeded") {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	})
}

// expectRules looks at what a provider got.
func (s *stack) expectRules(t *testing.T, got answer, provider string, before uint64) {
	t.Helper()
	if got.status != 200 || got.header.Get("x-llmroute-provider") != provider {
		t.Fatalf("status %d by %s: %.300s", got.status, got.header.Get("x-llmroute-provider"), got.body)
	}
	for _, r := range s.providers[provider].Requests() {
		if r.Seq <= before {
			continue
		}
		body := string(r.Body)
		one, two, own := strings.Index(body, "RULE ONE of the house."), strings.Index(body, "RULE TWO of the house."), strings.Index(body, "OWN words")
		if one < 0 || two < one || own < 0 || strings.Count(body, "RULE ONE") != 1 || strings.Contains(body, "Hello!") && own < two {
			t.Errorf("%s got %s", provider, body)
		}
		return
	}
	t.Errorf("%s got nothing", provider)
}
