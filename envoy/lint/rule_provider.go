package lint

import (
	"slices"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"

	"github.com/llmroute/llmroute/envoy"
)

// providerRules are about whether Envoy has the providers of the configuration, and where it looks for them.
func providerRules() []Rule {
	return []Rule{
		{
			Name: "provider-missing", Severity: Fault,
			Finds: "a provider of the configuration has no cluster (`P`, or `P.signed` where Envoy signs)",
			Leads: "plans name it, and each such attempt gets 503", Do: "run `llmroute envoy` again, or take the provider out of the configuration",
			find: func(c *check, say sayer) {
				for _, p := range c.want.providers {
					if c.cluster(p.direct.GetName()) == nil && !p.absent && !c.moreClusters {
						say(clustersAt(), "there is no cluster %s for the provider %s", p.direct.GetName(), p.name)
					}
				}
			},
		},
		{
			Name: "provider-unknown", Severity: Warning,
			Finds: "Envoy has doors of a provider that the configuration does not have",
			Leads: "it holds a key that nobody needs", Do: "run `llmroute envoy` again, or take its clusters and listener out",
			find: providerUnknown,
		},
		{
			Name: "provider-address", Severity: Fault,
			Finds: "no address of a provider's cluster is that of its `endpoint`",
			Leads: "requests and the provider's key go elsewhere", Do: "run `llmroute envoy` again, or correct the address",
			find: eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
				if !named(own) {
					return
				}
				want := endpointsOf(p.direct)[0]
				if have := endpointsOf(own); !slices.ContainsFunc(have, func(e *endpointv3.Endpoint) bool { return sameAddress(e, want) }) {
					say(addressAt(own), "cluster %s leads to %s, and the endpoint of %s is %s", own.GetName(), addressesText(have), p.name, addressText(want.GetAddress()))
				}
			}),
		},
		{
			Name: "provider-host", Severity: Fault,
			Finds: "the `hostname` of a provider's endpoint is not the host of its `endpoint`",
			Leads: "the provider gets a wrong Host header", Do: "write the endpoint's host as `hostname`",
			find: eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
				want := endpointsOf(p.direct)[0]
				for _, e := range allEndpoints(own) {
					host := e.GetHostname()
					if host == "" && byName(own) {
						host = e.GetAddress().GetSocketAddress().GetAddress()
					}
					if e.priority == 0 && sameAddress(e.Endpoint, want) && !strings.EqualFold(host, want.GetHostname()) {
						say(e.at.field("hostname"), "cluster %s gives its endpoint the host %q, and the endpoint of %s says %q", own.GetName(), host, p.name, want.GetHostname())
					}
				}
			}),
		},
		{
			Name: "provider-tls", Severity: Fault,
			Finds: "a provider's cluster has TLS and its `endpoint` has not, or the other way round; or another server name (SNI)",
			Leads: "no connection to the provider succeeds, or its key travels in the clear", Do: "run `llmroute envoy` again, or correct `transport_socket`",
			find: eachDirect(providerTLS),
		},
		{
			Name: "provider-certificate", Severity: Fault,
			Finds: "a provider's certificate is not checked: no trusted certificates, or no check of the name",
			Leads: "whoever is in between gets the key and the prompts", Do: "write `trusted_ca`, and `auto_sni_san_validation: true` or `match_typed_subject_alt_names`",
			find: eachDirect(func(_ *provider, own *cluster, _ *check, say sayer) {
				ctx, at := upstreamTLS(own)
				if ctx == nil || ctx.GetCommonTlsContext().GetValidationContextSdsSecretConfig() != nil || ctx.GetCommonTlsContext().GetCombinedValidationContext() != nil {
					return // the rest comes by SDS
				}
				trust := ctx.GetCommonTlsContext().GetValidationContext()
				if trust.GetTrustedCa() == nil && trust.GetSystemRootCerts() == nil && len(trust.GetVerifyCertificateHash())+len(trust.GetVerifyCertificateSpki()) == 0 {
					say(at.field("common_tls_context", "validation_context", "trusted_ca"), "cluster %s trusts any certificate", own.GetName())
				} else if !ctx.GetAutoSniSanValidation() && len(trust.GetMatchTypedSubjectAltNames())+len(trust.GetVerifyCertificateHash())+len(trust.GetVerifyCertificateSpki()) == 0 {
					say(at.field("auto_sni_san_validation"), "cluster %s trusts a certificate of any name", own.GetName())
				}
			}),
		},
		{
			Name: "provider-http", Severity: Fault,
			Finds: "a provider's `http` is 1 or 2, and its cluster has the other",
			Leads: "the provider does not understand Envoy", Do: "run `llmroute envoy` again, or correct the cluster's HTTP options",
			find: eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
				want, have := explicit(p.direct), explicit(own)
				if have != want && have != "auto" && want != "auto" {
					say(own.at.field("typed_extension_protocol_options", httpOptions, "explicit_http_config"), "cluster %s speaks HTTP/%s, and %s is to get HTTP/%s", own.GetName(), have, p.name, want)
				}
			}),
		},
		{
			Name: "dead-end", Severity: Warning,
			Finds: "a provider's cluster that is resolved by DNS has no endpoint of a second priority",
			Leads: "if the name does not resolve, requests get 503 at once and no fallback", Do: "add the endpoint 255.255.255.255:1 with `priority: 1`, as `llmroute envoy` does",
			find: eachDirect(func(_ *provider, own *cluster, _ *check, say sayer) {
				if byName(own) && !slices.ContainsFunc(allEndpoints(own), func(e prioritised) bool { return e.priority > 0 }) {
					say(own.at.field("load_assignment", "endpoints"), "cluster %s has no endpoint when its name does not resolve", own.GetName())
				}
			}),
		},
	}
}

func clustersAt() *place { return (*place)(nil).field("static_resources", "clusters") }

func addressAt(own *cluster) *place {
	if all := allEndpoints(own); len(all) > 0 {
		return all[0].at.field("address")
	}
	return own.at.field("load_assignment")
}

// eachDirect visits the providers whose own cluster is there.
func eachDirect(visit func(*provider, *cluster, *check, sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, p := range c.want.providers {
			if own := c.cluster(p.direct.GetName()); own != nil {
				visit(p, own, c, say)
			}
		}
	}
}

// providerUnknown names each such provider once. llmroute's clusters are told from others by their doors.
func providerUnknown(c *check, say sayer) {
	known := map[string]bool{}
	for _, p := range c.want.providers {
		known[p.name] = true
	}
	for _, own := range c.clusters {
		name := added(responseMutations(own), "x-llmroute-provider")
		if base, ok := strings.CutSuffix(own.GetName(), envoy.AdaptSuffix); ok && name == "" && internalName(own) != "" {
			name = base
		}
		if name != "" && !known[name] {
			known[name] = true
			say(own.at, "cluster %s is of a provider %s, which the configuration does not have", own.GetName(), name)
		}
	}
}

// upstreamTLS is a cluster's TLS towards its endpoints; nil: plain text, or something that is not known.
func upstreamTLS(own *cluster) (*tlsv3.UpstreamTlsContext, *place) {
	ctx, _ := unpackAs[*tlsv3.UpstreamTlsContext](own.GetTransportSocket().GetTypedConfig())
	return ctx, own.at.field("transport_socket", "typed_config")
}

// plainText reports whether a transport socket certainly does not encrypt.
func plainText(s *corev3.TransportSocket) bool {
	_, name := unpack(s.GetTypedConfig())
	return s == nil || baseName(name) == "RawBuffer"
}

func providerTLS(p *provider, own *cluster, _ *check, say sayer) {
	if len(own.GetTransportSocketMatches()) > 0 {
		return // which one counts depends on the endpoint's metadata
	}
	want, _ := upstreamTLS(p.direct)
	have, at := upstreamTLS(own)
	switch {
	case want == nil && have != nil:
		say(own.at.field("transport_socket"), "cluster %s has TLS, and the endpoint of %s has not", own.GetName(), p.name)
	case want != nil && plainText(own.GetTransportSocket()):
		say(own.at.field("transport_socket"), "cluster %s has no TLS, and the endpoint of %s has", own.GetName(), p.name)
	case want != nil && have != nil && !strings.EqualFold(want.GetSni(), have.GetSni()) && !have.GetAutoHostSni():
		say(at.field("sni"), "cluster %s asks for the server name %q, and the endpoint of %s is %q", own.GetName(), have.GetSni(), p.name, want.GetSni())
	}
}
