package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestLookupInTheBuiltInCatalog(t *testing.T) {
	const bedrock = "bedrock-runtime.eu-central-1.amazonaws.com"
	tests := []struct {
		name               string
		schema, host, said string
		want               string // empty: not found
	}{
		{"the name itself", "openai", "api.openai.com", "gpt-4o", "gpt-4o"},
		{"a date that is there", "openai", "api.openai.com", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"},
		{"a date that is not there", "openai", "api.openai.com", "gpt-4o-2099-01-01", "gpt-4o"},
		{"a fine-tuned model", "openai", "api.openai.com", "ft:gpt-4o-mini-2024-07-18:acme::x1", "ft:gpt-4o-mini-2024-07-18"},
		{"a regional host", "openai", "eu.api.openai.com", "gpt-4o", "gpt-4o"},
		{"host with port and capitals", "openai", "API.OpenAI.com:443", "gpt-4o", "gpt-4o"},
		{"Azure's own entry first", "azure", "acme.openai.azure.com", "gpt-4o", "azure/gpt-4o"},
		{"Azure by its schema", "azure", "llm.acme.example", "gpt-4o", "azure/gpt-4o"},
		{"Azure through its OpenAI-compatible API", "openai", "acme.openai.azure.com", "gpt-4o", "azure/gpt-4o"},
		{"Azure without an entry: the maker's", "azure", "acme.openai.azure.com", "claude-haiku-4-5", "claude-haiku-4-5"},
		{"Azure AI Foundry", "anthropic", "acme.services.ai.azure.com", "claude-haiku-4-5", "azure_ai/claude-haiku-4-5"},
		{"Anthropic", "anthropic", "api.anthropic.com", "claude-haiku-4-5", "claude-haiku-4-5"},
		{"Anthropic, latest", "anthropic", "api.anthropic.com", "claude-haiku-4-5-latest", "claude-haiku-4-5"},
		{"Anthropic, dated", "anthropic", "api.anthropic.com", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"},
		{"Bedrock", "bedrock", bedrock, "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Bedrock, cross-region profile", "bedrock", bedrock, "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
			"eu.anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Bedrock, profile without date and version", "bedrock", bedrock, "eu.anthropic.claude-haiku-4-5",
			"eu.anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Bedrock, geography that is not there", "bedrock", bedrock, "sa.anthropic.claude-haiku-4-5-20251001-v1:0",
			"anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Bedrock, ARN of a profile", "bedrock", bedrock,
			"arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
			"eu.anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Bedrock, price of the region", "bedrock", "bedrock-runtime.us-gov-west-1.amazonaws.com",
			"anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock/us-gov-west-1/anthropic.claude-haiku-4-5-20251001-v1:0"},
		{"Gemini", "gemini", "generativelanguage.googleapis.com", "gemini-2.5-pro", "gemini/gemini-2.5-pro"},
		{"Gemini, resource name", "gemini", "generativelanguage.googleapis.com", "models/gemini-2.5-pro", "gemini/gemini-2.5-pro"},
		{"Vertex AI", "gemini", "europe-west4-aiplatform.googleapis.com", "publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"},
		{"Vertex AI, Claude with a date", "anthropic", "us-east5-aiplatform.googleapis.com", "claude-haiku-4-5@20251001",
			"vertex_ai/claude-haiku-4-5@20251001"},
		{"Vertex AI through its OpenAI-compatible API", "openai", "aiplatform.googleapis.com", "google/gemini-2.5-pro", "gemini-2.5-pro"},
		{"Groq", "openai", "api.groq.com", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"},
		{"Groq does not sell gpt-4o", "openai", "api.groq.com", "gpt-4o", ""},
		{"Mistral", "openai", "api.mistral.ai", "mistral-small-latest", "mistral/mistral-small-latest"},
		{"DeepSeek", "openai", "api.deepseek.com", "deepseek-chat", "deepseek/deepseek-chat"},
		{"a generation is not a version", "openai", "api.deepseek.com", "deepseek-v99", ""},
		{"Ollama by its port, with a size", "openai", "localhost:11434", "orca-mini:13b", "ollama/orca-mini"},
		{"a gateway's name with vendor", "openai", "openrouter.ai", "anthropic/claude-haiku-4.5", "claude-haiku-4-5"},
		{"a gateway's variant", "openai", "openrouter.ai", "openai/gpt-4o:online", "gpt-4o"},
		{"an own proxy", "openai", "llm.acme.example", "gpt-4o", "gpt-4o"},
		{"an own proxy, vendor before the name", "openai", "llm.acme.example", "google/gemini-2.5-pro", "gemini/gemini-2.5-pro"},
		{"an own proxy, a model of another vendor", "openai", "", "mistral-small-latest", "mistral/mistral-small-latest"},
		{"an own server of open weights", "openai", "vllm.eu:8000", "meta-llama/Llama-3.3-70B-Instruct", ""},
		{"an unknown schema and host", "smoke", "signals.example", "gpt-4o", ""},
		{"no name", "openai", "api.openai.com", "", ""},
		{"a part of a name", "openai", "api.openai.com", "gpt", ""},
		{"a longer name", "openai", "api.openai.com", "gpt-4o-prod", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, ok := Lookup(tt.schema, tt.host, tt.said)
			if e.Key != tt.want || ok != (tt.want != "") {
				t.Errorf("%s at %s: got %q, %v; want %q", tt.said, tt.host, e.Key, ok, tt.want)
			}
		})
	}
}

// The rules, on a catalog that holds nothing but what each needs.
func TestLookupRules(t *testing.T) {
	tests := []struct {
		name               string
		keys               []string
		schema, host, said string
		want               string
	}{
		{"of several dates the newest", []string{"m-20240101", "m-20251001"}, "anthropic", "", "m", "m-20251001"},
		{"another date when there is no undated entry", []string{"m-20240101"}, "anthropic", "", "m-20250101", "m-20240101"},
		{"latest before a date", []string{"m-20240101", "m-latest"}, "anthropic", "", "m", "m-latest"},
		{"the undated before a date", []string{"m", "m-20240101"}, "anthropic", "", "m-20250101", "m"},
		{"the right provider before the exact date", []string{"azure/m", "azure/m-2024-01-01", "m"}, "azure", "", "m-2024-01-01", "azure/m-2024-01-01"},
		{"the exact date before the right provider", []string{"azure/m", "m-2024-01-01"}, "azure", "", "m-2024-01-01", "m-2024-01-01"},
		{"Groq's host", []string{"groq/llama-3.3-70b-versatile"}, "openai", "api.groq.com", "llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"},
		{"not another model with a longer name", []string{"m-mini-20240101"}, "anthropic", "", "m", ""},
		{"tuning is priced by itself", []string{"m"}, "openai", "", "ft:m:acme", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := small(t, tt.keys...).Lookup(tt.schema, tt.host, tt.said)
			if e.Key != tt.want {
				t.Errorf("got %q, want %q", e.Key, tt.want)
			}
		})
	}
}

func small(t *testing.T, keys ...string) *Catalog {
	t.Helper()
	text := "{}\n"
	for _, k := range slices.Sorted(slices.Values(keys)) {
		text += `{"key":"` + k + `","provider":"p","mode":"chat"}` + "\n"
	}
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whoever asks under the very key finds it, if the place is right.
func TestEveryOpenAIModelFindsItself(t *testing.T) {
	for _, e := range Standard().All() {
		if e.Provider != "openai" {
			continue
		}
		if got, _ := Lookup("openai", "api.openai.com", strings.TrimPrefix(e.Key, "openai/")); got.Key != e.Key {
			t.Errorf("%s finds %s", e.Key, got.Key)
		}
	}
}

// Each place's prefixes are those of entries, or else the place is misspelled. OpenRouter's stand for catalogs that have it.
func TestPlacesNameWhatTheCatalogHolds(t *testing.T) {
	keys := Standard().Keys()
	for _, p := range places {
		for _, prefix := range p.prefixes {
			prefix, _, _ = strings.Cut(prefix, "{region}")
			if prefix != "openrouter/" && !slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, prefix) }) {
				t.Errorf("%s: no key begins with %q", p.host, prefix)
			}
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("openai", "api.openai.com", "gpt-4o-2099-01-01")
	f.Add("bedrock", "bedrock-runtime.us-east-1.amazonaws.com", "arn:aws:bedrock:us-east-1::foundation-model/eu.anthropic.claude-v1:0")
	f.Add("openai", "openrouter.ai:1", "ft:models/:/models/-v1@20251001-latest")
	f.Add("", "[::1]:11434", "m:::-2024-01-01")
	f.Fuzz(func(t *testing.T, schema, host, name string) {
		e, ok := Lookup(schema, host, name)
		if !ok {
			if e.Key != "" {
				t.Errorf("not found, but %q", e.Key)
			}
			return
		}
		if found, ok := Get(e.Key); !ok || found.Mode != e.Mode {
			t.Errorf("found %q, which is not there", e.Key)
		}
		for _, s := range spellings(name) {
			if len(s) > len(name) || s == "" {
				t.Errorf("%q is spelled %q", name, s)
			}
		}
	})
}
