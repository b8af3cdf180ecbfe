package catalog

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryEntryIsSane(t *testing.T) {
	c, err := Parse(embedded)
	if err != nil {
		t.Fatal(err)
	}
	if len(embedded) > 1_500_000 {
		t.Errorf("the catalog has %d bytes; it is meant to stay below 1.5 MB", len(embedded))
	}
	all := c.All()
	if len(all) != c.Source().Models || len(all) < 1000 {
		t.Fatalf("%d entries can be read of %d", len(all), c.Source().Models)
	}
	modes := map[Mode]bool{ModeChat: true, ModeCompletion: true, ModeResponses: true, ModeEmbedding: true}
	for _, e := range all {
		if !modes[e.Mode] || e.Provider == "" {
			t.Errorf("%s: mode %q, provider %q", e.Key, e.Mode, e.Provider)
		}
		const mostTokens = 10 << 20
		if e.MaxInputTokens < 0 || e.MaxInputTokens > mostTokens || e.MaxOutputTokens < 0 || e.MaxOutputTokens > mostTokens {
			t.Errorf("%s: max input %d, max output %d", e.Key, e.MaxInputTokens, e.MaxOutputTokens)
		}
		if e.Has&e.Lacks != 0 {
			t.Errorf("%s both has and lacks %v", e.Key, e.Has&e.Lacks)
		}
		if e.Has.Covers(Embeddings) != (e.Mode == ModeEmbedding) {
			t.Errorf("%s: mode %q and capabilities %v", e.Key, e.Mode, e.Has)
		}
		if _, err := time.Parse(time.DateOnly, e.Retires); e.Retires != "" && err != nil {
			t.Errorf("%s: %v", e.Key, err)
		}
		checkPrice(t, e)
	}
}

func checkPrice(t *testing.T, e Entry) {
	t.Helper()
	p := e.Price
	for _, usd := range []float64{p.Input, p.Output, p.CachedInput, p.CacheWrite} {
		if usd < 0 || usd > 1000 || (usd > 0 && !e.PriceKnown) {
			t.Errorf("%s: price %v, known: %v", e.Key, p, e.PriceKnown)
		}
	}
	above := 0
	for _, tier := range p.Tiers {
		if tier.Above <= above || tier.Input < 0 || tier.Output < 0 || tier.CachedInput < 0 || tier.CacheWrite < 0 {
			t.Errorf("%s: tiers %v", e.Key, p.Tiers)
		}
		above = tier.Above
	}
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if noise := regexp.MustCompile(`\d\.\d*(00000|99999)\d`).Find(line); noise != nil {
		t.Errorf("%s: %s is noise", e.Key, noise)
	}
}

func TestEntriesKeepTheirFactsAsJSON(t *testing.T) {
	for _, e := range Standard().All() {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Entry
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Fatalf("%s: %s", e.Key, diff)
		}
	}
}

// The numbers are those of the source's file, per token, times a million, and of the providers' price lists.
func TestWellKnownModelsHaveTheFactsOfTheSource(t *testing.T) {
	tests := []struct {
		key          string
		context, out int
		price        Price
		has, lacks   Capabilities
	}{
		{"gpt-4o", 128000, 16384, Price{Input: 2.5, Output: 10, CachedInput: 1.25},
			Tools | ParallelTools | JSONMode | JSONSchema | Vision | PDF | PromptCache, Embeddings},
		{"gpt-4o-mini", 128000, 16384, Price{Input: 0.15, Output: 0.6, CachedInput: 0.075}, Tools | Vision, Embeddings},
		{"claude-haiku-4-5", 200000, 64000, Price{Input: 1, Output: 5, CachedInput: 0.1, CacheWrite: 1.25},
			Tools | JSONSchema | Vision | PDF | Reasoning | PromptCache, Embeddings},
		{"eu.anthropic.claude-haiku-4-5-20251001-v1:0", 200000, 64000,
			Price{Input: 1.1, Output: 5.5, CachedInput: 0.11, CacheWrite: 1.375}, Tools | Reasoning, Embeddings},
		{"gemini/gemini-2.5-pro", 1048576, 65536, Price{Input: 1.25, Output: 10, CachedInput: 0.125,
			Tiers: []Tier{{Above: 200000, Input: 2.5, Output: 15, CachedInput: 0.25}}}, Audio | Vision | WebSearch, Embeddings},
		{"azure/gpt-5.4", 922000, 128000, Price{Input: 2.5, Output: 15, CachedInput: 0.25,
			Tiers: []Tier{{Above: 272000, Input: 5, Output: 22.5, CachedInput: 0.5}}}, Reasoning, Embeddings},
		{"volcengine/doubao-seed-2-0-pro-260215", 256000, 128000, Price{Input: 0.46, Output: 2.3,
			Tiers: []Tier{{Above: 32000, Input: 0.7, Output: 3.5}, {Above: 128000, Input: 1.4, Output: 7}}}, Tools, Embeddings},
		{"text-embedding-3-small", 8191, 0, Price{Input: 0.02}, Embeddings, Tools | Reasoning | Logprobs},
	}
	for _, tt := range tests {
		e, ok := Get(tt.key)
		if !ok {
			t.Errorf("%s is not there", tt.key)
			continue
		}
		if e.MaxInputTokens != tt.context || e.MaxOutputTokens != tt.out {
			t.Errorf("%s: max input %d, max output %d; want %d, %d", tt.key, e.MaxInputTokens, e.MaxOutputTokens, tt.context, tt.out)
		}
		if diff := cmp.Diff(tt.price, e.Price); diff != "" || !e.PriceKnown {
			t.Errorf("%s: price known: %v, %s", tt.key, e.PriceKnown, diff)
		}
		if !e.Has.Covers(tt.has) || !e.Lacks.Covers(tt.lacks) {
			t.Errorf("%s has %v and lacks %v; want %v and %v", tt.key, e.Has, e.Lacks, tt.has, tt.lacks)
		}
	}
}

func TestParseRefusesWhatIsNotSorted(t *testing.T) {
	for name, text := range map[string]string{
		"no source":     "",
		"out of order":  "{}\n{\"key\":\"b\"}\n{\"key\":\"a\"}\n",
		"twice":         "{}\n{\"key\":\"a\"}\n{\"key\":\"a\"}\n",
		"key not first": "{}\n{\"mode\":\"chat\",\"key\":\"a\"}\n",
		"empty line":    "{}\n\n{\"key\":\"a\"}\n",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	c, err := Parse("{\"version\":\"1\"}\n{\"key\":\"a\",\"mode\":\"chat\"}")
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Get("a"); !ok || e.Mode != ModeChat || c.Source().Version != "1" {
		t.Errorf("got %v, %v", e, ok)
	}
}

func TestClosestNamesComeFirst(t *testing.T) {
	for name, want := range map[string]string{
		"gpt-4o-mni": "gpt-4o-mini", "Claude-Haiku-45": "claude-haiku-4-5", "azure/gpt4o": "azure/gpt-4o",
	} {
		if got := Standard().Closest(name, 3); len(got) == 0 || got[0] != want {
			t.Errorf("closest to %q: %v, want %q first", name, got, want)
		}
	}
	if got := Standard().Closest("gemni", 1); len(got) != 1 || !strings.Contains(got[0], "gemini") {
		t.Errorf("closest to gemni: %v", got)
	}
	if got := Standard().Closest("wqxzjkvw", 3); len(got) != 0 {
		t.Errorf("nothing is like wqxzjkvw, but got %v", got)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Standard().All()
	}
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Lookup("openai", "api.openai.com", "gpt-4o-2099-01-01")
	}
}
