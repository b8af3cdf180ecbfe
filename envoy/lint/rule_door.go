package lint

import (
	"slices"
	"strings"

	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	headermutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	internalv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/internal_upstream/v3"
)

// doorRules are about the adapting doors of providers.
func doorRules() []Rule {
	return []Rule{
		{
			Name: "door-cluster", Severity: Fault,
			Finds: "a provider has no cluster `P.adapt`",
			Leads: "attempts that need translation, such as most fallbacks, get 503", Do: "run `llmroute envoy` again, or add the cluster",
			find: func(c *check, say sayer) {
				for _, p := range c.want.providers {
					if c.cluster(p.adapt.GetName()) == nil && !p.absent && !c.moreClusters {
						say(clustersAt(), "there is no cluster %s, the adapting door of %s", p.adapt.GetName(), p.name)
					}
				}
			},
		},
		{
			Name: "door-endpoint", Severity: Fault,
			Finds: "a cluster `P.adapt` does not lead to an internal listener by `internal_upstream`",
			Leads: "attempts that need translation fail", Do: "write it as `llmroute envoy` does",
			find: eachAdapt(func(p *provider, own *cluster, _ *check, say sayer) {
				if internalName(own) == "" {
					say(addressAt(own), "cluster %s leads to %s, and not to an internal listener", own.GetName(), addressesText(endpointsOf(own)))
				} else if _, ok := unpackAs[*internalv3.InternalUpstreamTransport](own.GetTransportSocket().GetTypedConfig()); !ok {
					say(own.at.field("transport_socket"), "cluster %s does not have the transport socket internal_upstream, so the door gets no metadata", own.GetName())
				}
			}),
		},
		{
			Name: "door-listener", Severity: Fault,
			Finds: "the internal listener that a cluster `P.adapt` leads to is not there, or not an internal one",
			Leads: "attempts that need translation fail", Do: "run `llmroute envoy` again, or add the listener",
			find: eachAdapt(func(_ *provider, own *cluster, c *check, say sayer) {
				name := internalName(own)
				if name == "" {
					return
				}
				switch l := c.listener(name); {
				case l == nil && c.moreListeners:
				case l == nil:
					say(addressAt(own), "there is no listener %s", name)
				case l.GetInternalListener() == nil:
					say(l.at, "listener %s is not an internal one", name)
				}
			}),
		},
		{
			Name: "door-stage", Severity: Fault,
			Finds: "a door's listener has no adapt filter, or one that names another provider in `x-llmroute-provider`",
			Leads: "requests go out untranslated, or in another provider's schema", Do: "write the filter `llmroute.adapt` as `llmroute envoy` does",
			find: eachDoor(func(p *provider, m *manager, say sayer) {
				switch f := m.stage(stageAdapt); {
				case f == nil:
					say(m.at.field("http_filters"), "the door %s has no adapt filter", m.listener.GetName())
				case initial(f.processor(), "x-llmroute-provider") != p.name:
					say(f.configAt.field("grpc_service", "initial_metadata"), "the door of %s translates for another provider", p.name)
				}
			}),
		},
		{
			Name: "door-route", Severity: Fault,
			Finds: "a route of a door does not lead to the provider's own cluster",
			Leads: "translated requests go to another provider, or nowhere", Do: "write the provider's cluster",
			find: eachDoor(func(p *provider, m *manager, say sayer) {
				m.eachRoute(func(r *served) {
					if r.action() != nil && r.action().GetCluster() != p.direct.GetName() {
						say(r.actionAt().field("cluster"), "the door of %s leads to the cluster %q, and not to %s", p.name, r.action().GetCluster(), p.direct.GetName())
					}
				})
			}),
		},
		{
			Name: "door-plan", Severity: Fault,
			Finds: "a cluster `P.adapt` does not set `x-llmroute-plan` and `x-envoy-attempt-count`",
			Leads: "the adapt stage does not know the attempt's model, and refuses it", Do: "add them to the upstream `header_mutation`, as `llmroute envoy` does",
			find: eachAdapt(func(p *provider, own *cluster, _ *check, say sayer) {
				for _, name := range []string{"x-llmroute-plan", "x-envoy-attempt-count"} {
					if want := added(requestMutations(p.adapt), name); added(requestMutations(own), name) != want {
						say(headersAt(own), "cluster %s does not set %s to %s", own.GetName(), name, want)
					}
				}
			}),
		},
		{
			Name: "door-answer", Severity: Fault,
			Finds: "a provider's cluster does not set `x-llmroute-answer` on answers",
			Leads: "answers to requests that the route stage has translated reach the client in the provider's schema", Do: "add it to the upstream `header_mutation`, as `llmroute envoy` does",
			find: eachDirect(func(p *provider, own *cluster, c *check, say sayer) {
				const name = "x-llmroute-answer"
				if !slices.ContainsFunc(c.serving(), func(r *served) bool { return told(r.stage) }) {
					return // nothing is translated by the route stage
				}
				if want := added(responseMutations(p.direct), name); added(responseMutations(own), name) != want {
					say(headersAt(own), "cluster %s does not set %s to %s", own.GetName(), name, want)
				}
			}),
		},
		{
			Name: "door-provider", Severity: Warning,
			Finds: "a provider's cluster does not set `x-llmroute-provider` on answers to the provider's name",
			Leads: "after a fallback, clients and usage name the provider that was asked first", Do: "add it to the upstream `header_mutation`, as `llmroute envoy` does",
			find: eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
				if added(responseMutations(own), "x-llmroute-provider") != p.name {
					say(headersAt(own), "cluster %s does not set x-llmroute-provider to %s", own.GetName(), p.name)
				}
			}),
		},
		{
			Name: "door-response", Severity: Fault,
			Finds: "a provider's cluster does not remove `x-llmroute-*` and `x-envoy-*` from answers",
			Leads: "the provider can steer Envoy, and say of itself what it is not", Do: "add the removals to the upstream `header_mutation`",
			find: eachDirect(func(p *provider, own *cluster, _ *check, say sayer) {
				if missing := notRemoved(responseMutations(p.direct), responseMutations(own)); len(missing) > 0 {
					say(headersAt(own), "cluster %s lets %s of answers pass", own.GetName(), strings.Join(missing, ", "))
				}
			}),
		},
	}
}

// internalName is the internal listener that a cluster leads to; empty: none.
func internalName(c *cluster) string {
	for _, e := range endpointsOf(c) {
		if name := e.GetAddress().GetEnvoyInternalAddress().GetServerListenerName(); name != "" {
			return name
		}
	}
	return ""
}

// eachAdapt visits the providers whose cluster P.adapt is there.
func eachAdapt(visit func(*provider, *cluster, *check, sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, p := range c.want.providers {
			if own := c.cluster(p.adapt.GetName()); own != nil {
				visit(p, own, c, say)
			}
		}
	}
}

// eachDoor visits the managers of the listeners that those lead to.
func eachDoor(visit func(*provider, *manager, sayer)) func(*check, sayer) {
	return eachAdapt(func(p *provider, own *cluster, c *check, say sayer) {
		if l := c.listener(internalName(own)); l != nil {
			for _, m := range c.managersIn(l) {
				visit(p, m, say)
			}
		}
	})
}

// headersAt is where a cluster's header mutations stand, or would.
func headersAt(c *cluster) *place {
	for _, f := range c.filters {
		if _, ok := f.config.(*headermutationv3.HeaderMutation); ok {
			return f.at
		}
	}
	if c.httpAt != nil {
		return c.httpAt.field("http_filters")
	}
	return c.at
}

func requestMutations(c *cluster) []*mutationv3.HeaderMutation {
	var out []*mutationv3.HeaderMutation
	for _, f := range c.filters {
		if m, ok := f.config.(*headermutationv3.HeaderMutation); ok {
			out = append(out, m.GetMutations().GetRequestMutations()...)
		}
	}
	return out
}

func responseMutations(c *cluster) []*mutationv3.HeaderMutation {
	var out []*mutationv3.HeaderMutation
	for _, f := range c.filters {
		if m, ok := f.config.(*headermutationv3.HeaderMutation); ok {
			out = append(out, m.GetMutations().GetResponseMutations()...)
		}
	}
	return out
}
