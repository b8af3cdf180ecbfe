package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/policy/catalog"
)

func TestConvert(t *testing.T) {
	const chatLacks = catalog.Embeddings
	tests := []struct {
		name, source string
		want         []catalog.Facts
	}{
		{"prices lose the noise of floating point",
			`{"m":{"mode":"chat","input_cost_per_token":1.5e-07,"output_cost_per_token":6.000000000000001e-07,
			 "cache_read_input_token_cost":7.5e-08,"cache_creation_input_token_cost":1.875e-07}}`,
			[]catalog.Facts{{Mode: "chat", PriceKnown: true, Lacks: chatLacks,
				Price: catalog.Price{Input: 0.15, Output: 0.6, CachedInput: 0.075, CacheWrite: 0.1875}}}},
		{"tiers ascend and leave other services out",
			`{"m":{"mode":"chat","input_cost_per_token":1e-06,"output_cost_per_token":2e-06,
			 "input_cost_per_token_above_200k_tokens":3e-06,"input_cost_per_token_above_32k_tokens":2e-06,
			 "cache_read_input_token_cost_above_200k_tokens":1e-07,"cache_creation_input_token_cost_above_200k_tokens":4e-06,
			 "output_cost_per_token_above_200k_tokens":5e-06,"output_cost_per_token_above_200k_tokens_priority":9e-06,
			 "cache_creation_input_token_cost_above_1hr":9e-06}}`,
			[]catalog.Facts{{Mode: "chat", PriceKnown: true, Lacks: chatLacks, Price: catalog.Price{Input: 1, Output: 2, Tiers: []catalog.Tier{
				{Above: 32000, Input: 2}, {Above: 200000, Input: 3, Output: 5, CachedInput: 0.1, CacheWrite: 4}}}}}},
		{"prices by ranges",
			`{"m":{"mode":"chat","tiered_pricing":[{"range":[256000.0,1e6],"input_cost_per_token":2e-06,"output_cost_per_token":4e-06},
			 {"range":[0,256000.0],"input_cost_per_token":1e-06,"output_cost_per_token":2e-06}]}}`,
			[]catalog.Facts{{Mode: "chat", PriceKnown: true, Lacks: chatLacks, Price: catalog.Price{Input: 1, Output: 2,
				Tiers: []catalog.Tier{{Above: 256000, Input: 2, Output: 4}}}}}},
		{"a price of nothing is not believed, but on one's own hardware",
			`{"a":{"mode":"chat","litellm_provider":"x","input_cost_per_token":0,"output_cost_per_token":0},
			 "b":{"mode":"chat","litellm_provider":"ollama","input_cost_per_token":0,"output_cost_per_token":0}}`,
			[]catalog.Facts{{Mode: "chat", Lacks: chatLacks}, {Mode: "chat", PriceKnown: true, Lacks: chatLacks}}},
		{"half a price is none", `{"m":{"mode":"chat","input_cost_per_token":1e-06}}`,
			[]catalog.Facts{{Mode: "chat", Lacks: chatLacks}}},
		{"a thousandfold price is not believed", `{"m":{"mode":"chat","input_cost_per_token":0.0032,"output_cost_per_token":0.0097}}`,
			[]catalog.Facts{{Mode: "chat", Lacks: chatLacks}}},
		{"a flag that is true, false, or missing",
			`{"m":{"mode":"chat","supports_function_calling":true,"supports_response_schema":true,"supports_vision":false,
			 "supported_modalities":["text","image","audio"]}}`,
			[]catalog.Facts{{Mode: "chat", Has: catalog.Tools | catalog.JSONMode | catalog.JSONSchema | catalog.Audio,
				Lacks: catalog.Vision | chatLacks}}},
		{"no schema does not mean no JSON mode; no tools, no parallel ones",
			`{"m":{"mode":"responses","supports_function_calling":false,"supports_response_schema":false}}`,
			[]catalog.Facts{{Mode: "responses", Lacks: catalog.JSONSchema | catalog.Tools | catalog.ParallelTools | chatLacks}}},
		{"an embedding model has no output limit and no tools",
			`{"m":{"mode":"embedding","max_input_tokens":8191,"max_output_tokens":1536,"input_cost_per_token":2e-08}}`,
			[]catalog.Facts{{Mode: "embedding", MaxInputTokens: 8191, PriceKnown: true, Price: catalog.Price{Input: 0.02},
				Has: catalog.Embeddings, Lacks: modeLacks["embedding"]}}},
		{"only max_tokens", `{"m":{"mode":"chat","max_tokens":4096}}`,
			[]catalog.Facts{{Mode: "chat", MaxInputTokens: 4096, Lacks: chatLacks}}},
		{"numbers of the wrong type are unknown", `{"m":{"mode":"chat","max_input_tokens":"many","input_cost_per_token":"x","max_output_tokens":-4}}`,
			[]catalog.Facts{{Mode: "chat", Lacks: chatLacks}}},
		{"what is not a model is left out",
			`{"a":{"mode":"image_generation"},"b":{},"bedrock/us-east-1/1-month-commitment/m":{"mode":"chat"},"together-ai-up-to-4b":{"mode":"chat"},
			 "c":{"mode":"chat","litellm_provider":"chatgpt"},"quote\"d":{"mode":"chat"}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, _, err := convert([]byte(tt.source))
			if err != nil {
				t.Fatal(err)
			}
			var got []catalog.Facts
			for _, e := range entries {
				got = append(got, e.Facts)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheSameWheelGivesTheSameFile(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "catalog.jsonl")
	one := wheelOf(t, dir, "1.whl", `{"b":{"mode":"chat"},"a":{"mode":"chat","input_cost_per_token":0.1,"output_cost_per_token":0.1}}`)
	two := wheelOf(t, dir, "2.whl", `{"b":{"mode":"chat","max_input_tokens":5}}`)
	var messages bytes.Buffer
	generate := func(version, wheel, today string) string {
		t.Helper()
		if err := run(version, wheel, out, today, &messages); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := generate("1", one, "2030-01-01")
	if again := generate("1", one, "2030-02-02"); again != first {
		t.Errorf("the same again gives\n%s\nfirst was\n%s", again, first)
	}
	if !strings.Contains(messages.String(), "a: price of 100000 and 100000 USD per million tokens not believed") {
		t.Errorf("messages: %s", &messages)
	}
	if next := generate("2", two, "2030-03-03"); !strings.Contains(next, `"version":"2"`) || !strings.Contains(next, "2030-03-03") ||
		strings.Contains(next, `"a"`) || !strings.Contains(next, `"context":5`) {
		t.Errorf("another wheel gives\n%s", next)
	}
	if err := run("3", filepath.Join(dir, "none.whl"), out, "2030-04-04", &messages); err == nil {
		t.Error("no wheel, no error")
	}
}

func wheelOf(t *testing.T, dir, name, facts string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(facts)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
