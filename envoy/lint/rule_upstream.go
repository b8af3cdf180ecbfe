package lint

import (
	"slices"
	"strings"

	credentialv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/credential_injector/v3"
	headermutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	genericv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/injected_credentials/generic/v3"
	oauth2v3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/injected_credentials/oauth2/v3"
)

// upstreamRules are about what a door takes away from a request, and what it adds.
func upstreamRules() []Rule {
	return []Rule{
		{
			Name: "upstream-processor", Severity: Fault,
			Finds: "an ext_proc among a cluster's upstream filters handles bodies",
			Leads: "Envoy 1.40.0 crashes as soon as flow control sets in", Do: "move it into an internal listener, as the adapting doors are",
			find: func(c *check, say sayer) {
				for _, own := range c.clusters {
					for _, f := range own.filters {
						if p := f.processor(); p != nil && readsBodies(p) {
							say(f.at, "ext_proc %s handles bodies in cluster %s", f.name, own.GetName())
						}
					}
				}
			},
		},
		{
			Name: "upstream-body", Severity: Fault,
			Finds: "a filter among the upstream filters of a provider's cluster holds bodies: signing, buffers",
			Leads: "large bodies are refused, and Envoy 1.40.0 may crash", Do: "move it into the adapting door, after the adapt filter",
			find: eachOwnCluster(func(_ *provider, own, _ *cluster, say sayer) {
				for _, f := range own.filters {
					if holdsBodies(f) {
						say(f.at, "filter %s holds bodies in cluster %s", f.name, own.GetName())
					}
				}
			}),
		},
		{
			Name: "strip", Severity: Fault,
			Finds: "a provider's cluster, or its adapting door, does not remove all headers that carry a client's or another provider's credential or identity",
			Leads: "the provider, or llmroute, gets them", Do: "add the removals to the upstream `header_mutation`, before the credential, or run `llmroute envoy` again",
			find: eachOwnCluster(func(_ *provider, own, want *cluster, say sayer) {
				if missing := notRemoved(requestMutations(want), requestMutations(own)); len(missing) > 0 {
					say(headersAt(own), "cluster %s lets %s of requests pass", own.GetName(), strings.Join(missing, ", "))
				}
			}),
		},
		{
			Name: "strip-order", Severity: Fault,
			Finds: "the upstream filter that removes credentials stands behind the one that injects the provider's own",
			Leads: "the provider's key is removed, and it answers 401", Do: "put `header_mutation` before `credential_injector`",
			find: eachDirect(stripOrder),
		},
		{
			Name: "credential", Severity: Fault,
			Finds: "a provider with `auth` or `headers` has no upstream `credential_injector` for one of them, or one without `overwrite`; or the door of a provider whose requests Envoy signs has no signing filter",
			Leads: "the provider answers 401", Do: "run `llmroute envoy` again, or add the filter",
			find: credential,
		},
	}
}

// eachOwnCluster visits both clusters of each provider, where they are there.
func eachOwnCluster(visit func(p *provider, have, want *cluster, say sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, p := range c.want.providers {
			for _, want := range []*cluster{p.direct, p.adapt} {
				if own := c.cluster(want.GetName()); own != nil {
					visit(p, own, want, say)
				}
			}
		}
	}
}

// injects is the header that a filter sets to a credential, in lower case; empty: it is no injector.
func injects(f *filter) string {
	injector, ok := f.config.(*credentialv3.CredentialInjector)
	if !ok {
		return ""
	}
	m, _ := unpack(injector.GetCredential().GetTypedConfig())
	if generic, ok := m.(*genericv3.Generic); ok && generic.GetHeader() != "" {
		return strings.ToLower(generic.GetHeader())
	}
	return "authorization" // Envoy's default, and OAuth 2's (RFC 6750, section 2.1)
}

func stripOrder(_ *provider, own *cluster, _ *check, say sayer) {
	for i, f := range own.filters {
		header := injects(f)
		if header == "" {
			continue
		}
		for _, later := range own.filters[i+1:] {
			if m, ok := later.config.(*headermutationv3.HeaderMutation); ok && removes(m.GetMutations().GetRequestMutations(), header, "") {
				say(later.at, "filter %s of cluster %s removes %s after it was injected", later.name, own.GetName(), header)
				break
			}
		}
	}
}

func credential(c *check, say sayer) {
	eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
		for _, want := range p.direct.filters {
			header := injects(want)
			if header == "" {
				continue
			}
			_, have := first(own.filters, func(f *filter) bool { return injects(f) == header && fetches(f) == fetches(want) })
			injector, _ := configAs[*credentialv3.CredentialInjector](have)
			switch {
			case have == nil:
				say(headersAt(own), "cluster %s does not inject %s", own.GetName(), header)
			case !injector.GetOverwrite():
				say(have.configAt.field("overwrite"), "cluster %s keeps a %s that is there already", own.GetName(), header)
			}
		}
	})(c, say)
	eachDoor(func(p *provider, m *manager, say sayer) {
		for _, want := range p.door.filters {
			if want.is("AwsRequestSigning", "GcpAuthnFilterConfig") && !slices.ContainsFunc(m.filters, func(f *filter) bool { return f.typeName == want.typeName }) {
				say(m.at.field("http_filters"), "the door of %s has no filter of type %s", p.name, baseName(want.typeName))
			}
		}
	})(c, say)
}

// fetches reports whether a credential is a token that Envoy fetches.
func fetches(f *filter) bool {
	injector, _ := configAs[*credentialv3.CredentialInjector](f)
	_, ok := unpackAs[*oauth2v3.OAuth2](injector.GetCredential().GetTypedConfig())
	return ok
}
