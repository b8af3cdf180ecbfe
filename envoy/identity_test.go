package envoy

import (
	"slices"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/internal/config"
)

func TestTheRouteStageIsHandedWhatIdentityNeedsAndNoMore(t *testing.T) {
	for name, row := range map[string]struct {
		change     func(*config.Config)
		claims     bool
		attributes string
	}{
		"nothing": {func(*config.Config) {}, false, ""},
		"headers": {func(c *config.Config) { c.Identity.Team.Header = "x-team" }, false, ""},
		"a claim": {func(c *config.Config) { c.Identity.Client.JWTClaim = "azp" }, true, ""},
		"a claim in a route": {func(c *config.Config) {
			c.Routes = append(c.Routes, config.Route{Match: `claims["sub"] == "a"`})
		}, true, ""},
		"a claim in a policy": {func(c *config.Config) {
			c.Policies = append(c.Policies, config.Policy{Match: `"sub" in claims`})
		}, true, ""},
		"a claim in a budget": {func(c *config.Config) { c.Budgets = append(c.Budgets, config.Budget{Match: `claims.sub == "a"`}) }, true, ""},
		"a URI":               {func(c *config.Config) { c.Identity.User.Certificate = "uri_san" }, false, "connection.uri_san_peer_certificate"},
		"two fields": {func(c *config.Config) {
			c.Identity.User.Certificate, c.Identity.Team.Certificate = "subject", "dns_san"
		}, false, "connection.dns_san_peer_certificate connection.subject_peer_certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &config.Config{}
			row.change(c)
			stage := (&builder{config: c}).routeStage()
			forwarded := stage.GetMetadataOptions().GetForwardingNamespaces().GetUntyped()
			if slices.Contains(forwarded, jwtNamespace) != row.claims || len(forwarded) > 1 {
				t.Errorf("forwarded: %v", forwarded)
			}
			if got := strings.Join(stage.GetRequestAttributes()[2:], " "); got != row.attributes {
				t.Errorf("attributes: %s", got)
			}
		})
	}
}
