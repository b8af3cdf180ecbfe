package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTranslatedTextArrivesWhileTheProviderStillWrites: a provider says a little and falls silent. The client has it, and
// when the client leaves, so does llmroute.
func TestTranslatedTextArrivesWhileTheProviderStillWrites(t *testing.T) {
	s := matrixStack(t)
	for i := range apiClients {
		for _, p := range matrixProviders {
			c := &apiClients[i]
			t.Run(c.name+" from "+p.name, func(t *testing.T) {
				t.Parallel()
				req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+c.path("m-"+p.name, true), strings.NewReader(c.body("", "m-"+p.name, true)))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("content-type", "application/json")
				req.Header.Set("anthropic-version", "2023-06-01")
				req.Header.Set("x-demo", "stall-after=3; chunk-delay=5ms")
				resp, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				var got []byte
				for buf := make([]byte, 4096); !strings.Contains(string(got), `demo`) && err == nil; {
					var n int
					n, err = resp.Body.Read(buf)
					got = append(got, buf[:n]...)
				}
				if err != nil {
					t.Fatalf("%v after %q", err, got)
				}
				_ = resp.Body.Close()
				if c.name == "chat" { // one client is enough to see each provider's stream end
					select {
					case <-s.providers[p.name].Idle():
					case <-time.After(10 * time.Second):
						t.Error("the provider still writes for a client that has left")
					}
				}
			})
		}
	}
}

// TestUsageComesOnlyToChatClientsThatAskedForIt in a stream: careless ones fail on a chunk without choices.
func TestUsageComesOnlyToChatClientsThatAskedForIt(t *testing.T) {
	s := matrixStack(t)
	for _, p := range matrixProviders {
		for _, options := range []string{``, `,"stream_options":null`, `,"stream_options":{"include_usage":false}`, `,"stream_options":{"include_usage":true}`} {
			got := s.chat(`{"model":"m-` + p.name + `","stream":true,"messages":[{"role":"user","content":"Hello!"}]` + options + `}`)
			asked := strings.Contains(options, "true")
			if got.status != 200 || strings.Contains(got.body, `"choices":[]`) != asked && p.name != "azure" || strings.Contains(got.body, `"prompt_tokens"`) != asked {
				t.Errorf("%s%s: %d %s", p.name, options, got.status, got.body)
			}
		}
	}
}

// TestAGeminiStreamMayBeAnArray: without alt=sse, a stream is one JSON array.
func TestAGeminiStreamMayBeAnArray(t *testing.T) {
	s := matrixStack(t)
	for _, p := range matrixProviders {
		for deed, ends := range map[string]string{"": "STOP", "error-in-stream=2; chunk-delay=20ms": "error"} {
			got := s.do("POST", "/v1beta/models/m-"+p.name+":streamGenerateContent", []byte(`{"contents":[{"parts":[{"text":"Hello!"}]}]}`), "x-demo: "+deed)
			var chunks []map[string]any
			if err := json.Unmarshal([]byte(got.body), &chunks); err != nil || len(chunks) < 2 || got.status != 200 {
				t.Errorf("%s: %d %v: %s", p.name, got.status, err, got.body)
				continue
			}
			last, _ := json.Marshal(chunks[len(chunks)-1])
			if !strings.Contains(string(last), ends) {
				t.Errorf("%s ends with %s", p.name, last)
			}
		}
	}
}
