package e2e

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

const geminiEndpoints = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
  google: {schema: gemini, endpoint: "${google}", auth: {header: x-goog-api-key, value: "${google_key}"}}
  gone: {schema: openai, endpoint: "${gone}", auth: {bearer: "${gone_key}"}}
models:
  small: {provider: alpha, name: text-embedding-3-small}
  gem: {provider: google, name: gemini-embedding-001}
  lost: {provider: gone, name: text-embedding-3-large}
  gpt: {provider: alpha, name: gpt-5-mini}
  flash: {provider: google, name: gemini-2.5-flash}
routes:
  - {name: both, models: [lost, small], strategy: priority}
  - {name: both-google, models: [lost, gem], strategy: priority}
  - {name: default, models: ["*"]}
aliases: {fall: both, fall-google: both-google}
`

func TestAGeminiClientEmbedsWithAnyProvider(t *testing.T) {
	s := start(t, geminiEndpoints, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "google", schema: "gemini"}, farEnd{name: "gone", schema: "openai", refused: true})
	for _, model := range []string{"small", "gem", "fall", "fall-google"} {
		t.Run(model, func(t *testing.T) {
			path := "/v1beta/models/" + model
			one := s.do("POST", path+":embedContent", []byte(`{"model":"models/`+model+`","content":{"parts":[{"text":"an owl"}]},"taskType":"RETRIEVAL_QUERY"}`))
			if n := len(gjson.Get(one.body, "embedding.values").Array()); one.status != 200 || n == 0 {
				t.Errorf("status %d: %.300s", one.status, one.body)
			}
			dropped := one.header.Get("x-llmroute-dropped")
			if google := strings.HasSuffix(model, "google") || model == "gem"; google == strings.Contains(dropped, "task_type") {
				t.Errorf("dropped %q", dropped)
			}
			two := s.do("POST", path+":batchEmbedContents", []byte(`{"requests":[{"model":"models/`+model+`","content":{"parts":[{"text":"an owl"}]},"outputDimensionality":8},{"content":{"parts":{"text":"a cat"}},"output_dimensionality":8}]}`))
			if got := gjson.Get(two.body, "embeddings.#.values").Array(); two.status != 200 || len(got) != 2 || len(got[1].Array()) == 0 {
				t.Errorf("status %d: %.300s", two.status, two.body)
			}
		})
	}
	for name, row := range map[string]struct{ method, body, code string }{
		"nothing to embed":       {":embedContent", `{}`, "MISSING_FIELD"},
		"an empty batch":         {":batchEmbedContents", `{"requests":[]}`, "MISSING_FIELD"},
		"an image":               {":embedContent", `{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}`, "UNSUPPORTED_PARAMETER"},
		"two sizes in one batch": {":batchEmbedContents", `{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":8},{"content":{"parts":[{"text":"b"}]}}]}`, "INVALID_VALUE"},
	} {
		got := s.do("POST", "/v1beta/models/small"+row.method, []byte(row.body))
		if got.status != 400 || gjson.Get(got.body, "error.details.0.reason").Str != row.code {
			t.Errorf("%s: status %d: %s", name, got.status, got.body)
		}
	}
	got := s.do("POST", "/v1beta/models/gpt:embedContent", []byte(`{"content":{"parts":[{"text":"a"}]}}`))
	if got.status != 400 || gjson.Get(got.body, "error.status").Str != "INVALID_ARGUMENT" {
		t.Errorf("a model that makes none: status %d: %s", got.status, got.body)
	}
}

func TestAGeminiClientCountsTokensOfAnyModel(t *testing.T) {
	s := start(t, geminiEndpoints, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "google", schema: "gemini"}, farEnd{name: "gone", schema: "openai", refused: true})
	for _, model := range []string{"gpt", "flash"} {
		short := s.do("POST", "/v1beta/models/"+model+":countTokens", []byte(`{"contents":[{"role":"user","parts":[{"text":"an owl"}]}]}`))
		long := s.do("POST", "/v1beta/models/"+model+":countTokens", []byte(`{"generateContentRequest":{"model":"models/`+model+`","contents":[{"parts":[{"text":"`+strings.Repeat("an owl ", 50)+`"}]}]}}`))
		a, b := gjson.Get(short.body, "totalTokens").Int(), gjson.Get(long.body, "totalTokens").Int()
		if short.status != 200 || long.status != 200 || a < 2 || a > 20 || b < 90 || b > 200 {
			t.Errorf("%s: status %d and %d: %s %s", model, short.status, long.status, short.body, long.body)
		}
	}
	if got := s.do("POST", "/v1beta/models/gpt:countTokens", []byte(`{}`)); got.status != 400 || gjson.Get(got.body, "error.details.0.reason").Str != "MISSING_FIELD" {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

func TestPathsAreFoundOrExplained(t *testing.T) {
	s := start(t, geminiEndpoints, farEnd{name: "alpha", schema: "openai"}, farEnd{name: "google", schema: "gemini"}, farEnd{name: "gone", schema: "openai", refused: true})
	chat := `{"model":"gpt","messages":[{"role":"user","content":"hi"}]}`
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"a slash behind a path":           {"POST", "/v1/chat/completions/", chat, 200, `"object":"chat.completion"`},
		"and before a query":              {"POST", "/v1/chat/completions/?x=1", chat, 200, `"object":"chat.completion"`},
		"behind a path to translate":      {"POST", "/v1/messages/", `{"model":"gpt","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`, 200, `"type":"message"`},
		"behind Gemini's":                 {"POST", "/v1beta/models/gpt:generateContent/", `{"contents":[{"parts":[{"text":"hi"}]}]}`, 200, `"candidates"`},
		"behind the list of models":       {"GET", "/v1/models/", "", 200, `"object":"list"`},
		"behind a model":                  {"GET", "/v1/models/gpt/", "", 200, `"id":"gpt"`},
		"what Gemini has and we have not": {"POST", "/v1beta/models/gpt:predict", `{}`, 404, ":generateContent"},
		"the same under v1":               {"POST", "/v1/models/gpt:predict", `{}`, 404, ":generateContent"},
		"what Anthropic has":              {"POST", "/v1/messages/batches", `{}`, 404, `"type":"not_found_error"`},
		"to a model":                      {"POST", "/v1/models/gpt", `{}`, 404, "/v1/chat/completions"},
		"to the list of models":           {"POST", "/v1/models", `{}`, 405, "use GET"},
		"a model that is not deleted":     {"DELETE", "/v1/models/gpt", "", 405, "use GET"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.do(row.method, row.path, []byte(row.body))
			if got.status != row.status || !strings.Contains(got.body, row.want) {
				t.Errorf("status %d: %s", got.status, got.body)
			}
		})
	}
	for _, r := range s.providers["alpha"].Requests() {
		if strings.HasSuffix(r.Path, "/") {
			t.Errorf("the provider got %s", r.Path)
		}
	}
}
