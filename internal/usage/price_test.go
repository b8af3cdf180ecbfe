package usage

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

func TestCostsAreExact(t *testing.T) {
	plain := catalog.Price{Input: 0.1, Output: 0.2} // which float64 does not hold
	full := catalog.Price{
		Input: 3, Output: 15, CachedInput: 0.3, CacheWrite: 3.75,
		Tiers: []catalog.Tier{{Above: 200_000, Input: 6, Output: 22.5, CachedInput: 0.6, CacheWrite: 7.5}, {Above: 500_000, Input: 7}},
	}
	for _, c := range []struct {
		name   string
		price  catalog.Price
		tokens Tokens
		want   string
	}{
		{"input and output at their own prices", plain, Tokens{Input: 3, Output: 3}, "0.0000009"},
		{"nothing costs nothing", full, Tokens{}, "0"},
		{"cached and written input are parts of the input", full, Tokens{Input: 1000, Cached: 600, CacheWrite: 100, Output: 10}, "0.001605"},
		{"reasoning is part of the output", full, Tokens{Input: 0, Output: 10, Reasoning: 9}, "0.00015"},
		{"without a price of their own they cost what input does", plain, Tokens{Input: 1000, Cached: 600, CacheWrite: 400}, "0.0001"},
		{"a tier begins above its bound", full, Tokens{Input: 200_000}, "0.6"},
		{"and holds for all of the request", full, Tokens{Input: 200_001, Output: 1}, "1.2000285"},
		{"what a tier does not say is the base price", full, Tokens{Input: 500_001, Output: 2}, "3.500037"},
		{"parts that exceed the whole count as the whole", full, Tokens{Input: 100, Cached: 200, CacheWrite: 300}, "0.00003"},
		{"negative counts are none", full, Tokens{Input: -5, Output: -5}, "0"},
		{"rounded once, to picodollars", catalog.Price{Input: 1.14285714, Output: 0.0000001}, Tokens{Input: 7, Output: 5}, "0.000008"},
		{"more than a float64 counts exactly", catalog.Price{Input: 0.3}, Tokens{Input: 9_007_199_254_740_993}, "2702159776.4222979"},
	} {
		if got := NewPrice(c.price, "1").Cost(c.tokens); !got.Equal(decimal.RequireFromString(c.want)) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAPriceReadsBackAsItWasWritten(t *testing.T) {
	p := NewPrice(catalog.Price{Input: 1.14285714, Output: 2, Tiers: []catalog.Tier{{Above: 10, Output: 0.0359375}}}, "1.2.3")
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePrice(p.Version, text)
	if err != nil || back.hash() != p.Version || len(p.Version) != 12 {
		t.Errorf("%s: %+v, %v", text, back, err)
	}
	tokens := Tokens{Input: 11, Output: 7}
	if !back.Cost(tokens).Equal(p.Cost(tokens)) {
		t.Errorf("%s is not %s", back.Cost(tokens), p.Cost(tokens))
	}
}

func TestTheCostAgreesWithTheEstimateOfTheCatalog(t *testing.T) {
	for _, e := range catalog.Standard().All() {
		if !e.PriceKnown {
			continue
		}
		tokens := Tokens{Input: 300_000, Cached: 1000, CacheWrite: 500, Output: 2000}
		got, want := NewPrice(e.Price, "").Cost(tokens).InexactFloat64(), e.Price.USD(300_000, 1000, 500, 2000)
		if diff := got - want; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("%s: %v, want %v", e.Key, got, want)
		}
	}
}

func candidates(input float64, names ...string) []policy.Candidate {
	var out []policy.Candidate
	for _, n := range names {
		out = append(out, policy.Candidate{Provider: "alpha", Model: n, Facts: catalog.Facts{PriceKnown: input > 0, Price: catalog.Price{Input: input}}})
	}
	return out
}

func TestARequestIsBilledByThePricesOfItsBeginning(t *testing.T) {
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := NewPrices()
	p.Use(start, candidates(1, "old", "kept"))
	p.Use(start.Add(time.Hour), candidates(2, "kept", "new"))
	p.Use(start.Add(2*time.Hour), candidates(2, "kept", "new")) // the same
	for _, c := range []struct {
		name, model string
		at          time.Duration
		want        string
	}{
		{"before the change", "kept", 59 * time.Minute, "1"},
		{"after it", "kept", time.Hour, "2"},
		{"a model that is gone, under way at the change", "old", 2 * time.Hour, "1"},
		{"a new model, by a clock that is slow", "new", -time.Minute, "2"},
		{"a model of nobody", "other", time.Hour, ""},
	} {
		usd, version, ok := p.Cost("alpha", c.model, Tokens{Input: 1_000_000}, start.Add(c.at))
		if ok != (c.want != "") || ok && usd.String() != c.want {
			t.Errorf("%s: %s %v, want %q", c.name, usd, ok, c.want)
		}
		if price, found := p.Version(version); ok && (!found || price.Version != version) {
			t.Errorf("%s: version %q is not known", c.name, version)
		}
	}
	if n := len(*p.editions.Load()); n != 2 {
		t.Errorf("%d editions, want 2", n)
	}
	p.Use(start.Add(48*time.Hour), candidates(0, "kept"))
	if n := len(*p.editions.Load()); n != 2 {
		t.Errorf("%d editions after two days, want the newest and the one that it replaced", n)
	}
}
