package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/policy/catalog"
)

// model is one value of the source's map, as far as it is used:
//
//	"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 128000, "max_output_tokens": 16384,
//	           "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "supports_vision": true, …}
//
// Prices above a context size have names that hold the size: input_cost_per_token_above_200k_tokens.
type model map[string]json.RawMessage

var modes = map[string]catalog.Mode{
	"chat":       catalog.ModeChat,
	"completion": catalog.ModeCompletion,
	"responses":  catalog.ModeResponses,
	"embedding":  catalog.ModeEmbedding,
}

// flags are the source's flags and what they tell of.
var flags = []struct {
	name     string
	has      catalog.Capabilities // if true
	lacks    catalog.Capabilities // if false
	modality string               // in supported_modalities, which counts where the flag is missing
}{
	{"supports_function_calling", catalog.Tools, catalog.Tools | catalog.ParallelTools, ""},
	{"supports_parallel_function_calling", catalog.ParallelTools, catalog.ParallelTools, ""},
	{"supports_response_schema", catalog.JSONSchema | catalog.JSONMode, catalog.JSONSchema, ""},
	{"supports_vision", catalog.Vision, catalog.Vision, "image"},
	{"supports_audio_input", catalog.Audio, catalog.Audio, "audio"},
	{"supports_pdf_input", catalog.PDF, catalog.PDF, ""},
	{"supports_reasoning", catalog.Reasoning, catalog.Reasoning, ""},
	{"supports_prompt_caching", catalog.PromptCache, catalog.PromptCache, ""},
	{"supports_web_search", catalog.WebSearch, catalog.WebSearch, ""},
}

// textOnly is what an API that takes only text and gives only text or vectors cannot carry.
const textOnly = catalog.Tools | catalog.ParallelTools | catalog.JSONMode | catalog.JSONSchema | catalog.Reasoning |
	catalog.WebSearch

// modeHas and modeLacks are what follows from a model's mode.
var (
	modeHas   = map[catalog.Mode]catalog.Capabilities{catalog.ModeEmbedding: catalog.Embeddings}
	modeLacks = map[catalog.Mode]catalog.Capabilities{
		catalog.ModeChat:       catalog.Embeddings,
		catalog.ModeResponses:  catalog.Embeddings,
		catalog.ModeCompletion: catalog.Embeddings | textOnly | catalog.Vision | catalog.Audio | catalog.PDF,
		catalog.ModeEmbedding:  textOnly | catalog.Logprobs,
	}
)

// leftOut are providers that no endpoint of a supported schema is, or whose models an operator cannot buy by the token.
var leftOut = map[string]string{
	"chatgpt":               "a subscription",
	"github_copilot":        "a subscription",
	"microsoft_365_copilot": "a subscription",
	"replicate":             "a prediction API of its own",
	"sagemaker":             "priced by the hour",
	"nlp_cloud":             "an API of its own",
	"anyscale":              "no longer offered",
	"fal_ai":                "an API of its own",
}

// ownHardware are the providers that run on the operator's machines: there, a price of nothing is true.
var ownHardware = map[string]bool{"ollama": true, "lemonade": true}

// Prices above these, in USD per million tokens, are slips of the source (a price per 1,000 tokens).
const (
	maxPrice          = 1000
	maxEmbeddingPrice = 20
)

// key holds what a model's name may consist of, so that no key needs escaping.
var key = regexp.MustCompile(`^[A-Za-z0-9._:@/+\-]+$`)

// convert returns the entries, sorted by key, and notes on what was not believed.
func convert(source []byte) (entries []catalog.Entry, notes []string, err error) {
	var all map[string]model
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, nil, err
	}
	for name, m := range all {
		mode, ok := modes[m.text("mode")]
		provider := m.text("litellm_provider")
		if !ok || leftOut[provider] != "" || !key.MatchString(name) || !sellable(name) {
			continue
		}
		e := catalog.Entry{Key: name, Provider: provider, Retires: m.text("deprecation_date")}
		e.Mode = mode
		e.MaxInputTokens = m.count("max_input_tokens")
		if e.MaxInputTokens == 0 && m.count("max_output_tokens") == 0 {
			e.MaxInputTokens = m.count("max_tokens")
		}
		e.MaxOutputTokens = m.count("max_output_tokens")
		if mode == catalog.ModeEmbedding {
			e.MaxOutputTokens = 0 // in some entries the dimensions
		}
		e.Has, e.Lacks = capabilities(m, mode)
		e.Price = price(m)
		var note string
		if e.PriceKnown, note = known(e); note != "" {
			notes = append(notes, name+": "+note)
		}
		if !e.PriceKnown {
			e.Price = catalog.Price{}
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b catalog.Entry) int { return strings.Compare(a.Key, b.Key) })
	slices.Sort(notes)
	return entries, notes, nil
}

// sellable is false for keys that are not models: classes of sizes, and capacity bought by the month.
func sellable(name string) bool {
	return !strings.HasPrefix(name, "together-ai-") && !strings.Contains(name, "-month-commitment/") &&
		!strings.HasSuffix(name, "/container")
}

func capabilities(m model, mode catalog.Mode) (has, lacks catalog.Capabilities) {
	var modalities []string
	_ = json.Unmarshal(m["supported_modalities"], &modalities) // missing or malformed: says nothing
	for _, f := range flags {
		switch string(m[f.name]) {
		case "true":
			has |= f.has
		case "false":
			lacks |= f.lacks
		default:
			if f.modality != "" && slices.Contains(modalities, f.modality) {
				has |= f.has
			}
		}
	}
	has = (has | modeHas[mode]) &^ modeLacks[mode]
	return has, (lacks | modeLacks[mode]) &^ has
}

// known reports whether a price can be believed, and if it was given but cannot, why.
func known(e catalog.Entry) (bool, string) {
	p := e.Price
	embedding := e.Mode == catalog.ModeEmbedding
	limit := float64(maxPrice)
	if embedding {
		limit = maxEmbeddingPrice
	}
	switch {
	case ownHardware[e.Provider]:
		return true, ""
	case p.Input <= 0, p.Output <= 0 && !embedding:
		return false, "" // not said, or priced by the request, the second or the character
	case p.Input > limit, p.Output > limit:
		return false, fmt.Sprintf("price of %g and %g USD per million tokens not believed", p.Input, p.Output)
	}
	return true, ""
}

// tierField matches the names of prices above a context size; those of batches and priority service have a further
// suffix.
var tierField = regexp.MustCompile(
	`^(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost)_above_(\d+)k_tokens$`)

func price(m model) catalog.Price {
	var ranges []model
	if json.Unmarshal(m["tiered_pricing"], &ranges) == nil && len(ranges) > 0 {
		return rangedPrice(ranges)
	}
	base := rates(m)
	p := catalog.Price{Input: base.Input, Output: base.Output, CachedInput: base.CachedInput, CacheWrite: base.CacheWrite}
	if p.CachedInput == 0 {
		p.CachedInput = m.perMillion("input_cost_per_token_cache_hit")
	}
	tiers := map[int]*catalog.Tier{}
	for field := range m {
		match := tierField.FindStringSubmatch(field)
		if match == nil {
			continue
		}
		k, err := strconv.Atoi(match[2])
		if err != nil {
			continue
		}
		t := tiers[k]
		if t == nil {
			t = &catalog.Tier{Above: k * 1000}
			tiers[k] = t
		}
		switch usd := m.perMillion(field); match[1] {
		case "input_cost_per_token":
			t.Input = usd
		case "output_cost_per_token":
			t.Output = usd
		case "cache_read_input_token_cost":
			t.CachedInput = usd
		default:
			t.CacheWrite = usd
		}
	}
	for _, t := range tiers {
		p.Tiers = append(p.Tiers, *t)
	}
	slices.SortFunc(p.Tiers, func(a, b catalog.Tier) int { return a.Above - b.Above })
	return p
}

// rangedPrice reads the other way of writing tiers:
//
//	"tiered_pricing": [{"range": [0, 256000.0], "input_cost_per_token": 5e-08, …}, {"range": [256000.0, 1000000.0], …}]
func rangedPrice(ranges []model) catalog.Price {
	tiers := make([]catalog.Tier, 0, len(ranges))
	for _, r := range ranges {
		var span []float64
		if json.Unmarshal(r["range"], &span) != nil || len(span) == 0 {
			return catalog.Price{}
		}
		t := rates(r)
		t.Above = int(span[0])
		tiers = append(tiers, t)
	}
	slices.SortFunc(tiers, func(a, b catalog.Tier) int { return a.Above - b.Above })
	base := tiers[0]
	p := catalog.Price{Input: base.Input, Output: base.Output, CachedInput: base.CachedInput, CacheWrite: base.CacheWrite}
	if len(tiers) > 1 {
		p.Tiers = tiers[1:]
	}
	return p
}

func rates(m model) catalog.Tier {
	return catalog.Tier{
		Input:       m.perMillion("input_cost_per_token"),
		Output:      m.perMillion("output_cost_per_token"),
		CachedInput: m.perMillion("cache_read_input_token_cost"),
		CacheWrite:  m.perMillion("cache_creation_input_token_cost"),
	}
}

func (m model) text(field string) string {
	var s string
	_ = json.Unmarshal(m[field], &s) // missing or another type: empty
	return s
}

// count reads a number of tokens; 0 if there is none.
func (m model) count(field string) int {
	f := m.number(field)
	if f < 1 || f > math.MaxInt32 {
		return 0
	}
	return int(f)
}

// perMillion reads USD per token and gives USD per million, rounded to 9 digits, so that 1.5e-07 is 0.15.
func (m model) perMillion(field string) float64 {
	usd, err := strconv.ParseFloat(strconv.FormatFloat(m.number(field)*1e6, 'g', 9, 64), 64)
	if err != nil || usd < 0 {
		return 0
	}
	return usd
}

func (m model) number(field string) float64 {
	var f float64
	_ = json.Unmarshal(m[field], &f) // missing or another type: zero
	return f
}
