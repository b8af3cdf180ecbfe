package lint

import (
	"strings"

	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	aiv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ai_protocol_manager/v3"
	extauthzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	headermutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	earlyv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/early_header_mutation/header_mutation/v3"
	"google.golang.org/protobuf/proto"
)

// filterRules are about which HTTP filters an ingress has, and in which order.
func filterRules() []Rule {
	return []Rule{
		{
			Name: "no-route-stage", Severity: Fault,
			Finds: "no HTTP connection manager has an ext_proc whose gRPC metadata `x-llmroute-stage` is `route`",
			Leads: "llmroute sees no request", Do: "add the filter `llmroute.route` (docs/attach.md), or ask the running Envoy by --admin if listeners come by xDS",
			find: noRouteStage,
		},
		{
			Name: "route-stage-off", Severity: Fault,
			Finds: "the route filter is `disabled`, and no route turns it on",
			Leads: "llmroute sees no request", Do: "name the filter in the `typed_per_filter_config` of the routes that llmroute serves",
			find: routeStageOff,
		},
		{
			Name: "plan-without-stage", Severity: Fault,
			Finds: "a route takes its cluster from llmroute's plan, but the route filter is off there, or its manager has none",
			Leads: "nothing makes a plan, and each of its requests gets 503", Do: "turn the filter on in the route's `typed_per_filter_config`",
			find: planWithoutStage,
		},
		{
			Name: "client-headers", Severity: Fault,
			Finds: "`x-envoy-*`, `x-llmroute-path` or `x-llmroute-plan` of clients are not removed before the route filter",
			Leads: "clients can steer retries, timeouts and the provider's path", Do: "add the filter `llmroute.client` before the route filter, or the same as an early header mutation",
			find: clientHeaders,
		},
		{
			Name: "usage-filter", Severity: Fault,
			Finds: "no `ai_protocol_manager` that reads token usage of unconfigured routes works on a route of llmroute",
			Leads: "tokens are not counted: no usage, no cost, no token budgets", Do: "add the filter `llmroute.usage` before the route filter, with `include_unconfigured_routes: true`, and turn it on for the route",
			find: usageFilter,
		},
		{
			Name: "answer-filter", Severity: Fault,
			Finds: "the route stage is told `x-llmroute-answers`, but no answer filter works on the route",
			Leads: "answers to requests that the route stage has translated reach the client in the provider's schema", Do: "add the filter `llmroute.answer` after the route filter and turn it on, or take `x-llmroute-answers` out of the route filter's metadata",
			find: answerFilter,
		},
		{
			Name: "answer-untold", Severity: Warning,
			Finds: "an answer filter is there, but the route stage is not told `x-llmroute-answers`",
			Leads: "each translated request takes the way through its adapting door, which costs more", Do: "add `x-llmroute-answers: here` to the route filter's `initial_metadata`",
			find: answerUntold,
		},
		{
			Name: "answer-matcher", Severity: Fault,
			Finds: "the answer filter does not stand in an `ExtensionWithMatcher` that skips answers without `x-llmroute-answer`",
			Leads: "every answer, streams too, goes through llmroute and waits for it", Do: "wrap it as `llmroute envoy` does",
			find: answerMatcher,
		},
		{
			Name: "filter-order", Severity: Fault,
			Finds: "llmroute's filters are not in the order usage, route, answer",
			Leads: "usage is read from what clients do not get, or answers are translated at the wrong place", Do: "put them in the order usage, route, answer, router",
			find: filterOrder,
		},
		{
			Name: "second-processor", Severity: Fault,
			Finds: "another ext_proc on the same route reads or changes bodies",
			Leads: "with a second full-duplex ext_proc in one chain Envoy is known to truncate and to double bodies", Do: "turn that filter off on llmroute's routes",
			find: secondProcessor,
		},
		{
			Name: "body-filter", Severity: Fault,
			Finds: "a filter behind the route filter holds whole bodies",
			Leads: "large bodies are refused or truncated, and answers arrive in one piece", Do: "move it before `llmroute.client`, or turn it off on llmroute's routes",
			find: bodyFilter,
		},
		{
			Name: "compressor", Severity: Fault,
			Finds: "a compressor stands behind the usage filter",
			Leads: "it compresses answers before usage is read from them, so tokens are not counted", Do: "put the compressor before llmroute's filters",
			find: compressor,
		},
	}
}

func noRouteStage(c *check, say sayer) {
	if c.moreListeners {
		return
	}
	var lists []*place
	for _, m := range c.managers {
		if m.stage(stageRoute) != nil || m.stray() {
			return
		}
		if m.stage(stageAdapt) == nil {
			lists = append(lists, m.at.field("http_filters"))
		}
	}
	if len(lists) == 0 {
		lists = append(lists, (*place)(nil).field("static_resources", "listeners"))
	}
	say(lists[0], "no HTTP connection manager has llmroute's route filter")
}

func routeStageOff(c *check, say sayer) {
	for _, m := range c.managers {
		stage := m.stage(stageRoute)
		if stage == nil || m.hidden() {
			continue
		}
		on := false
		m.eachRoute(func(r *served) { on = on || r.on(stage) })
		if !on {
			say(stage.at, "filter %s is disabled, and no route of %s turns it on", stage.name, m.routes.GetName())
		}
	}
}

func planWithoutStage(c *check, say sayer) {
	for _, m := range c.managers {
		stage := m.stage(stageRoute)
		somewhere := false
		m.eachRoute(func(r *served) { somewhere = somewhere || stage != nil && r.on(stage) })
		if stage != nil && !somewhere {
			continue // which another rule says
		}
		m.eachRoute(func(r *served) {
			if planOf(r) == nil || stage != nil && r.on(stage) || stage == nil && len(c.serving()) == 0 {
				return
			}
			say(r.at, "route %s goes by llmroute's plan, but the route filter is not on there", r.name())
		})
	}
}

// before are the filters that work on a route and stand before stage.
func (r *served) before(stage *filter) []*filter {
	var out []*filter
	for _, f := range r.manager.filters {
		if f == stage {
			break
		}
		if r.on(f) {
			out = append(out, f)
		}
	}
	return out
}

// after are those behind it.
func (r *served) after(stage *filter) []*filter {
	var out []*filter
	past := false
	for _, f := range r.manager.filters {
		if past && r.on(f) {
			out = append(out, f)
		}
		past = past || f == stage
	}
	return out
}

func clientHeaders(c *check, say sayer) {
	var want []*mutationv3.HeaderMutation
	for _, e := range c.want.ingress.GetEarlyHeaderMutationExtensions() {
		early, _ := unpackAs[*earlyv3.HeaderMutation](e.GetTypedConfig())
		want = append(want, early.GetMutations()...)
	}
	for _, r := range c.serving() {
		var have []*mutationv3.HeaderMutation
		for _, e := range r.manager.GetEarlyHeaderMutationExtensions() {
			early, _ := unpackAs[*earlyv3.HeaderMutation](e.GetTypedConfig())
			have = append(have, early.GetMutations()...)
		}
		for _, f := range r.before(r.stage) {
			if m, ok := f.config.(*headermutationv3.HeaderMutation); ok {
				have = append(have, m.GetMutations().GetRequestMutations()...)
			}
		}
		if missing := notRemoved(want, have); len(missing) > 0 {
			say(r.stage.at, "clients' %s reach the route filter on route %s", strings.Join(missing, ", "), r.name())
		}
	}
}

func usageFilter(c *check, say sayer) {
	for _, r := range c.serving() {
		_, f := first(r.manager.filters, func(f *filter) bool { return f.is("AiProtocolManager") })
		usage, _ := configAs[*aiv3.AiProtocolManager](f)
		switch {
		case f == nil:
			say(r.manager.at.field("http_filters"), "no filter reads token usage")
		case !r.on(f):
			say(r.at, "filter %s is off on route %s", f.name, r.name())
		case !usage.GetResponseHandling().GetTokenUsage().GetIncludeUnconfiguredRoutes():
			say(f.configAt.field("response_handling", "token_usage", "include_unconfigured_routes"), "filter %s does not read usage on routes that do not ask for it", f.name)
		}
	}
}

func configAs[M proto.Message](f *filter) (m M, ok bool) {
	if f != nil {
		m, ok = f.config.(M)
	}
	return m, ok
}

func told(stage *filter) bool { return initial(stage.processor(), "x-llmroute-answers") != "" }

func answerFilter(c *check, say sayer) {
	for _, r := range c.serving() {
		if !told(r.stage) {
			continue
		}
		switch f := r.manager.stage(stageAnswer); {
		case f == nil && r.manager.stray(): // and that one may be meant
		case f == nil:
			say(r.stage.at, "filter %s is told that there is an answer filter, but there is none", r.stage.name)
		case !r.on(f):
			say(r.at, "filter %s is off on route %s", f.name, r.name())
		}
	}
}

func answerUntold(c *check, say sayer) {
	for _, r := range c.serving() {
		if f := r.manager.stage(stageAnswer); f != nil && r.on(f) && !told(r.stage) {
			say(r.stage.configAt.field("grpc_service", "initial_metadata"), "filter %s is not told of filter %s", r.stage.name, f.name)
		}
	}
}

func answerMatcher(c *check, say sayer) {
	want := c.want.ingress.stage(stageAnswer)
	for _, m := range c.managers {
		f := m.stage(stageAnswer)
		switch {
		case f == nil:
		case f.matcher == nil:
			say(f.at, "filter %s has no matcher", f.name)
		case !proto.Equal(f.matcher, want.matcher):
			say(f.at.field("typed_config", "xds_matcher"), "filter %s has another matcher than one that skips answers without x-llmroute-answer", f.name)
		}
	}
}

func filterOrder(c *check, say sayer) {
	for _, m := range c.managers {
		if m.stage(stageRoute) == nil {
			continue
		}
		rank := func(f *filter) int {
			switch {
			case f.is("AiProtocolManager"):
				return 1
			case f.stage == stageRoute:
				return 2
			case f.stage == stageAnswer:
				return 3
			}
			return 0
		}
		var last *filter
		for _, f := range m.filters {
			switch {
			case rank(f) == 0:
			case last != nil && rank(f) < rank(last):
				say(f.at, "filter %s stands behind %s", f.name, last.name)
			default:
				last = f
			}
		}
	}
}

func secondProcessor(c *check, say sayer) {
	for _, r := range c.serving() {
		for _, f := range r.manager.filters {
			if p := f.processor(); p != nil && f.stage == "" && r.on(f) && readsBodies(p) {
				say(f.at, "ext_proc %s handles bodies on route %s, too", f.name, r.name())
			}
		}
	}
	for _, m := range c.managers {
		if m.stage(stageAdapt) == nil {
			continue
		}
		for _, f := range m.filters {
			if p := f.processor(); p != nil && f.stage != stageAdapt && !f.off && readsBodies(p) {
				say(f.at, "ext_proc %s handles bodies in the door %s, too", f.name, m.listener.GetName())
			}
		}
	}
}

func readsBodies(p *extprocv3.ExternalProcessor) bool {
	mode := p.GetProcessingMode()
	return mode.GetRequestBodyMode() != extprocv3.ProcessingMode_NONE || mode.GetResponseBodyMode() != extprocv3.ProcessingMode_NONE
}

// holdsBodies tells filters that keep a body until it is complete. What a script or a plug-in does cannot be told.
func holdsBodies(f *filter) bool {
	if authz, ok := f.config.(*extauthzv3.ExtAuthz); ok {
		return authz.GetWithRequestBody() != nil
	}
	return f.is("Buffer", "FileSystemBufferFilterConfig", "AwsRequestSigning", "GrpcJsonTranscoder", "GrpcJsonReverseTranscoder")
}

func bodyFilter(c *check, say sayer) {
	for _, r := range c.serving() {
		for _, f := range r.after(r.stage) {
			if holdsBodies(f) {
				say(f.at, "filter %s holds bodies behind the route filter", f.name)
			}
		}
	}
}

func compressor(c *check, say sayer) {
	for _, r := range c.serving() {
		usage := r.manager.typed("AiProtocolManager")
		if usage == nil {
			continue
		}
		for _, f := range r.after(usage) {
			if f.is("Compressor") {
				say(f.at, "compressor %s stands behind filter %s", f.name, usage.name)
			}
		}
	}
}
