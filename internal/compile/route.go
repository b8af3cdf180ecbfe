package compile

import (
	"fmt"
	"strings"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/policy"
)

// compileAliases leaves out those of models that are left out.
func (c *compiler) compileAliases() {
	for _, a := range c.config.Aliases {
		if c.isRoute(a.Value) || c.isCandidate(a.Value) {
			c.spec.Aliases = append(c.spec.Aliases, policy.Alias{Name: a.Name, Target: a.Value})
			continue
		}
		if _, configured := c.config.Models.Get(a.Value); configured {
			c.warn("aliases."+a.Name, fmt.Sprintf("is left out with its model %s", a.Value), "")
			continue
		}
		c.fault("aliases."+a.Name, fmt.Sprintf("%q is neither a route nor a model", a.Value), "")
	}
}

func (c *compiler) isRoute(target string) bool {
	name := strings.TrimPrefix(target, "route/")
	for i := range c.config.Routes {
		if c.config.Routes[i].Name == name {
			return true
		}
	}
	return false
}

func (c *compiler) isCandidate(name string) bool {
	for i := range c.spec.Candidates {
		if c.spec.Candidates[i].Model == name {
			return true
		}
	}
	return false
}

func (c *compiler) compileRoutes() {
	for i := range c.config.Routes {
		r := &c.config.Routes[i]
		at := fmt.Sprintf("routes[%d]", i)
		out := policy.Route{
			Name: r.Name, Match: c.expression(at+".match", r.Match), Models: r.Models, Strategy: r.Strategy,
			MaxCostUSD: r.MaxCostUSD, Require: capabilities(r.Require),
			StrongAbove: r.StrongAbove, StrongShare: r.StrongShare, Affinity: r.Affinity == "session",
			MaxTTFT: r.MaxTTFT, Percentile: float64(r.Percentile),
		}
		if r.Fallbacks != nil {
			out.Fallbacks = *r.Fallbacks
		}
		if r.MinQuality != nil {
			out.MinQuality = *r.MinQuality
		}
		if len(r.Weights) > 0 {
			out.Weights = map[string]float64{}
			for _, w := range r.Weights {
				out.Weights[w.Name] = w.Value
			}
		}
		out.Balance.Cost, _ = r.Balance.Get("cost")
		out.Balance.Latency, _ = r.Balance.Get("latency")
		out.Balance.Quality, _ = r.Balance.Get("quality")
		c.checkModels(at, r)
		c.spec.Routes = append(c.spec.Routes, out)
	}
}

// checkModels warns of a route that refuses every request because its models are left out.
func (c *compiler) checkModels(at string, r *config.Route) {
	for _, pattern := range r.Models {
		for i := range c.spec.Candidates {
			if policy.Glob(pattern, c.spec.Candidates[i].Model) {
				return
			}
		}
	}
	c.warn(at, "none of its models can be used, so it refuses the requests that it matches", "")
}
