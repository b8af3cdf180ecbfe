package catalog

// Price is in USD per million tokens.
type Price struct {
	Input, Output, CachedInput, CacheWrite float64
	// Tiers hold the prices above a context size, ascending.
	Tiers []Tier
}

// Tier holds for requests whose input has more than Above tokens. A zero price repeats the base price.
type Tier struct {
	Above                                  int
	Input, Output, CachedInput, CacheWrite float64
}

// At returns the prices of a request with that many input tokens, cached ones counted in. No gap is left: a missing
// price of cached input, or of a cache write, is that of input, since the provider then bills plain input.
func (p Price) At(inputTokens int) Tier {
	t := Tier{Input: p.Input, Output: p.Output, CachedInput: p.CachedInput, CacheWrite: p.CacheWrite}
	for _, up := range p.Tiers {
		if inputTokens <= up.Above {
			break
		}
		t = Tier{
			Above:       up.Above,
			Input:       or(up.Input, p.Input),
			Output:      or(up.Output, p.Output),
			CachedInput: or(up.CachedInput, p.CachedInput),
			CacheWrite:  or(up.CacheWrite, p.CacheWrite),
		}
	}
	t.CachedInput = or(t.CachedInput, t.Input)
	t.CacheWrite = or(t.CacheWrite, t.Input)
	return t
}

// USD is what a request costs. in counts all input tokens; cachedIn and cacheWrite are the parts of it that were read
// from and written to the provider's prompt cache. Parts that exceed the whole count as the whole.
func (p Price) USD(in, cachedIn, cacheWrite, out int) float64 {
	in, out = max(in, 0), max(out, 0)
	cachedIn = min(max(cachedIn, 0), in)
	cacheWrite = min(max(cacheWrite, 0), in-cachedIn)
	t := p.At(in)
	const perToken = 1e6
	return (float64(in-cachedIn-cacheWrite)*t.Input +
		float64(cachedIn)*t.CachedInput +
		float64(cacheWrite)*t.CacheWrite +
		float64(out)*t.Output) / perToken
}

// or is a price, or where it is not said, another.
func or(price, other float64) float64 {
	if price != 0 {
		return price
	}
	return other
}
