package compile

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/catalog"
)

// allCapabilities is what a model that lists its capabilities lacks unless it lists it.
const allCapabilities = catalog.Embeddings<<1 - 1

// compileModels joins what the configuration says of each model with the catalog. Models of providers without
// their credential are left out.
func (c *compiler) compileModels() {
	for _, e := range c.config.Models {
		at := "models." + e.Name
		p := c.providers[e.Value.Provider]
		if p == nil {
			vars := missing(c.config, e.Value.Provider)
			if len(vars) == 0 {
				continue // the provider is at fault, and reported
			}
			c.warn(at, fmt.Sprintf("is left out: its provider %s lacks %s", e.Value.Provider, strings.Join(vars, ", ")), "set the variable")
			continue
		}
		c.spec.Candidates = append(c.spec.Candidates, c.candidate(at, e.Name, &e.Value, p))
	}
}

func (c *compiler) candidate(at, key string, m *config.Model, p *Provider) policy.Candidate {
	out := policy.Candidate{Model: key, Provider: p.Name, Name: m.Name, Region: m.Region, Ops: clientOps(p)}
	if out.Name == "" {
		out.Name = key
	}
	if out.Region == "" {
		out.Region = p.Region
	}
	if m.Quality != nil {
		out.Quality, out.QualityKnown = *m.Quality, true
	}
	provider, _ := c.config.Providers.Get(p.Name)
	out.DataPolicy = provider.DataPolicy
	out.TaskQuality = c.taskQuality(at+".task_quality", m.TaskQuality)
	facts, known := c.facts(at, key, m, p)
	if !known && m.Price == nil && m.ContextWindow == 0 && m.Capabilities == nil {
		c.warn(at, fmt.Sprintf("%q is not in the catalog, so its price, limits and capabilities are not known", out.Name),
			"say them here, or name an entry with catalog")
	}
	override(&facts, m)
	out.Facts = facts
	return out
}

func (c *compiler) taskQuality(at string, m config.Map[float64]) map[string]float64 {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]float64, len(m))
	for _, e := range m {
		if !slices.Contains(policy.Tasks(), e.Name) {
			c.fault(at+"."+e.Name, fmt.Sprintf("%q is not a task", e.Name), "there are "+strings.Join(policy.Tasks(), ", "))
		}
		out[e.Name] = e.Value
	}
	return out
}

// facts are the catalog's: of the entry that `catalog` names, else of the provider's name, else of the key.
func (c *compiler) facts(at, key string, m *config.Model, p *Provider) (catalog.Facts, bool) {
	host := ""
	if u, err := url.Parse(p.Origin); err == nil {
		host = u.Hostname()
	}
	names := []string{m.Name, key}
	if m.Catalog != "" {
		if e, ok := catalog.Get(m.Catalog); ok {
			return e.Facts, true
		}
		names = []string{m.Catalog}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if e, ok := catalog.Lookup(p.Schema, host, name); ok {
			return e.Facts, true
		}
	}
	if m.Catalog != "" {
		c.fault(at+".catalog", fmt.Sprintf("%q is not in the catalog", m.Catalog), "llmroute models lists it")
	}
	return catalog.Facts{}, false
}

// override puts what the configuration says over the catalog's facts.
func override(f *catalog.Facts, m *config.Model) {
	if m.Price != nil {
		f.PriceKnown = true
		f.Price = catalog.Price{Input: m.Price.Input, Output: m.Price.Output, CachedInput: m.Price.CachedInput, CacheWrite: m.Price.CacheWrite}
	}
	if m.ContextWindow > 0 {
		f.ContextWindow, f.MaxInputTokens = m.ContextWindow, 0 // the catalog's bound may be of another deployment
	}
	if m.MaxOutputTokens > 0 {
		f.MaxOutputTokens = m.MaxOutputTokens
	}
	if m.Capabilities == nil {
		return
	}
	f.Has = capabilities(m.Capabilities)
	f.Lacks = allCapabilities &^ f.Has
	if f.Has == catalog.Embeddings && f.Mode == catalog.ModeUnknown {
		f.Mode = catalog.ModeEmbedding
	}
}

// capabilities joins names that the loader has checked.
func capabilities(names []string) policy.Capabilities {
	var set policy.Capabilities
	for _, name := range names {
		if one, ok := catalog.ParseCapability(name); ok {
			set |= one
		}
	}
	return set
}
