package envoy

import (
	"slices"
	"strings"

	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
)

// credentialHeaders carry a client's credential or identity, whatever the configuration says.
var credentialHeaders = [...]string{
	"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-goog-user-project",
	"cookie", "forwarded", "via", "x-real-ip",
}

// credentialPrefixes are families of such headers: AWS signatures and tokens, and what proxies say of a client.
var credentialPrefixes = [...]string{"x-amz-", "x-forwarded-"}

// protocolHeaders belong to a wire format. A provider may set them in `headers`; that does not make them anyone's
// secret, and the other providers need the client's.
var protocolHeaders = [...]string{"accept", "content-type", "user-agent", "anthropic-version", "anthropic-beta", "openai-beta"}

// stripped is what no provider may see of a client or of another provider. Headers that a door sets on one attempt
// are still there on the next one, at another provider, so every door takes away what any door adds.
func (b *builder) stripped() []*mutationv3.HeaderMutation {
	names := slices.Clone(credentialHeaders[:])
	for _, p := range b.config.Providers {
		if p.Value.Auth != nil && p.Value.Auth.Header != "" {
			names = append(names, p.Value.Auth.Header)
		}
		for _, h := range p.Value.Headers {
			names = append(names, h.Name)
		}
	}
	names = append(names, b.options.Strip...)
	names = append(names, b.config.Identity.Team.Header, b.config.Identity.User.Header, b.config.Identity.Client.Header)

	var out []*mutationv3.HeaderMutation
	seen := map[string]bool{"": true}
	for _, name := range names {
		name = strings.ToLower(name)
		if seen[name] || slices.Contains(protocolHeaders[:], name) || hasCredentialPrefix(name) {
			continue
		}
		seen[name] = true
		out = append(out, remove(name))
	}
	for _, prefix := range credentialPrefixes {
		out = append(out, removePrefix(prefix))
	}
	return out
}

func hasCredentialPrefix(name string) bool {
	return slices.ContainsFunc(credentialPrefixes[:], func(p string) bool { return strings.HasPrefix(name, p) })
}

// clone leaves room for nobody, so that appending to it never writes into the original.
func clone(m []*mutationv3.HeaderMutation) []*mutationv3.HeaderMutation {
	return slices.Clip(slices.Clone(m))
}
