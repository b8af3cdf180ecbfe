package catalog

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUSD(t *testing.T) {
	tiered := Price{Input: 1.25, Output: 10, CachedInput: 0.125,
		Tiers: []Tier{{Above: 200_000, Input: 2.5, Output: 15, CachedInput: 0.25}, {Above: 500_000, Input: 5}}}
	full := Price{Input: 1, Output: 5, CachedInput: 0.1, CacheWrite: 1.25}
	plain := Price{Input: 2, Output: 4}
	tests := []struct {
		name                          string
		price                         Price
		in, cachedIn, cacheWrite, out int
		want                          float64
	}{
		{"input and output by the million", plain, 1_000_000, 0, 0, 500_000, 4},
		{"nothing costs nothing", full, 0, 0, 0, 0, 0},
		{"cached input is a part of input", full, 1_000_000, 400_000, 0, 0, 0.64},
		{"a cache write is a part of input", full, 1_000_000, 0, 400_000, 0, 1.1},
		{"all three kinds of input", full, 1_000_000, 500_000, 500_000, 0, 0.675},
		{"without a cached price, input's", plain, 1_000_000, 1_000_000, 0, 0, 2},
		{"without a cache write price, input's", plain, 1_000_000, 0, 1_000_000, 0, 2},
		{"up to the tier, the base price", tiered, 200_000, 0, 0, 100_000, 1.25},
		{"above the tier, everything at its price", tiered, 200_001, 0, 0, 100_000, 2.0000025},
		{"above the tier, its cached price", tiered, 400_000, 400_000, 0, 0, 0.1},
		{"a tier's cache write without a price is the tier's input", tiered, 400_000, 0, 400_000, 0, 1},
		{"the second tier repeats the base where it says nothing", tiered, 1_000_000, 0, 0, 100_000, 6},
		{"parts beyond the whole count as the whole", full, 100, 1_000, 1_000, 0, 0.00001},
		{"negative counts are none", full, -5, -5, -5, -5, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.price.USD(tt.in, tt.cachedIn, tt.cacheWrite, tt.out)
			if math.Abs(got-tt.want) > 1e-12 {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAtLeavesNoGap(t *testing.T) {
	p := Price{Input: 2, Output: 4, Tiers: []Tier{{Above: 100, Output: 8}}}
	if diff := cmp.Diff(Tier{Input: 2, Output: 4, CachedInput: 2, CacheWrite: 2}, p.At(100)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Tier{Above: 100, Input: 2, Output: 8, CachedInput: 2, CacheWrite: 2}, p.At(101)); diff != "" {
		t.Error(diff)
	}
}

func TestCapabilityNamesRoundTrip(t *testing.T) {
	want := "tools parallel_tools json_mode json_schema vision audio pdf reasoning prompt_cache web_search logprobs embeddings"
	all := Capabilities(0)
	for i, name := range CapabilityNames() {
		c, ok := ParseCapability(name)
		if !ok || c != 1<<i || c.String() != name {
			t.Errorf("%s is %b, %q", name, c, c)
		}
		all |= c
	}
	if all.String() != want || all != Embeddings<<1-1 {
		t.Errorf("all are %q", all)
	}
	for _, name := range []string{"", "Tools", "tools ", "streaming"} {
		if _, ok := ParseCapability(name); ok {
			t.Errorf("%q is no capability", name)
		}
	}
	text, err := json.Marshal(Tools | Embeddings)
	if err != nil || string(text) != `["tools","embeddings"]` {
		t.Errorf("%s, %v", text, err)
	}
	var c Capabilities
	if err := json.Unmarshal([]byte(`["vision","streaming"]`), &c); err == nil {
		t.Error("an unknown name gives no error")
	}
	if text, err := json.Marshal(c); err != nil || string(text) != "[]" {
		t.Errorf("the empty set is %s, %v", text, err)
	}
}
