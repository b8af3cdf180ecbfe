package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/envoytest"
)

// startAimock runs the npm package @copilotkit/aimock, which speaks the APIs of several providers on one port. That
// nobody here wrote it is its worth: it shares none of our misreadings.
func startAimock(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("../../scripts/sdks").Output()
	if err != nil {
		t.Fatalf("scripts/sdks: %v", err)
	}
	addr := envoytest.FreeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	var log syncBuffer
	cmd := exec.CommandContext(t.Context(), "node", strings.TrimSpace(string(out))+"/node_modules/@copilotkit/aimock/dist/cli.js",
		"--host", "127.0.0.1", "--port", port, "--fixtures", "sdks/aimock.json", "--strict", "--validate-on-load")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // the test's context ends it
		if t.Failed() {
			t.Logf("aimock's log:\n%s", clip(log.String()))
		}
	})
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("aimock does not listen:\n%s", log.String())
	return ""
}

// aimockFeatures are what its fixtures in sdks/aimock.json hold.
var aimockFeatures = []feature{
	{name: "text", ask: saying("hello"), got: says("nobody here wrote: Grüße, 世界 👋.")},
	{name: "a system prompt and a history", ask: four{
		`"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"hello"}]`,
		`"instructions":"Be kind.","input":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"hello"}]`,
		`"system":"Be kind.","messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"hello"}]`,
		`"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hi."}]},{"role":"model","parts":[{"text":"Yes?"}]},{"role":"user","parts":[{"text":"hello"}]}]`,
	}, got: says("nobody here wrote")},
	{name: "an image", ask: showing(
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,`+png+`"}},{"type":"text","text":"hello"}`, `{"type":"input_image","image_url":"data:image/png;base64,`+png+`"},{"type":"input_text","text":"hello"}`,
		`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+png+`"}},{"type":"text","text":"hello"}`, `{"inlineData":{"mimeType":"image/png","data":"`+png+`"}},{"text":"hello"}`),
		got: says("nobody here wrote")},
	{name: "parallel calls", ask: saying("weather in both").and(weather), got: calls(`get_weather {"city":"Paris"}`, `get_weather {"city":"London"}`)},
	{name: "calls and their results", ask: saying("weather in both").and(weather), then: true, got: says("21 degrees in both")},
	{name: "a call without arguments", ask: saying("call nothing in particular").and(offering("refresh", `{"type":"object","properties":{}}`)), got: calls(`refresh {}`)},
	{name: "text beside a call", ask: saying("say and call").and(weather), got: func(r *reply, x *crossing) string {
		if wrong := calls(`get_weather {"city":"Rome"}`)(r, x); wrong != "" || r.said() != "Let me look." {
			return fmt.Sprintf("%s %q", wrong, r.said())
		}
		return ""
	}},
	{name: "thoughts", ask: saying("think first"), got: says("It is 42.")},
	{name: "a rate limit", ask: saying("too often"), fails: true, got: func(r *reply, x *crossing) string {
		if r.retryAfter != "30" {
			return "retry-after: " + r.retryAfter
		}
		return failing("429 rate_limit_exceeded, 429 429", "429 rate_limit_error", "429 RESOURCE_EXHAUSTED, 429 rate_limit_error")(r, x)
	}},
	{name: "a failure", ask: saying("the server fails"), fails: true, got: func(r *reply, _ *crossing) string {
		if r.status < 500 || r.fault == nil {
			return fmt.Sprintf("%d %+v", r.status, r.fault)
		}
		return ""
	}},
	{name: "a stream that breaks off", ask: saying("break off"), once: "stream", fails: true, got: func(r *reply, _ *crossing) string { return ifEnded(r) }},
}

// TestProvidersThatNobodyHereWroteAreUnderstood sends every client schema to aimock's OpenAI, Azure, Anthropic, Gemini and
// Bedrock APIs.
func TestProvidersThatNobodyHereWroteAreUnderstood(t *testing.T) {
	addr := startAimock(t)
	s := matrixStackOf(t, func(farEnd) http.Handler {
		return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	})
	for _, p := range matrixProviders {
		if p.name == "claude-vertex" { // which it does not speak
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for i := range aimockFeatures {
				for j := range apiClients {
					f, c := aimockFeatures[i], &apiClients[j]
					if p.name == "claude-bedrock" { // its frames lack AWS's {"bytes": "…"}
						if f.once == "stream" {
							continue
						}
						f.once = "json"
					}
					if got := s.cross(t, &f, c, p.name); got.fault != "" || got.refused != "" {
						t.Errorf("%s: %s to %s: %s%s", f.name, c.name, p.name, got.fault, got.refused)
					}
				}
			}
		})
	}
}
