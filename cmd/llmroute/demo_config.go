package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
)

// configuredDemo stands in for the providers whose endpoints are on this machine: with their keys, their models, their paths.
func configuredDemo(c *config.Config, file string) ([]demoEndpoint, error) {
	var out []demoEndpoint
	taken := map[string]string{} // address to provider
	for _, entry := range c.Providers {
		p := entry.Value
		u, err := url.Parse(p.Endpoint)
		if err != nil || u.Scheme != "http" || !loopback(u.Hostname()) {
			continue
		}
		addr := net.JoinHostPort(u.Hostname(), orPort(u.Port()))
		if other := taken[addr]; other != "" {
			return nil, fmt.Errorf("%s: providers %s and %s are both at %s; give each demo provider a port", file, other, entry.Name, addr)
		}
		taken[addr] = entry.Name
		out = append(out, demoEndpoint{addr: addr, Options: demo.Options{
			Name: entry.Name, Schema: p.Schema, Key: demoKey(p.Schema, p.Auth), Models: demoModels(c, entry.Name),
			Prefix: demoPrefix(p.Schema, u.Path),
		}})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no provider has an http:// endpoint on this machine; name some with --provider", file)
	}
	return out, nil
}

func orPort(port string) string {
	if port == "" {
		return "80"
	}
	return port
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ownPaths end an endpoint's path and are the schema's, in the order in which they are taken off.
var ownPaths = map[string][]string{
	"openai": {"/v1"}, "azure": {"/v1", "/openai"}, "anthropic": {"/v1"}, "gemini": {"/v1beta", "/v1"},
}

// demoPrefix is what stands in an endpoint's path before the schema's own paths.
func demoPrefix(kind, path string) string {
	path = strings.TrimSuffix(path, "/")
	if i := strings.Index(path, "/v1/projects/"); i >= 0 && strings.Contains(path[i:], "/publishers/") { // Vertex AI
		return path[:i]
	}
	for _, own := range ownPaths[kind] {
		path = strings.TrimSuffix(path, own)
	}
	return path
}

// demoKey is the credential that Envoy will send, or "" where it is not in the configuration, or travels in a header
// that the schema does not have.
func demoKey(kind string, a *config.Auth) string {
	own := map[string]string{"azure": "api-key", "anthropic": "x-api-key", "gemini": "x-goog-api-key"}
	switch {
	case a == nil:
		return ""
	case !a.Bearer.IsZero():
		return a.Bearer.Reveal()
	case a.Header != "" && strings.EqualFold(a.Header, own[kind]):
		return a.Value.Reveal()
	case a.AWS != nil && !a.AWS.AccessKeyID.IsZero():
		return a.AWS.AccessKeyID.Reveal() + ":" + a.AWS.SecretAccessKey.Reveal()
	}
	return ""
}

// demoModels are the provider's own names of its models.
func demoModels(c *config.Config, provider string) []string {
	var out []string
	for _, m := range c.Models {
		if m.Value.Provider != provider {
			continue
		}
		name := m.Value.Name
		if name == "" {
			name = m.Name
		}
		out = append(out, name)
	}
	return out
}
