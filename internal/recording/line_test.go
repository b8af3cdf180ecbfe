package recording_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/recording"
	"github.com/llmroute/llmroute/policy"
)

func TestParseTellsLinesFromBodiesAndFromFaults(t *testing.T) {
	for _, c := range []struct{ name, line, fault string }{
		{"features", `{"recorded":"2026-05-04T12:00:00Z","content":"features","features":{"op":"embeddings"}}`, ""},
		{"a whole request", `{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/v1/embeddings","body":{}}}`, ""},
		{"usage", `{"recorded":"2026-05-04T12:00:00Z","content":"usage","id":"1","usage":{"model":"a"}}`, ""},
		{"the body of a request", `{"model":"auto","messages":[]}`, "not a line of a recording"},
		{"no JSON", `{"model":`, "is not JSON"},
		{"no object", `[1]`, "is not JSON"},
		{"another content", `{"recorded":"2026-05-04T12:00:00Z","content":"video"}`, `content is "video"`},
		{"no features", `{"recorded":"2026-05-04T12:00:00Z","content":"features"}`, "features is missing"},
		{"no body", `{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/"}}`, "request.body is missing"},
		{"no usage", `{"recorded":"2026-05-04T12:00:00Z","content":"usage"}`, "usage is missing"},
		{"no time", `{"recorded":"yesterday","content":"usage","usage":{}}`, "parsing time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := recording.Parse([]byte(c.line))
			if c.fault == "" && (err != nil || l == nil) || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("got %+v %v, want %q", l, err, c.fault)
			}
		})
	}
}

func TestHeadersThatMayCarryCredentialsAreToldByTheirNames(t *testing.T) {
	for _, name := range []string{
		"authorization", "proxy-authorization", "cookie", "set-cookie", "api-key", "x-api-key", "x-goog-api-key", "x-amz-security-token",
		"x-auth-token", "x-forwarded-authorization", "ocp-apim-subscription-key", "x-client-secret", "x-jwt-assertion", "my-password",
	} {
		if !recording.Secret(name) {
			t.Errorf("%s would be recorded", name)
		}
	}
	for _, name := range []string{"x-team", "x-auth-request-user", "content-type", "anthropic-version", "user-agent", "x-tier"} {
		if recording.Secret(name) {
			t.Errorf("%s would not be recorded", name)
		}
	}
	if !recording.Internal("x-envoy-retry-on") || !recording.Internal("x-llmroute-plan") || recording.Internal("x-llmroute-strategy") {
		t.Error("internal headers are not told from those of clients")
	}
}

// FuzzParse holds Parse to this: what it accepts can be decided on and written again, and reads the same then.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"recorded":"2026-05-04T12:00:00Z","content":"features","features":{"op":"chat_completions","needs":["tools","flying"],"complexity":0.5}}`))
	f.Add([]byte(`{"recorded":"2026-05-04T12:00:00Z","content":"full","request":{"path":"/v1/messages","headers":[["a","b"]],"body":{"x":1}}}`))
	f.Add([]byte(`{"recorded":"2026-05-04T12:00:00Z","content":"usage","usage":{"elapsed_ns":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := recording.Parse(text)
		if err != nil {
			if l != nil {
				t.Fatal("an error comes with a line")
			}
			return
		}
		if l.Features != nil {
			policy.Explain(l.Features.Policy(time.Now()), &policy.Decision{}, nil)
		}
		first, err := json.Marshal(l)
		if err != nil {
			t.Fatalf("cannot be written: %v", err)
		}
		again, err := recording.Parse(first)
		if err != nil && !errors.Is(err, recording.ErrNotRecorded) {
			t.Fatalf("cannot be read again: %v: %s", err, first)
		}
		if second, err := json.Marshal(again); err != nil || string(second) != string(first) {
			t.Fatalf("reads otherwise: %s, then %s %v", first, second, err)
		}
	})
}
