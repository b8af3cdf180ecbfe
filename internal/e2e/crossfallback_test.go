package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// pairs are plans of two entries of different schemas: the first fails, the second answers.
var pairs = [][2]string{
	{"openai", "anthropic"}, {"openai", "gemini"}, {"openai", "bedrock"}, {"openai", "claude-bedrock"}, {"azure", "claude-vertex"},
	{"anthropic", "openai"}, {"anthropic", "gemini"}, {"anthropic", "bedrock"}, {"bedrock", "anthropic"},
	{"gemini", "openai"}, {"gemini", "anthropic"}, {"gemini", "bedrock"}, {"bedrock", "compat"}, {"compat", "gemini-vertex"},
}

func pairStack(t *testing.T) *stack {
	var routes, aliases []string
	for _, p := range pairs {
		name := p[0] + "-" + p[1]
		routes = append(routes, fmt.Sprintf("  - {name: %s, models: [m-%s, m-%s], strategy: priority, fallbacks: 1}\n", name, p[0], p[1]))
		aliases = append(aliases, fmt.Sprintf("  %s: %s\n", name, name))
	}
	more := "routes:\n" + strings.Join(routes, "") + "aliases:\n" + strings.Join(aliases, "") + "timeouts: {first_byte_stream: 2s, first_byte_json: 2s, connect: 2s}\n"
	return matrixStackWith(t, more, func(farEnd) http.Handler { return nil })
}

// TestAnSDKDoesNotNoticeThatAnotherSchemaAnswered: text, tools and an image, whole and streamed, from the second entry.
func TestAnSDKDoesNotNoticeThatAnotherSchemaAnswered(t *testing.T) {
	s := pairStack(t)
	for _, sdk := range goSDKs {
		for _, p := range pairs {
			t.Run(sdk.name+": "+p[0]+" fails, "+p[1]+" answers", func(t *testing.T) {
				t.Parallel()
				seen, err := sdk.run(t.Context(), s.url, p[0]+"-"+p[1], p[0]+": status=503")
				if err != nil {
					t.Fatal(err)
				}
				seen.Limited, seen.Unknown, seen.Broken = [2]string{"429"}, [2]string{"404"}, [2]string{"error"} // not asked
				seen.check(t, "Go "+sdk.name, "m-"+p[1])
			})
		}
	}
}

// TestEveryWayToFailLeadsToTheNextSchema, whatever the client speaks.
func TestEveryWayToFailLeadsToTheNextSchema(t *testing.T) {
	s := pairStack(t)
	image := mediaFeatures[0].ask
	for _, failure := range []string{"error=rate-limit; retry-after=9", "error=server", "error=overloaded", "reset", "hang"} {
		t.Run(failure, func(t *testing.T) {
			for _, p := range pairs[:12] {
				for i := range apiClients {
					c := &apiClients[i]
					if failure == "hang" && c.name != "chat" { // takes its time
						continue
					}
					t.Run(c.name+" "+p[0]+" "+p[1], func(t *testing.T) {
						t.Parallel()
						for _, stream := range []bool{false, true} {
							s.expectNext(t, c, p, image[c.index], failure, stream)
						}
					})
				}
			}
		})
	}
}

// expectNext sends a request whose first attempt fails.
func (s *stack) expectNext(t *testing.T, c *apiClient, pair [2]string, members, failure string, stream bool) {
	t.Helper()
	r, header := s.raw(t, c, pair[0]+"-"+pair[1], members, pair[0]+": "+failure, stream)
	if r.status != http.StatusOK || !r.ended || r.fault != nil || !strings.Contains(r.said(), `"`+pair[1]+`"`) || !strings.Contains(r.said(), "I see 1 image") {
		t.Errorf("stream %v: %d %+v %v: %s", stream, r.status, r.fault, r.broken, clip(r.raw))
	}
	if got := header.Get("x-llmroute-provider") + " " + header.Get("x-llmroute-attempts"); got != pair[1]+" 2" {
		t.Errorf("stream %v: answered by %s, want %s at the second attempt", stream, got, pair[1])
	}
}

// raw sends a request to any model.
func (s *stack) raw(t *testing.T, c *apiClient, model, members, deed string, stream bool) (*reply, http.Header) {
	t.Helper()
	got := s.do("POST", c.path(model, stream), []byte(c.body(members, model, stream)), "x-demo: "+deed, "anthropic-version: 2023-06-01")
	r := &reply{status: got.status, raw: got.body, retryAfter: got.header.Get("retry-after"), dropped: got.header.Get("x-llmroute-dropped")}
	c.readAnswer(r, stream)
	return r, got.header
}

// TestOverloadInsideAStreamLeadsToTheNextSchema: the provider said 200, but nothing of the answer has come yet. It needs a
// first attempt that is translated; what is not translated llmroute does not see.
func TestOverloadInsideAStreamLeadsToTheNextSchema(t *testing.T) {
	s := pairStack(t)
	speaks := map[string]string{"openai": "chat responses", "azure": "chat responses", "anthropic": "messages", "gemini": "generate", "compat": "chat"}
	for _, p := range pairs {
		for i := range apiClients {
			c := &apiClients[i]
			if slices.Contains(strings.Fields(speaks[p[0]]), c.name) {
				continue
			}
			t.Run(c.name+" "+p[0]+" "+p[1], func(t *testing.T) {
				t.Parallel()
				s.expectNext(t, c, p, mediaFeatures[0].ask[c.index], "error-in-stream=0", true)
			})
		}
	}
}

// TestWhatTheFirstSchemaCannotDoGoesToOneThatCan: `unsupported: route_elsewhere`, the default.
func TestWhatTheFirstSchemaCannotDoGoesToOneThatCan(t *testing.T) {
	s := pairStack(t)
	chat, generate := &apiClients[0], &apiClients[3]
	for _, row := range []struct {
		client  *apiClient
		pair    [2]string
		members string
	}{
		{chat, [2]string{"anthropic", "openai"}, `"seed":7`},
		{chat, [2]string{"anthropic", "gemini"}, `"n":2`},
		{chat, [2]string{"bedrock", "compat"}, mediaFeatures[1].ask[0]},
		{generate, [2]string{"anthropic", "openai"}, `"generationConfig":{"seed":7}`},
	} {
		for _, stream := range []bool{false, true} {
			r, header := s.raw(t, row.client, row.pair[0]+"-"+row.pair[1], row.members, "", stream)
			if r.status != http.StatusOK || header.Get("x-llmroute-provider") != row.pair[1] {
				t.Errorf("%s: %d by %s: %s", row.members, r.status, header.Get("x-llmroute-provider"), clip(r.raw))
			}
		}
	}
}

// TestUnsupportedParametersAreDroppedOrRefusedAsConfigured covers the other two choices, and that no entry that can is
// left makes route_elsewhere a refusal.
func TestUnsupportedParametersAreDroppedOrRefusedAsConfigured(t *testing.T) {
	yaml := `
providers:
  dropping: {schema: anthropic, endpoint: "${dropping}", unsupported: drop, auth: {header: x-api-key, value: "${dropping_key}"}}
  rejecting: {schema: anthropic, endpoint: "${rejecting}", unsupported: reject, auth: {header: x-api-key, value: "${rejecting_key}"}}
  elsewhere: {schema: anthropic, endpoint: "${elsewhere}", auth: {header: x-api-key, value: "${elsewhere_key}"}}
models:
  m-dropping: {provider: dropping, name: claude-haiku-4-5, capabilities: ` + everything + `}
  m-rejecting: {provider: rejecting, name: claude-haiku-4-5, capabilities: ` + everything + `}
  m-elsewhere: {provider: elsewhere, name: claude-haiku-4-5, capabilities: ` + everything + `}
routes:
  - {name: first-rejects, models: [m-rejecting, m-dropping], strategy: priority}
aliases: {first-rejects: first-rejects}
`
	s := start(t, yaml, farEnd{name: "dropping", schema: "anthropic"}, farEnd{name: "rejecting", schema: "anthropic"}, farEnd{name: "elsewhere", schema: "anthropic"})
	chat := &apiClients[0]
	const members = `"seed":7,"n":2,"logit_bias":{"1":2},"user":"u-1","metadata":{"a":"b"}`
	for _, stream := range []bool{false, true} {
		r, _ := s.raw(t, chat, "m-dropping", members, "", stream)
		if r.status != 200 || !strings.Contains(r.said(), "Hello!") {
			t.Errorf("drop: %d %s", r.status, clip(r.raw))
		}
		for _, name := range []string{"seed", "n", "logit_bias", "metadata"} {
			if !slices.Contains(strings.Split(r.dropped, ","), name) {
				t.Errorf("x-llmroute-dropped is %q, without %s", r.dropped, name)
			}
		}
		for _, model := range []string{"m-rejecting", "m-elsewhere", "first-rejects"} {
			r, _ := s.raw(t, chat, model, members, "", stream)
			if r.status != 400 || r.fault == nil || r.fault.word != "unsupported_parameter" || !strings.Contains(r.fault.message, r.fault.param) || r.fault.param == "" {
				t.Errorf("%s: %d %+v", model, r.status, r.fault)
			}
		}
	}
	if n := s.lastSeq("rejecting") + s.lastSeq("elsewhere"); n != 0 {
		t.Errorf("%d requests reached providers that cannot serve them", n)
	}
}

// TestTriviaAreNotRefused sends what common clients send with every request to providers of other schemas.
func TestTriviaAreNotRefused(t *testing.T) {
	s := matrixStack(t)
	for name, row := range map[string]struct {
		client  int
		members string
	}{
		"LangChain on openai":    {0, `"n":1,"temperature":0.7,"frequency_penalty":0,"presence_penalty":0,"logprobs":false,"parallel_tool_calls":true,"tools":[{"type":"function","function":{"name":"get_weather","description":"","parameters":{"type":"object","properties":{}},"strict":false}}],"stream_options":null`},
		"LiteLLM on openai":      {0, `"user":"u","metadata":{},"store":false,"service_tier":"auto","top_p":1,"stop":null,"logit_bias":{},"seed":null,"max_tokens":500`},
		"Open WebUI":             {0, `"temperature":0.8,"top_p":0.9,"max_tokens":1000,"stop":[],"user":"u","metadata":{"chat_id":"1"}`},
		"the Agents SDK":         {1, `"include":["reasoning.encrypted_content"],"store":false,"parallel_tool_calls":true,"truncation":"disabled","prompt_cache_key":"k","metadata":{"a":"b"},"tools":[],"tool_choice":"auto"`},
		"Codex":                  {1, `"instructions":"You are Codex.","reasoning":{"effort":"medium","summary":"auto"},"include":["reasoning.encrypted_content"],"store":false,"prompt_cache_key":"k","parallel_tool_calls":false,"tool_choice":"auto","tools":[{"type":"function","name":"shell","description":"runs","strict":false,"parameters":{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"}}},"required":["command"]}}]`},
		"Claude Code":            {2, `"metadata":{"user_id":"user_abc_account__session_def"},"temperature":1,"system":[{"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}}],"thinking":{"type":"enabled","budget_tokens":8000},"max_tokens":20000,"tools":[{"name":"Bash","description":"runs","input_schema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"command":{"type":"string"}},"required":["command"],"additionalProperties":false},"cache_control":{"type":"ephemeral"}}]`},
		"google-genai's default": {3, `"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],"generationConfig":{"temperature":1,"topP":0.95,"candidateCount":1,"maxOutputTokens":800,"responseMimeType":"text/plain","responseModalities":["TEXT"]},"tools":[],"toolConfig":{}`},
	} {
		for _, p := range matrixProviders {
			t.Run(name+" to "+p.name, func(t *testing.T) {
				for _, stream := range []bool{false, true} {
					r, _ := s.raw(t, &apiClients[row.client], "m-"+p.name, row.members, "", stream)
					if r.status != 200 || !r.ended {
						t.Errorf("%d: %s", r.status, clip(r.raw))
					}
				}
			})
		}
	}
}
