package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	prioritygroupv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/router/cluster_specifiers/priority_group/v3"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// defaultStreamIdle is Envoy's, where nothing is said.
const defaultStreamIdle = 5 * time.Minute

// routeRules are about the routes on which the route filter works.
func routeRules() []Rule {
	return []Rule{
		{
			Name: "plan-specifier", Severity: Fault,
			Finds: "the route filter works on a route whose action is a cluster of its own",
			Leads: "llmroute's plan is ignored: requests go to that cluster, keys and all", Do: "use the cluster specifier `priority_group`, or turn the route filter off there",
			find: eachAction(func(r *served, _ *check, say sayer) {
				if planOf(r) == nil {
					say(r.actionAt(), "route %s does not take its cluster from the plan", r.name())
				}
			}),
		},
		{
			Name: "plan-namespace", Severity: Fault,
			Finds: "the cluster specifier's `override_metadata_namespace` is not `llmroute`",
			Leads: "the plan is not found, and each request gets 503", Do: "write `override_metadata_namespace: llmroute`",
			find: eachPlanned(func(r *served, c *check, say sayer) {
				if planOf(r).GetOverrideMetadataNamespace() != envoy.Namespace {
					say(r.planAt().field("override_metadata_namespace"), "the plan of route %s is looked for in the namespace %q", r.name(), planOf(r).GetOverrideMetadataNamespace())
				}
			}),
		},
		{
			Name: "unjudged", Severity: Fault,
			Finds: "the cluster specifier names a cluster that has endpoints",
			Leads: "requests that llmroute has not judged reach it, with the client's credentials", Do: "name `llmroute.none`, which has none",
			find: eachPlanned(unjudged),
		},
		{
			Name: "refresh-cluster", Severity: Fault,
			Finds: "the retry policy lacks `refresh_cluster_on_retry`",
			Leads: "each attempt goes to the same provider: there is no fallback", Do: "write `refresh_cluster_on_retry: true`",
			find: eachRetry(func(r *served, p, _ *routev3.RetryPolicy, at *place, say sayer) {
				if !p.GetRefreshClusterOnRetry() {
					say(at.field("refresh_cluster_on_retry"), "retries on route %s stay at one cluster", r.name())
				}
			}),
		},
		{
			Name: "retry-policy", Severity: Fault,
			Finds: "a route without a retry policy, or whose `retry_on`, `retriable_status_codes` or `retriable_headers` lack what `llmroute envoy` writes",
			Leads: "some failures of a provider, or all, do not move the request to the plan's next entry", Do: "write it as `llmroute envoy` does",
			find: retryPolicy,
		},
		{
			Name: "retry-count", Severity: Warning,
			Finds: "`num_retries` is below the largest `fallbacks` of the configuration",
			Leads: "plans are cut short where llmroute does not say the number itself", Do: "raise it, or run `llmroute envoy` again",
			find: eachRetry(func(r *served, p, want *routev3.RetryPolicy, at *place, say sayer) {
				have := uint32(1) // Envoy's default
				if p.GetNumRetries() != nil {
					have = p.GetNumRetries().GetValue()
				}
				if have < want.GetNumRetries().GetValue() {
					say(at.field("num_retries"), "route %s retries %d times at most, and the configuration asks for %d", r.name(), have, want.GetNumRetries().GetValue())
				}
			}),
		},
		{
			Name: "silent-stream", Severity: Warning,
			Finds: "`per_try_idle_timeout` is below `timeouts.idle`, or below a first-byte timeout",
			Leads: "models that pause to think are cut off", Do: "raise it, or run `llmroute envoy` again",
			find: eachRetry(func(r *served, p, want *routev3.RetryPolicy, at *place, say sayer) {
				if have := p.GetPerTryIdleTimeout(); have != nil && have.AsDuration() > 0 && have.AsDuration() < want.GetPerTryIdleTimeout().AsDuration() {
					say(at.field("per_try_idle_timeout"), "route %s cuts an attempt that is silent for %v, and the configuration allows %v", r.name(), have.AsDuration(), want.GetPerTryIdleTimeout().AsDuration())
				}
			}),
		},
		{
			Name: "path-rewrite", Severity: Fault,
			Finds: "the route's `path_rewrite` is not `%REQ(x-llmroute-path)%`",
			Leads: "providers get the client's path, and answer 404 where theirs is another", Do: "write it, and no other rewrite of the path",
			find: eachPlanned(func(r *served, c *check, say sayer) {
				if want := c.want.route.action().GetPathRewrite(); r.action().GetPathRewrite() != want {
					say(r.actionAt().field("path_rewrite"), "route %s does not apply the provider's path", r.name())
				}
			}),
		},
		{
			Name: "host-rewrite", Severity: Fault,
			Finds: "a route of llmroute's, or of an adapting door, lacks `auto_host_rewrite`",
			Leads: "providers get your gateway's host name, and refuse it", Do: "write `auto_host_rewrite: true`, and no other rewrite of the host",
			find: func(c *check, say sayer) {
				c.eachOwnRoute(func(r *served) {
					if !r.action().GetAutoHostRewrite().GetValue() {
						say(r.actionAt().field("auto_host_rewrite"), "route %s sends the client's host to providers", r.name())
					}
				})
			},
		},
		{
			Name: "route-timeout", Severity: Fault,
			Finds: "a route of llmroute's, or of an adapting door, has a total `timeout` (15 s if none is written), or there is a `max_stream_duration`",
			Leads: "long answers are cut off in the middle", Do: "write `timeout: 0s`, and no `max_stream_duration`",
			find: routeTimeout,
		},
		{
			Name: "stream-idle", Severity: Warning,
			Finds: "the route's `idle_timeout`, or else its manager's `stream_idle_timeout` (5 minutes if none is written), is shorter than all attempts may take",
			Leads: "a request whose first provider hangs is cut before its last is asked", Do: "raise it, or run `llmroute envoy` again",
			find: streamIdle,
		},
		{
			Name: "body-buffer", Severity: Fault,
			Finds: "`request_body_buffer_limit` of the route is missing, or below `limits.body_bytes`",
			Leads: "larger bodies are not tried again when a provider fails", Do: "raise it, or run `llmroute envoy` again",
			find: bodyBuffer,
		},
		{
			Name: "result-headers", Severity: Warning,
			Finds: "the route does not add the `x-llmroute-` headers of an answer, or does not remove `x-llmroute-retry`",
			Leads: "clients do not see which model answered and why, and what they see less of cannot be logged", Do: "add them, or run `llmroute envoy` again",
			find: eachPlanned(func(r *served, c *check, say sayer) {
				missing := lacking(c.want.route.route.GetResponseHeadersToAdd(),
					r.route.GetResponseHeadersToAdd(), r.host.GetResponseHeadersToAdd(), r.manager.routes.GetResponseHeadersToAdd())
				if len(missing) > 0 {
					say(r.at.field("response_headers_to_add"), "answers on route %s lack %s", r.name(), strings.Join(missing, ", "))
				}
				removed := slices.Concat(r.route.GetResponseHeadersToRemove(), r.host.GetResponseHeadersToRemove(), r.manager.routes.GetResponseHeadersToRemove())
				if missing := without(c.want.route.route.GetResponseHeadersToRemove(), removed); len(missing) > 0 {
					say(r.at.field("response_headers_to_remove"), "answers on route %s keep %s", r.name(), strings.Join(missing, ", "))
				}
			}),
		},
		{
			Name: "unknown-route", Severity: Fault,
			Finds: "a route's metadata `llmroute.route` names a route that the configuration does not have",
			Leads: "its requests are refused", Do: "correct the name, or take the metadata out and let llmroute's rules choose",
			find: eachPlanned(func(r *served, c *check, say sayer) {
				name := r.route.GetMetadata().GetFilterMetadata()[envoy.Namespace].GetFields()["route"].GetStringValue()
				if name != "" && !slices.ContainsFunc(c.want.config.Routes, func(own config.Route) bool { return own.Name == name }) {
					say(r.at.field("metadata", "filter_metadata", envoy.Namespace, "route"), "no route of the configuration is called %q", name)
				}
			}),
		},
	}
}

func (r *served) actionAt() *place { return r.at.field("route") }

// planOf is the specifier that takes the cluster of each attempt from a plan; nil: the route has another.
func planOf(r *served) *prioritygroupv3.PriorityGroupClusterSpecifier {
	plan, _ := unpackAs[*prioritygroupv3.PriorityGroupClusterSpecifier](r.plugin().GetExtension().GetTypedConfig())
	return plan
}

// plugin is the route's cluster specifier, in it or by name in the list of all routes.
func (r *served) plugin() *routev3.ClusterSpecifierPlugin {
	if name := r.action().GetClusterSpecifierPlugin(); name != "" {
		for _, p := range r.manager.routes.GetClusterSpecifierPlugins() {
			if p.GetExtension().GetName() == name {
				return p
			}
		}
	}
	return r.action().GetInlineClusterSpecifierPlugin()
}

func (r *served) planAt() *place {
	if name := r.action().GetClusterSpecifierPlugin(); name != "" {
		for i, p := range r.manager.routes.GetClusterSpecifierPlugins() {
			if p.GetExtension().GetName() == name {
				return r.manager.routes.at.field("cluster_specifier_plugins").item(i).field("extension", "typed_config")
			}
		}
	}
	return r.actionAt().field("inline_cluster_specifier_plugin", "extension", "typed_config")
}

// eachAction visits the routes that llmroute judges and that send requests on.
func eachAction(visit func(*served, *check, sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, r := range c.serving() {
			if r.action() != nil {
				visit(r, c, say)
			}
		}
	}
}

// eachPlanned visits those of them that go by the plan.
func eachPlanned(visit func(*served, *check, sayer)) func(*check, sayer) {
	return eachAction(func(r *served, c *check, say sayer) {
		if planOf(r) != nil {
			visit(r, c, say)
		}
	})
}

// eachOwnRoute visits those, and the routes of adapting doors.
func (c *check) eachOwnRoute(visit func(*served)) {
	for _, m := range c.managers {
		stage := m.stage(stageAdapt)
		m.eachRoute(func(r *served) {
			if r.action() != nil && stage != nil {
				visit(r)
			}
		})
	}
	for _, r := range c.serving() {
		if planOf(r) != nil {
			visit(r)
		}
	}
}

func unjudged(r *served, c *check, say sayer) {
	for i, group := range planOf(r).GetPriorityGroups() {
		for j, to := range group.GetClusters() {
			if target := c.cluster(to.GetClusterName()); target != nil && (len(endpointsOf(target)) > 0 || !named(target)) {
				say(r.planAt().field("priority_groups").item(i).field("clusters").item(j), "route %s falls back to cluster %s without a plan", r.name(), to.GetClusterName())
			}
		}
	}
}

// retry is the policy that holds for a route, and where it stands.
func (r *served) retry() (*routev3.RetryPolicy, *place) {
	if p := r.action().GetRetryPolicy(); p != nil {
		return p, r.actionAt().field("retry_policy")
	}
	if p := r.host.GetRetryPolicy(); p != nil {
		return p, r.hostAt.field("retry_policy")
	}
	return nil, r.actionAt()
}

func eachRetry(visit func(r *served, have, want *routev3.RetryPolicy, at *place, say sayer)) func(*check, sayer) {
	return eachPlanned(func(r *served, c *check, say sayer) {
		if p, at := r.retry(); p != nil {
			visit(r, p, c.want.route.action().GetRetryPolicy(), at, say)
		}
	})
}

func retryPolicy(c *check, say sayer) {
	eachPlanned(func(r *served, _ *check, say sayer) {
		if p, at := r.retry(); p == nil {
			say(at, "route %s has no retry policy", r.name())
		}
	})(c, say)
	eachRetry(func(r *served, p, want *routev3.RetryPolicy, at *place, say sayer) {
		if missing := without(strings.Split(want.GetRetryOn(), ","), strings.Split(strings.ReplaceAll(p.GetRetryOn(), " ", ""), ",")); len(missing) > 0 {
			say(at.field("retry_on"), "route %s does not retry on %s", r.name(), strings.Join(missing, ", "))
		}
		for _, status := range want.GetRetriableStatusCodes() {
			if !slices.Contains(p.GetRetriableStatusCodes(), status) {
				say(at.field("retriable_status_codes"), "route %s does not retry on status %s", r.name(), strconv.Itoa(int(status)))
			}
		}
		for _, header := range want.GetRetriableHeaders() {
			if !slices.ContainsFunc(p.GetRetriableHeaders(), func(h *routev3.HeaderMatcher) bool { return h.GetName() == header.GetName() }) {
				say(at.field("retriable_headers"), "route %s does not retry on the header %s", r.name(), header.GetName())
			}
		}
	})(c, say)
}

func routeTimeout(c *check, say sayer) {
	c.eachOwnRoute(func(r *served) {
		at := r.actionAt()
		switch t := r.action().GetTimeout(); {
		case t == nil:
			say(at.field("timeout"), "route %s has Envoy's timeout of 15s", r.name())
		case t.AsDuration() > 0:
			say(at.field("timeout"), "route %s ends every answer after %v", r.name(), t.AsDuration())
		}
		if longest := r.action().GetMaxStreamDuration().GetMaxStreamDuration(); longest.AsDuration() > 0 {
			say(at.field("max_stream_duration"), "route %s ends every stream after %v", r.name(), longest.AsDuration())
		}
		common := r.manager.GetCommonHttpProtocolOptions().GetMaxStreamDuration()
		if common.AsDuration() > 0 && r.action().GetMaxStreamDuration().GetMaxStreamDuration() == nil {
			say(r.manager.at.field("common_http_protocol_options", "max_stream_duration"), "every stream ends after %v", common.AsDuration())
		}
	})
}

func streamIdle(c *check, say sayer) {
	want := c.want.ingress.GetStreamIdleTimeout().AsDuration()
	c.eachOwnRoute(func(r *served) {
		have, at := defaultStreamIdle, r.manager.at.field("stream_idle_timeout")
		if t := r.manager.GetStreamIdleTimeout(); t != nil {
			have = t.AsDuration()
		}
		if t := r.action().GetIdleTimeout(); t != nil {
			have, at = t.AsDuration(), r.actionAt().field("idle_timeout")
		}
		if have != 0 && have < want {
			say(at, "route %s cuts a request on which nothing moves for %v, and all attempts may take %v", r.name(), have, want)
		}
	})
}

func bodyBuffer(c *check, say sayer) {
	largest := uint64(c.want.config.Limits.BodyBytes)
	eachPlanned(func(r *served, _ *check, say sayer) {
		limit, at := r.route.GetRequestBodyBufferLimit(), r.at.field("request_body_buffer_limit")
		if limit == nil && r.host.GetRequestBodyBufferLimit() != nil {
			limit, at = r.host.GetRequestBodyBufferLimit(), r.hostAt.field("request_body_buffer_limit")
		}
		switch {
		case limit == nil:
			say(at, "route %s has no limit of its own for bodies that are kept for a retry", r.name())
		case limit.GetValue() < largest:
			say(at, "route %s keeps bodies of up to %d bytes for a retry, and limits.body_bytes is %d", r.name(), limit.GetValue(), largest)
		}
	})(c, say)
}
