package policy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

// world is a small configuration: two providers in the US, one in the EU, one without region.
//
//	cheap   openai     us  $0.10/$0.40   128k  tools            quality 0.5
//	strong  openai     us  $5/$20        200k  tools, vision    quality 0.9
//	haiku   anthropic  us  $1/$5         200k  tools, vision    quality 0.7
//	local   eu-vllm    eu  no price      8k    nothing known    no quality
//	embed   openai     us  $0.02         8k    embeddings
func world() Spec {
	chat := map[string]bool{"chat_completions": true, "completions": true, "embeddings": true, "responses": true}
	facts := func(in, out float64, window, most int, has catalog.Capabilities) catalog.Facts {
		return catalog.Facts{
			Mode: catalog.ModeChat, Price: catalog.Price{Input: in, Output: out}, PriceKnown: true,
			ContextWindow: window, MaxOutputTokens: most, Has: has, Lacks: ^has,
		}
	}
	return Spec{
		Candidates: []Candidate{
			{Model: "cheap", Provider: "openai", Name: "gpt-cheap", Region: "us", Ops: chat, Quality: 0.5, QualityKnown: true,
				Facts: facts(0.10, 0.40, 128_000, 16_000, catalog.Tools)},
			{Model: "strong", Provider: "openai", Name: "gpt-strong", Region: "us", Ops: chat, Quality: 0.9, QualityKnown: true,
				Facts: facts(5, 20, 200_000, 32_000, catalog.Tools|catalog.Vision)},
			{Model: "haiku", Provider: "anthropic", Name: "claude-haiku", Region: "us", Ops: chat, Quality: 0.7, QualityKnown: true,
				Facts: facts(1, 5, 200_000, 8_000, catalog.Tools|catalog.Vision)},
			{Model: "local", Provider: "eu-vllm", Name: "llama", Region: "eu", Ops: chat,
				Facts: catalog.Facts{ContextWindow: 8_000}},
			{Model: "embed", Provider: "openai", Name: "embed-3", Region: "us", Ops: chat,
				Facts: catalog.Facts{Mode: catalog.ModeEmbedding, PriceKnown: true, Price: catalog.Price{Input: 0.02}, ContextWindow: 8_000, Has: catalog.Embeddings}},
		},
		Routes: []Route{
			{Name: "code", Match: expr(`headers["x-kind"] == "code"`), Models: []string{"strong", "haiku"}, Strategy: "quality", Fallbacks: 2},
			{Name: "split", Match: expr(`headers["x-kind"] == "split"`), Models: []string{"cheap", "haiku", "strong"}, Strategy: "weighted",
				Weights: map[string]float64{"cheap": 70, "haiku": 30}, Fallbacks: 2},
			{Name: "default", Models: []string{"*"}, Strategy: "cost", Fallbacks: 2},
		},
		Aliases: []Alias{{"auto", "default"}, {"coder", "code"}, {"mini", "cheap"}, {"strong", "haiku"}},
	}
}

func expr(source string) *Expr {
	e, err := Compile(source)
	if err != nil {
		panic(err)
	}
	return e
}

func chat(model string) Features {
	return Features{Op: "chat_completions", Schema: "openai", Path: "/v1/chat/completions", Model: model, InputTokens: 1000, N: 1, Messages: 1}
}

// with sets headers, written "name: value".
func (f Features) with(lines ...string) Features {
	f.Header = func(name string) string {
		for _, l := range lines {
			if k, v, _ := strings.Cut(l, ": "); k == name {
				return v
			}
		}
		return ""
	}
	return f
}

func router(t testing.TB, s Spec) *Router {
	t.Helper()
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// models is the plan as words.
func (d *Decision) models() string {
	var names []string
	for _, e := range d.Plan {
		names = append(names, e.Model)
	}
	return strings.Join(names, " ")
}

// decide runs one request; on refusal the plan is the error's code.
func decide(t testing.TB, r *Router, f Features) (plan string, d *Decision, e *Error) {
	t.Helper()
	d, err := r.Decide(&f, seeded(1))
	if err == nil {
		return d.models(), d, nil
	}
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return string(e.Code), d, e
}
