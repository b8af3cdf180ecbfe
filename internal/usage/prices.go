package usage

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

// Prices knows what every configured model costs, and did cost before the last reloads, so that a request is billed by the
// prices of the time when it began. Safe for concurrent use.
type Prices struct {
	mu       sync.Mutex                // held by Use
	editions atomic.Pointer[[]edition] // newest first; never changed in place
}

// edition is the prices of one configuration.
type edition struct {
	since  time.Time
	prices map[target]Price
}

// target is a model as the configuration names it.
type target struct{ provider, model string }

// remembered is how long replaced prices are kept: longer than any request takes.
const remembered = 24 * time.Hour

// NewPrices returns Prices that know none.
func NewPrices() *Prices {
	p := &Prices{}
	p.editions.Store(&[]edition{})
	return p
}

// Use takes the prices of a configuration that serves since then.
func (p *Prices) Use(since time.Time, models []policy.Candidate) {
	next := edition{since: since, prices: make(map[target]Price, len(models))}
	version := catalog.Standard().Source().Version
	for i := range models {
		if m := &models[i]; m.Facts.PriceKnown {
			next.prices[target{m.Provider, m.Model}] = NewPrice(m.Facts.Price, version)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := *p.editions.Load()
	if len(old) > 0 && maps.EqualFunc(old[0].prices, next.prices, func(a, b Price) bool { return a.Version == b.Version }) {
		return
	}
	all := append([]edition{next}, old...)
	for i := 1; i < len(all); i++ {
		if all[i-1].since.Before(since.Add(-remembered)) { // what came after it is too old already
			all = all[:i]
			break
		}
	}
	all = slices.Clip(all)
	p.editions.Store(&all)
}

// Cost is what a request that began at that time costs in USD, and the version of the price. It is not ok if no
// configuration had a price of the model. A model that the configuration of that time did not price costs what it did before, or
// else what it did next: Envoy's clock is not ours.
func (p *Prices) Cost(provider, model string, t Tokens, at time.Time) (usd decimal.Decimal, version string, ok bool) {
	price, ok := p.at(target{provider, model}, at)
	if !ok {
		return decimal.Zero, "", false
	}
	return price.Cost(t), price.Version, true
}

func (p *Prices) at(t target, at time.Time) (Price, bool) {
	var after Price
	found := false
	for _, e := range *p.editions.Load() {
		price, ok := e.prices[t]
		switch {
		case ok && !e.since.After(at):
			return price, true
		case ok: // so the oldest of the later ones stays
			after, found = price, true
		}
	}
	return after, found
}

// Version returns the price of that version, while a record may still name it.
func (p *Prices) Version(version string) (Price, bool) {
	for _, e := range *p.editions.Load() {
		for _, price := range e.prices {
			if price.Version == version {
				return price, true
			}
		}
	}
	return Price{}, false
}
