package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

const twoProviders = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  beta: {schema: openai, endpoint: "${beta}", auth: {bearer: "${beta_key}"}, region: eu}
models:
  fast: {provider: alpha, name: gpt-5-mini}
  small: {provider: beta, name: llama-3, price: {input: 0.1, output: 0.3}, context_window: 1000, capabilities: [tools]}
  secret: {provider: alpha, name: gpt-5}
aliases: {auto: default}
routes:
  - {name: vip, match: 'headers["x-tier"] == "vip"', models: [secret, fast], strategy: priority}
  - {name: default, models: [fast, small], strategy: priority}
  - {name: cheap, models: [fast, small], strategy: cost}
policies:
  - {name: interns, match: 'team == "interns"', deny: {models: [secret]}}
  - {name: eu-data, match: 'headers["x-region"] == "eu"', allow: {regions: [eu]}}
identity: {team: {header: x-team}, user: {header: x-user}}
limits: {body_bytes: 1MiB}
`

func bothEnds() []farEnd {
	return []farEnd{{name: "alpha", schema: "openai"}, {name: "beta", schema: "openai"}}
}

// TestBadInputGetsOpenAIsErrorsAndReachesNobody also holds that no body gets past a policy: whatever a provider
// would read is what policy judged.
func TestBadInputGetsOpenAIsErrorsAndReachesNobody(t *testing.T) {
	s := start(t, twoProviders, bothEnds()...)
	const hi = `"messages":[{"role":"user","content":"hi"}]`
	for name, tc := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"not JSON":                  {body: `hello`, status: 400, code: "invalid_json"},
		"empty":                     {body: ``, status: 400, code: "invalid_json"},
		"truncated":                 {body: `{"model":"fast","messages":[`, status: 400, code: "invalid_json"},
		"an array":                  {body: `[]`, status: 400, code: "invalid_type"},
		"wrong type":                {body: `{"model":"fast","messages":"hi"}`, status: 400, code: "invalid_type"},
		"model is not a string":     {body: `{"model":{"a":1},` + hi + `}`, status: 400, code: "invalid_type"},
		"no messages":               {body: `{"model":"fast"}`, status: 400, code: "missing_field"},
		"an unknown model":          {body: `{"model":"gtp-5",` + hi + `}`, status: 404, code: "model_not_found"},
		"an unknown route":          {body: `{"model":"route/none",` + hi + `}`, status: 404, code: "route_not_found"},
		"a denied model":            {body: `{"model":"secret",` + hi + `}`, headers: []string{"x-team: interns"}, status: 403, code: "policy_denied"},
		"two models":                {body: `{"model":"fast","model":"secret",` + hi + `}`, headers: []string{"x-team: interns"}, status: 400, code: "duplicate_field"},
		"an escaped model":          {body: `{"mod\u0065l":"secret",` + hi + `}`, headers: []string{"x-team: interns"}, status: 403, code: "policy_denied"},
		"an escaped second model":   {body: `{"model":"fast","mod\u0065l":"secret",` + hi + `}`, headers: []string{"x-team: interns"}, status: 400, code: "duplicate_field"},
		"a model in capitals":       {body: `{"model":"fast","MODEL":"secret",` + hi + `}`, headers: []string{"x-team: interns"}, status: 400, code: "ambiguous_field"},
		"a trailing document":       {body: `{"model":"fast",` + hi + `}{"model":"secret"}`, headers: []string{"x-team: interns"}, status: 400, code: "invalid_json"},
		"a policy's region":         {body: `{"model":"fast",` + hi + `}`, headers: []string{"x-region: eu"}, status: 403, code: "policy_denied"},
		"a body above the limit":    {body: `{"model":"fast","messages":[{"role":"user","content":"` + strings.Repeat("x", 1<<20) + `"}]}`, status: 413, code: "request_too_large"},
		"a prompt that fits nobody": {body: `{"model":"small","messages":[{"role":"user","content":"` + strings.Repeat("word ", 3000) + `"}]}`, status: 400, code: "context_length_exceeded"},
		"a capability nobody has":   {body: `{"model":"small","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`, status: 400, code: "unsupported_by_models"},
		"a wrong method":            {method: "GET", body: ``, status: 405, code: "method_not_allowed"},
		"a wrong content type":      {body: `model=fast`, headers: []string{"content-type: application/x-www-form-urlencoded"}, status: 415, code: "unsupported_media_type"},
		"a compressed body":         {body: `{}`, headers: []string{"content-encoding: gzip"}, status: 415, code: "unsupported_content_encoding"},
		"an unknown path":           {path: "/v1/images/generations", body: `{}`, status: 404, code: "unknown_path"},
		"a path without /v1":        {path: "/chat/completions", body: `{}`, status: 404, code: "unknown_path"},
		"an unknown strategy":       {body: `{"model":"auto",` + hi + `}`, headers: []string{"x-llmroute-strategy: fastest"}, status: 400, code: "invalid_strategy"},
		"a bad cost limit":          {body: `{"model":"auto",` + hi + `}`, headers: []string{"x-llmroute-max-cost-usd: cheap"}, status: 400, code: "invalid_header"},
		"a cost limit below all":    {body: `{"model":"route/cheap",` + hi + `}`, headers: []string{"x-llmroute-max-cost-usd: 0.0000000001"}, status: 400, code: "cost_limit_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			method, path := "POST", "/v1/chat/completions"
			if tc.method != "" {
				method = tc.method
			}
			if tc.path != "" {
				path = tc.path
			}
			got := s.do(method, path, []byte(tc.body), tc.headers...)
			var e struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal([]byte(got.body), &e); err != nil {
				t.Fatalf("status %d, body %q: %v", got.status, got.body, err)
			}
			if got.status != tc.status || e.Error.Code != tc.code || e.Error.Type == "" || e.Error.Message == "" {
				t.Errorf("got %d %s; want %d %s", got.status, got.body, tc.status, tc.code)
			}
			if kind := got.header.Get("content-type"); kind != "application/json" {
				t.Errorf("content-type %q", kind)
			}
		})
	}
	for name, p := range s.providers {
		if n := len(p.Requests()); n != 0 {
			t.Errorf("%d requests reached %s", n, name)
		}
	}
}

// TestABodyOfUnknownLengthIsBoundedToo sends one that announces nothing.
func TestABodyOfUnknownLengthIsBoundedToo(t *testing.T) {
	s := start(t, twoProviders, bothEnds()...)
	body := `{"model":"fast","messages":[{"role":"user","content":"` + strings.Repeat("x", 3<<20) + `"}]}`
	resp, err := http.Post(s.url+"/v1/chat/completions", "application/json", io.MultiReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "request_too_large") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if n := len(s.providers["alpha"].Requests()); n != 0 {
		t.Errorf("%d requests reached the provider", n)
	}
}
