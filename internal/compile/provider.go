package compile

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/internal/config"
)

// compileProviders leaves out those that lack their credential: a request without one would come back as 401.
// The loader has warned of the variable. Where all lack it, the keys are with Envoy alone, which is how they should be.
func (c *compiler) compileProviders() {
	keyless := !slices.ContainsFunc(c.config.Models, func(e config.Entry[config.Model]) bool {
		return len(missing(c.config, e.Value.Provider)) == 0
	})
	if keyless {
		c.warn("providers", "no credential is here, so all are taken to be with Envoy and no provider is left out", "")
	}
	for _, e := range c.config.Providers {
		if len(e.Value.Missing) > 0 && !keyless {
			continue
		}
		at := "providers." + e.Name
		origin, prefix, ok := splitEndpoint(e.Value.Endpoint)
		if !ok {
			c.fault(at+".endpoint", "is not a base URL", "write it like https://api.openai.com/v1")
			continue
		}
		p := &Provider{
			Name: e.Name, Schema: e.Value.Schema, Format: formats[e.Value.Schema], Origin: origin, Prefix: prefix,
			APIVersion: e.Value.APIVersion, Region: e.Value.Region, HTTP: e.Value.HTTP, Auth: authKind(e.Value.Auth),
			Unsupported: e.Value.Unsupported, StreamUsage: cmp.Or(e.Value.StreamUsage, c.config.StreamUsage),
		}
		if claudeOnBedrock(&e.Value) {
			p.Format = schema.Anthropic
		}
		p.Serves = native(p.Format, e.Value.APIs)
		if p.Schema == "bedrock" || anthropic.OnVertex(p.Prefix) { // the clouds do not count tokens in Anthropic's way
			delete(p.Serves, schema.OpCountTokens)
		}
		c.checkAPIs(at, p, e.Value.APIs)
		c.providers[e.Name] = p
	}
}

// claudeOnBedrock: a provider of Bedrock that serves messages is Claude by InvokeModel, which can say all of Anthropic's
// format, while Converse is a format of its own.
func claudeOnBedrock(p *config.Provider) bool {
	return p.Schema == "bedrock" && slices.Contains(p.APIs, string(schema.OpMessages))
}

func (c *compiler) checkAPIs(at string, p *Provider, apis []string) {
	for _, api := range apis {
		if p.Format == schema.Anthropic && api == string(schema.OpConverse) {
			c.fault(at+".apis", "messages and converse are different APIs of Bedrock", "make two providers of them")
			continue
		}
		if !p.Serves[schema.Op(api)] {
			c.fault(at+".apis", "schema "+p.Schema+" has no "+api, "leave it out")
		}
	}
}

func splitEndpoint(endpoint string) (origin, prefix string, ok bool) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", false
	}
	return u.Scheme + "://" + u.Host, strings.TrimRight(u.EscapedPath(), "/"), true
}

// missing names the variables that keep a provider from being used.
func missing(cfg *config.Config, provider string) []string {
	p, _ := cfg.Providers.Get(provider)
	return p.Missing
}
