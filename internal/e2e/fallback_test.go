package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/internal/demo"
)

const threeInARow = `
stream_usage: estimate # so that bodies stay as they are
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  beta: {schema: openai, endpoint: "${beta}", auth: {bearer: "${beta_key}"}}
  gamma: {schema: azure, endpoint: "${gamma}", api_version: "2024-10-21", auth: {header: api-key, value: "${gamma_key}"}}
models:
  first: {provider: alpha, name: gpt-5-mini}
  second: {provider: beta, name: meta/llama-3}
  third: {provider: gamma, name: my-deployment}
routes: [{name: default, models: [first, second, third], strategy: priority, fallbacks: 2}]
aliases: {auto: default}
identity: {team: {header: x-team}, user: {header: x-user}}
timeouts: {first_byte_stream: 2s, first_byte_json: 2500ms, connect: 2s}
`

// TestAFailedFirstChoiceIsOneCleanAnswerFromTheNext goes through every way to fail before the response, with small and
// large bodies, JSON and streamed. It asserts exact bytes: Envoy has had bugs that double or cut retried bodies.
func TestAFailedFirstChoiceIsOneCleanAnswerFromTheNext(t *testing.T) {
	s := start(t, threeInARow, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"}, farEnd{name: "gamma", schema: "azure"})
	for _, failure := range []string{"status=429; retry-after=7", "status=401", "status=403", "status=500", "status=503", "hang", "reset"} {
		sizes := []int{1 << 10, 1 << 20, 6 << 20}
		if failure == "hang" || strings.HasPrefix(failure, "status=40") { // the one takes its time, the others are much the same
			sizes = []int{1 << 10, 6 << 20}
		}
		for _, size := range sizes {
			for _, stream := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d KiB/stream %v", strings.Fields(failure)[0], size>>10, stream), func(t *testing.T) {
					s.expectFallback(t, "alpha: "+failure, size, stream, "second", "beta")
				})
			}
		}
	}
	t.Run("two in a row, the third behind Azure's paths", func(t *testing.T) {
		s.expectFallback(t, "alpha: status=500, beta: status=503", 1<<20, true, "third", "gamma")
	})
}

func TestARefusedConnectionIsOneCleanAnswerFromTheNext(t *testing.T) {
	s := start(t, threeInARow, farEnd{name: "alpha", schema: "openai", refused: true}, farEnd{name: "beta", schema: "openai"}, farEnd{name: "gamma", schema: "azure"})
	for _, size := range []int{1 << 10, 1 << 20, 6 << 20} {
		for _, stream := range []bool{false, true} {
			s.expectFallback(t, "", size, stream, "second", "beta")
		}
	}
}

// expectFallback sends one request and looks at what the client got and what each provider saw.
func (s *stack) expectFallback(t *testing.T, fault string, size int, stream bool, model, provider string) {
	t.Helper()
	before := map[string]uint64{}
	for name := range s.providers {
		before[name] = s.lastSeq(name)
	}
	body := oddBody(size, stream)
	got := s.chat(body, "x-demo: "+fault, "authorization: Bearer the-clients-own", "x-api-key: the-clients-own", "cookie: a=b", "x-team: research", "x-llmroute-plan: forged")
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %.300s", got.status, got.body)
	}
	for name, want := range map[string]string{"x-llmroute-model": model, "x-llmroute-provider": provider, "x-llmroute-route": "default"} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if stream != strings.HasPrefix(got.body, "data: ") || stream && strings.Count(got.body, "data: [DONE]") != 1 {
		t.Errorf("not one clean answer: %.200s … %s", got.body, got.body[max(0, len(got.body)-100):])
	}
	expect := map[string]struct{ name, path, key string }{
		"alpha": {"gpt-5-mini", "/v1/chat/completions", "Bearer key-of-alpha"},
		"beta":  {"meta/llama-3", "/v1/chat/completions", "Bearer key-of-beta"},
		"gamma": {"my-deployment", "/openai/deployments/my-deployment/chat/completions", "key-of-gamma"},
	}
	for name, p := range s.providers {
		for _, r := range p.Requests() {
			if r.Seq <= before[name] {
				continue
			}
			want := expect[name]
			if r.Path != want.path {
				t.Errorf("%s saw path %s, want %s", name, r.Path, want.path)
			}
			wanted := strings.Replace(body, `"auto"`, `"`+want.name+`"`, 1)
			if !bytes.Equal(r.Body, []byte(wanted)) {
				t.Errorf("%s saw other bytes: %d, want %d: %.120s", name, len(r.Body), len(wanted), r.Body)
			}
			if h := r.Header.Get("content-length"); h != "" && h != fmt.Sprint(len(wanted)) {
				t.Errorf("%s saw content-length %s for %d bytes", name, h, len(wanted))
			}
			for header, values := range r.Header {
				lower := strings.ToLower(header)
				text := strings.Join(values, ",")
				if strings.HasPrefix(lower, "x-llmroute") || strings.HasPrefix(lower, "x-envoy") || lower == "x-team" {
					t.Errorf("%s saw %s: %s", name, header, text)
				}
				if strings.Contains(text, "the-clients-own") || strings.Contains(text, "key-of-") && text != want.key {
					t.Errorf("%s saw another's key in %s: %s", name, header, text)
				}
			}
			if got := r.Header.Get("authorization") + r.Header.Get("api-key"); got != want.key {
				t.Errorf("%s was sent the key %q, want %q", name, got, want.key)
			}
		}
	}
	if n := s.lastSeq(provider) - before[provider]; n != 1 {
		t.Errorf("%s saw %d requests, want 1", provider, n)
	}
}

// lastSeq is the number of the newest request that a provider has seen; 0: none.
func (s *stack) lastSeq(provider string) uint64 {
	requests := s.providers[provider].Requests()
	if len(requests) == 0 {
		return 0
	}
	return requests[len(requests)-1].Seq
}

// oddBody is a request whose bytes no JSON library would write: order, spacing and numbers must survive.
func oddBody(size int, stream bool) string {
	body := fmt.Sprintf("{ \"temperature\" :1.0e+0,\n\t\"messages\":[{\"content\":\"%%s\",\"role\":\"user\"}], \"stream\":%v ,\"model\" : \"auto\",\"metadata\":{\"z\":\"1\",\"a\":\"2\"} }", stream)
	return fmt.Sprintf(body, strings.Repeat("héllo wörld ", max(1, (size-len(body))/14)))
}

// TestManyRequestsAtOnceFallBackCleanly looks for what only happens under load: bodies of one request in another.
func TestManyRequestsAtOnceFallBackCleanly(t *testing.T) {
	s := start(t, threeInARow, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"}, farEnd{name: "gamma", schema: "azure"})
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 10 {
				secret := fmt.Sprintf("request-%d-%d", worker, i)
				body := fmt.Sprintf(`{"model":"auto","stream":%v,"messages":[{"role":"user","content":"%s %s"}]}`, i%2 == 0, strings.Repeat("x", i*40_000), secret)
				fault := "x-demo: " + []string{"", "alpha: status=503", "alpha: reset", "alpha: status=429, beta: status=500"}[(worker+i)%4]
				if got := s.chat(body, fault); got.status != 200 {
					t.Errorf("%s with %s: %d %.200s", secret, fault, got.status, got.body)
				}
			}
		})
	}
	group.Wait()
	for name, p := range s.providers {
		for _, r := range p.Requests() {
			if content := gjson.GetBytes(r.Body, "messages.0.content").String(); strings.Count(content, "request-") != 1 || !json.Valid(r.Body) {
				t.Errorf("%s saw a damaged body: %.100s", name, r.Body)
			}
		}
	}
}

// TestNoExtProcStreamStaysOpenWhileTokensFlow also shows that a stream's chunks do not wait for each other.
func TestNoExtProcStreamStaysOpenWhileTokensFlow(t *testing.T) {
	s := start(t, threeInARow, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "beta", schema: "openai"}, farEnd{name: "gamma", schema: "azure"})
	for _, fault := range []string{"alpha: stall-after=2", "alpha: status=503, beta: stall-after=2"} {
		req, err := http.NewRequest("POST", s.url+"/v1/chat/completions", strings.NewReader(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("content-type", "application/json")
		req.Header.Set("x-demo", fault)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if n := s.envoy.Stat("cluster.llmroute.upstream_rq_active"); n > 2 { // the two access logs
			t.Errorf("%s: %d gRPC streams are open to llmroute while tokens flow, want the access logs' two", fault, n)
		}
		resp.Body.Close()
	}
}

// TestTwoEntriesAtOneProviderKeepTheirOwnModels has nothing but the attempt's number to tell them apart.
func TestTwoEntriesAtOneProviderKeepTheirOwnModels(t *testing.T) {
	s := start(t, `
providers: {alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}}
models: {small: {provider: alpha, name: gpt-5-mini}, large: {provider: alpha, name: gpt-5}}
routes: [{name: default, models: [small, large], strategy: priority}]
`, farEnd{name: "alpha", schema: "openai"})
	first := true
	s.providers["alpha"].Script(func(*http.Request) demo.Fault {
		if first {
			first = false
			return demo.Fault{Status: http.StatusServiceUnavailable}
		}
		return demo.Fault{}
	})
	got := s.chat(`{"model":"route/default","messages":[{"role":"user","content":"hi"}]}`)
	if got.status != http.StatusOK || got.header.Get("x-llmroute-model") != "large" {
		t.Errorf("%d by %s: %s", got.status, got.header.Get("x-llmroute-model"), got.body)
	}
	var asked []string
	for _, r := range s.providers["alpha"].Requests() {
		asked = append(asked, gjson.GetBytes(r.Body, "model").String())
	}
	if want := "gpt-5-mini gpt-5"; strings.Join(asked, " ") != want {
		t.Errorf("the provider was asked for %v, want %s", asked, want)
	}
}
