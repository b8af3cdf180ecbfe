package envoy

import (
	"slices"
	"strings"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"

	"github.com/llmroute/llmroute/internal/config"
)

// jwtNamespace is where Envoy's jwt_authn leaves the claims of what it has verified.
const jwtNamespace = "envoy.filters.http.jwt_authn"

// certificateAttributes are Envoy's names for the fields of a client certificate, by those of the configuration.
var certificateAttributes = []struct{ field, attribute string }{
	{"uri_san", "connection.uri_san_peer_certificate"},
	{"dns_san", "connection.dns_san_peer_certificate"},
	{"subject", "connection.subject_peer_certificate"},
}

func (b *builder) identitySources() []config.Source {
	i := b.config.Identity
	return []config.Source{i.Team, i.User, i.Client}
}

// certificateAttributes are those that the identity is read from.
func (b *builder) certificateAttributes() []string {
	var out []string
	for _, c := range certificateAttributes {
		if slices.ContainsFunc(b.identitySources(), func(s config.Source) bool { return s.Certificate == c.field }) {
			out = append(out, c.attribute)
		}
	}
	return out
}

// routeMetadata also hands the claims of the caller's JWT over, where they are used.
func (b *builder) routeMetadata() *extprocv3.MetadataOptions {
	m := receiving()
	if b.usesClaims() {
		m.ForwardingNamespaces = &extprocv3.MetadataOptions_MetadataNamespaces{Untyped: []string{jwtNamespace}}
	}
	return m
}

// usesClaims reports whether the identity comes from claims, or an expression may ask for some.
func (b *builder) usesClaims() bool {
	if slices.ContainsFunc(b.identitySources(), func(s config.Source) bool { return s.JWTClaim != "" }) {
		return true
	}
	asks := func(match string) bool { return strings.Contains(match, "claims") }
	return slices.ContainsFunc(b.config.Routes, func(r config.Route) bool { return asks(r.Match) }) ||
		slices.ContainsFunc(b.config.Policies, func(p config.Policy) bool { return asks(p.Match) }) ||
		slices.ContainsFunc(b.config.Budgets, func(p config.Budget) bool { return asks(p.Match) })
}
