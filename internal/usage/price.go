package usage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/policy/catalog"
)

// Price is what a model costs, in exact decimals. It does not change.
type Price struct {
	// Version is 12 hexadecimal digits of a hash over everything below. The same price of two models has the same.
	Version string `json:"-"`
	// Catalog is the version of the catalog that was in use. The price may still be the operator's own.
	Catalog string `json:"catalog"`
	// Rates has the rates of every context size, ascending by Above. It is never empty.
	Rates []Rate `json:"rates"`
}

// Rate holds for requests whose input has more than Above tokens; Above is -1 in the first one, which holds for all.
// Each rate is in USD per million tokens. None is left out: where a provider has no price of its own for cached input or
// for a cache write, it bills plain input.
type Rate struct {
	Above      int64           `json:"above"`
	Input      decimal.Decimal `json:"input"`
	Cached     decimal.Decimal `json:"cached"`
	CacheWrite decimal.Decimal `json:"cache_write"`
	Output     decimal.Decimal `json:"output"`
}

// Places is how many decimals of a USD a cost is rounded to: to picodollars. Where rates have at most 6 decimals, as nearly
// all do, nothing is left to round.
const Places = 12

// perMillion is the exponent that turns tokens times USD per million tokens into USD.
const perMillion = -6

// NewPrice makes a Price of p, which the catalog of that version, or the configuration, says.
func NewPrice(p catalog.Price, catalogVersion string) Price {
	out := Price{Catalog: catalogVersion, Rates: make([]Rate, 0, 1+len(p.Tiers))}
	out.Rates = append(out.Rates, rateOf(-1, p.At(0)))
	for _, t := range p.Tiers {
		out.Rates = append(out.Rates, rateOf(int64(t.Above), p.At(t.Above+1)))
	}
	out.Version = out.hash()
	return out
}

// rateOf takes the shortest decimal that reads back as the same float64, which is the number that was written in the
// catalog or the configuration.
func rateOf(above int64, t catalog.Tier) Rate {
	return Rate{
		Above: above, Input: decimal.NewFromFloat(t.Input), Cached: decimal.NewFromFloat(t.CachedInput),
		CacheWrite: decimal.NewFromFloat(t.CacheWrite), Output: decimal.NewFromFloat(t.Output),
	}
}

func (p Price) hash() string {
	text, err := json.Marshal(p)
	if err != nil { // decimals, numbers and strings always marshal
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// ParsePrice reads what [Price.Text] wrote.
func ParsePrice(version, text string) (Price, error) {
	var p Price
	err := json.Unmarshal([]byte(text), &p)
	p.Version = version
	return p, err
}

// Text is the price as JSON, without its version:
//
//	{"catalog":"1.109.1","rates":[{"above":-1,"input":"2.5","cached":"1.25","cache_write":"2.5","output":"10"}]}
func (p Price) Text() (string, error) {
	text, err := json.Marshal(p)
	return string(text), err
}

// Cost is what a request costs, in USD, rounded to Places once, at the end. Parts that exceed the whole count as the
// whole.
func (p Price) Cost(t Tokens) decimal.Decimal {
	in, out := max(t.Input, 0), max(t.Output, 0)
	cached := min(max(t.Cached, 0), in)
	written := min(max(t.CacheWrite, 0), in-cached)
	r := p.at(in)
	sum := r.Input.Mul(decimal.NewFromInt(in - cached - written))
	if cached > 0 {
		sum = sum.Add(r.Cached.Mul(decimal.NewFromInt(cached)))
	}
	if written > 0 {
		sum = sum.Add(r.CacheWrite.Mul(decimal.NewFromInt(written)))
	}
	return sum.Add(r.Output.Mul(decimal.NewFromInt(out))).Shift(perMillion).Round(Places)
}

// at returns the rate of a request with that many input tokens.
func (p Price) at(input int64) Rate {
	var r Rate
	for _, up := range p.Rates {
		if input <= up.Above {
			break
		}
		r = up
	}
	return r
}
