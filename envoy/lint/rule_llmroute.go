package lint

import (
	"slices"
	"strings"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"

	"github.com/llmroute/llmroute/envoy"
)

// Envoy's default circuit breakers.
const (
	defaultBreaker = 1024
	defaultRetries = 3
)

// llmrouteRules are about the cluster of llmroute itself.
func llmrouteRules() []Rule {
	return []Rule{
		{
			Name: "llmroute-cluster", Severity: Fault,
			Finds: "a stage or an access log leads to a cluster that is not there",
			Leads: "llmroute is not asked: each request gets 503, or nothing is logged", Do: "add the cluster `llmroute`",
			find: func(c *check, say sayer) {
				said := map[string]bool{}
				for _, call := range c.calls() {
					if c.cluster(call.cluster) == nil && !c.moreClusters && !said[call.cluster] {
						said[call.cluster] = true
						say(call.at, "there is no cluster %q", call.cluster)
					}
				}
			},
		},
		{
			Name: "llmroute-http2", Severity: Fault,
			Finds: "llmroute's cluster does not speak HTTP/2",
			Leads: "gRPC fails, and each request gets 503", Do: "write `explicit_http_config: {http2_protocol_options: {}}` in its HTTP options",
			find: eachLLMRoute(func(own *cluster, _ *check, say sayer) {
				if explicit(own) != "2" {
					say(own.at.field("typed_extension_protocol_options", httpOptions, "explicit_http_config"), "cluster %s does not speak HTTP/2", own.GetName())
				}
			}),
		},
		{
			Name: "llmroute-address", Severity: Warning,
			Finds: "llmroute's cluster does not lead to `listen.grpc`",
			Leads: "Envoy may not reach llmroute", Do: "correct it, or tell check by --llmroute where Envoy reaches llmroute",
			find: eachLLMRoute(llmrouteAddress),
		},
		{
			Name: "llmroute-presence", Severity: Warning,
			Finds: "llmroute's cluster has no active health check",
			Leads: "Envoy does not keep entries of the access log while llmroute is away: their usage is lost", Do: "add the `health_checks` that `llmroute envoy` writes",
			find: eachLLMRoute(func(own *cluster, _ *check, say sayer) {
				if len(own.GetHealthChecks()) == 0 {
					say(own.at.field("health_checks"), "cluster %s has no health check", own.GetName())
				}
			}),
		},
		{
			Name: "circuit-breakers", Severity: Warning,
			Finds: "circuit breakers of llmroute's cluster, or of a provider's, are at Envoy's defaults (1024 requests at a time, 3 retries) or below",
			Leads: "under load, and just when a provider fails, requests get 503", Do: "raise `circuit_breakers.thresholds` as `llmroute envoy` does",
			find: circuitBreakers,
		},
	}
}

// call is one of the settings that lead to llmroute.
type call struct {
	cluster string
	at      *place
}

// calls are all of them: stages and access logs.
func (c *check) calls() []call {
	var out []call
	logs := func(all []*accesslogv3.AccessLog, list *place, names ...string) {
		for _, name := range names {
			if i, log := logCalled(all, name); log != nil {
				out = append(out, call{
					leadsTo(grpcConfig(log).GetCommonConfig().GetGrpcService()),
					list.item(i).field("typed_config", "common_config", "grpc_service", "envoy_grpc", "cluster_name"),
				})
			}
		}
	}
	for _, m := range c.managers {
		for _, f := range m.filters {
			if f.stage != "" && leadsTo(f.processor().GetGrpcService()) != "" {
				out = append(out, call{leadsTo(f.processor().GetGrpcService()), f.configAt.field("grpc_service", "envoy_grpc", "cluster_name")})
			}
		}
		logs(m.GetAccessLog(), m.at.field("access_log"), envoy.LogRequests, envoy.LogDoors)
		if router := m.typed("Router"); router != nil {
			own, _ := configAs[*routerv3.Router](router)
			logs(own.GetUpstreamLog(), router.configAt.field("upstream_log"), envoy.LogAttempts)
		}
	}
	return out
}

func (c *check) llmroutes() []*cluster {
	var out []*cluster
	for _, call := range c.calls() {
		if own := c.cluster(call.cluster); own != nil && !slices.Contains(out, own) {
			out = append(out, own)
		}
	}
	return out
}

// eachLLMRoute visits the clusters that stages and access logs lead to.
func eachLLMRoute(visit func(*cluster, *check, sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, own := range c.llmroutes() {
			visit(own, c, say)
		}
	}
}

// explicit is the HTTP version of a cluster: "1", "2", or "auto".
func explicit(c *cluster) string {
	switch {
	case c.http.GetExplicitHttpConfig().GetHttp2ProtocolOptions() != nil:
		return "2"
	case c.http.GetAutoConfig() != nil:
		return "auto"
	}
	return "1"
}

func llmrouteAddress(own *cluster, c *check, say sayer) {
	if !named(own) {
		return
	}
	want := endpointsOf(c.want.cluster(envoy.ClusterLLMRoute))[0]
	have := endpointsOf(own)
	if slices.ContainsFunc(have, func(e *endpointv3.Endpoint) bool {
		return sameAddress(e, want)
	}) {
		return
	}
	port := want.GetAddress().GetSocketAddress().GetPortValue()
	if c.want.llmrouteAnywhere && slices.ContainsFunc(have, func(e *endpointv3.Endpoint) bool { return e.GetAddress().GetSocketAddress().GetPortValue() == port }) {
		return
	}
	at := own.at
	if all := allEndpoints(own); len(all) > 0 {
		at = all[0].at.field("address")
	}
	say(at, "cluster %s leads to %s, and llmroute is at %s", own.GetName(), addressesText(have), addressText(want.GetAddress()))
}

func circuitBreakers(c *check, say sayer) {
	own := c.llmroutes()
	for _, p := range c.want.providers {
		for _, name := range []string{p.direct.GetName(), p.adapt.GetName()} {
			if found := c.cluster(name); found != nil {
				own = append(own, found)
			}
		}
	}
	for _, cluster := range own {
		if what := tight(cluster.GetCircuitBreakers()); what != "" {
			say(cluster.at.field("circuit_breakers"), "cluster %s bounds %s", cluster.GetName(), what)
		}
	}
}

// tight names what is bounded as by default, or more.
func tight(b *clusterv3.CircuitBreakers) string {
	var t *clusterv3.CircuitBreakers_Thresholds
	for _, some := range b.GetThresholds() {
		if some.GetPriority() == corev3.RoutingPriority_DEFAULT {
			t = some
		}
	}
	var names []string
	for _, limit := range []struct {
		name string
		wide bool
	}{
		{"max_connections", t.GetMaxConnections().GetValue() > defaultBreaker},
		{"max_pending_requests", t.GetMaxPendingRequests().GetValue() > defaultBreaker},
		{"max_requests", t.GetMaxRequests().GetValue() > defaultBreaker},
		{"max_retries", t.GetMaxRetries().GetValue() > defaultRetries || t.GetRetryBudget() != nil},
	} {
		if !limit.wide {
			names = append(names, limit.name)
		}
	}
	return strings.Join(names, ", ")
}
