package lint

import (
	"slices"
	"strings"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	grpclogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/grpc/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"

	"github.com/llmroute/llmroute/envoy"
)

// logRules are about what llmroute learns afterwards.
func logRules() []Rule {
	return []Rule{
		{
			Name: "request-log", Severity: Fault,
			Finds: "an ingress of llmroute's has no gRPC access log whose `log_name` is `llmroute`",
			Leads: "no usage, no cost, and budgets never settle", Do: "add the access log `llmroute` to the HTTP connection manager",
			find: func(c *check, say sayer) {
				for _, m := range c.ingresses() {
					if grpcLog(m.GetAccessLog(), envoy.LogRequests) == nil {
						say(m.at.field("access_log"), "requests are not logged to llmroute")
					}
				}
			},
		},
		{
			Name: "attempt-log", Severity: Fault,
			Finds: "the router's `upstream_log` of an ingress lacks the gRPC access log whose `log_name` is `llmroute.upstream`",
			Leads: "nothing is learned of latency, speed and health of providers", Do: "add the access log `llmroute.upstream` to the router filter",
			find: func(c *check, say sayer) {
				for _, m := range c.ingresses() {
					router := m.typed("Router")
					own, _ := configAs[*routerv3.Router](router)
					if router != nil && grpcLog(own.GetUpstreamLog(), envoy.LogAttempts) == nil {
						say(router.configAt.field("upstream_log"), "attempts are not logged to llmroute")
					}
				}
			},
		},
		{
			Name: "door-log", Severity: Fault,
			Finds: "an adapting door has no gRPC access log whose `log_name` is `llmroute`",
			Leads: "usage of translated answers is not known", Do: "add the access log `llmroute` to the door's HTTP connection manager",
			find: func(c *check, say sayer) {
				for _, m := range c.managers {
					if m.stage(stageAdapt) != nil && grpcLog(m.GetAccessLog(), envoy.LogRequests) == nil && grpcLog(m.GetAccessLog(), envoy.LogDoors) == nil {
						say(m.at.field("access_log"), "attempts through the door %s are not logged to llmroute", m.listener.GetName())
					}
				}
			},
		},
		{
			Name: "log-headers", Severity: Warning,
			Finds: "`additional_response_headers_to_log` of one of these lacks a header that llmroute reads",
			Leads: "llmroute does not know which model answered, or when a provider wants to be asked again", Do: "add the header",
			find: logHeaders,
		},
		{
			Name: "route-name", Severity: Fault,
			Finds: "the attempts' log is filtered, and a route of llmroute's is not called `llmroute` or `llmroute.…`",
			Leads: "attempts on this route are not logged, so nothing is learned from them", Do: "name the route so",
			find: func(c *check, say sayer) {
				eachPlanned(func(r *served, _ *check, say sayer) {
					router, _ := configAs[*routerv3.Router](r.manager.typed("Router"))
					_, log := logCalled(router.GetUpstreamLog(), envoy.LogAttempts)
					name := r.route.GetName()
					if log.GetFilter() != nil && name != "llmroute" && !strings.HasPrefix(name, "llmroute.") {
						say(r.at.field("name"), "the filter of the attempts' log does not know the route %q", name)
					}
				})(c, say)
			},
		},
	}
}

// ingresses are the managers whose requests llmroute judges.
func (s *subject) ingresses() []*manager {
	var out []*manager
	for _, r := range s.serving() {
		if !slices.Contains(out, r.manager) {
			out = append(out, r.manager)
		}
	}
	return out
}

// logCalled is the gRPC access log of a name that leads to an Envoy cluster, and its index; -1 and nil: there is none.
func logCalled(logs []*accesslogv3.AccessLog, name string) (int, *accesslogv3.AccessLog) {
	for i, log := range logs {
		common := grpcConfig(log).GetCommonConfig()
		if common.GetLogName() == name && leadsTo(common.GetGrpcService()) != "" {
			return i, log
		}
	}
	return -1, nil
}

func grpcLog(logs []*accesslogv3.AccessLog, name string) *accesslogv3.AccessLog {
	_, log := logCalled(logs, name)
	return log
}

func grpcConfig(log *accesslogv3.AccessLog) *grpclogv3.HttpGrpcAccessLogConfig {
	config, _ := unpackAs[*grpclogv3.HttpGrpcAccessLogConfig](log.GetTypedConfig())
	return config
}

func logHeaders(c *check, say sayer) {
	compare := func(have, want []*accesslogv3.AccessLog, name string, list *place) {
		i, log := logCalled(have, name)
		if log == nil {
			return // which another rule says
		}
		wanted := grpcConfig(grpcLog(want, name)).GetAdditionalResponseHeadersToLog()
		if missing := without(wanted, grpcConfig(log).GetAdditionalResponseHeadersToLog()); len(missing) > 0 {
			say(list.item(i).field("typed_config", "additional_response_headers_to_log"), "access log %s lacks %s", name, strings.Join(missing, ", "))
		}
	}
	wantRouter, _ := configAs[*routerv3.Router](c.want.ingress.typed("Router"))
	for _, m := range c.ingresses() {
		compare(m.GetAccessLog(), c.want.ingress.GetAccessLog(), envoy.LogRequests, m.at.field("access_log"))
		router := m.typed("Router")
		if own, ok := configAs[*routerv3.Router](router); ok {
			compare(own.GetUpstreamLog(), wantRouter.GetUpstreamLog(), envoy.LogAttempts, router.configAt.field("upstream_log"))
		}
	}
}
