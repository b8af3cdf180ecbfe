package lint

import (
	"cmp"
	"slices"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"

	"github.com/llmroute/llmroute/envoy"
)

type mode = extprocv3.ProcessingMode

// stageRules are about how Envoy calls llmroute.
func stageRules() []Rule {
	const modesDo = "write the mode that is named"
	return []Rule{
		{
			Name: "stage-name", Severity: Fault,
			Finds: "an ext_proc asks llmroute, but its gRPC metadata `x-llmroute-stage` is not `route`, `answer` or `adapt`",
			Leads: "llmroute refuses its calls", Do: "set `x-llmroute-stage` in `grpc_service.initial_metadata`",
			find: stageName,
		},
		{
			Name: "request-mode", Severity: Fault,
			Finds: "a `processing_mode` of requests other than `SEND`, `FULL_DUPLEX_STREAMED`, `SEND` for route and adapt (`SKIP`, `NONE`, `SKIP` for answer)",
			Leads: "header changes are lost, bodies above Envoy's buffer are refused, or requests with trailers hang", Do: modesDo,
			find: modes(func(m *mode) [3]modeField {
				return [3]modeField{headers("request_header_mode", m.GetRequestHeaderMode()), body("request_body_mode", m.GetRequestBodyMode()), trailers("request_trailer_mode", m.GetRequestTrailerMode())}
			}),
		},
		{
			Name: "response-mode", Severity: Fault,
			Finds: "a `processing_mode` of responses other than `SKIP`, `NONE`, `SKIP` for route, and `SEND`, `FULL_DUPLEX_STREAMED`, `SEND` for answer and adapt",
			Leads: "the route stage would hold up every answer, which it never reads; the others would not see what they translate", Do: modesDo,
			find: modes(func(m *mode) [3]modeField {
				return [3]modeField{headers("response_header_mode", m.GetResponseHeaderMode()), body("response_body_mode", m.GetResponseBodyMode()), trailers("response_trailer_mode", m.GetResponseTrailerMode())}
			}),
		},
		{
			Name: "mode-override", Severity: Fault,
			Finds: "a route overrides the `processing_mode` of one of llmroute's filters",
			Leads: "the filter does not work there", Do: "take `processing_mode` out of the route's overrides",
			find: modeOverride,
		},
		{
			Name: "content-length", Severity: Fault,
			Finds: "`allow_content_length_header` is not set on one of llmroute's filters",
			Leads: "rewritten bodies go out without their length, which some providers refuse", Do: "write `allow_content_length_header: true`",
			find: eachStage(func(f *filter, p, _ *extprocv3.ExternalProcessor, say sayer) {
				if !p.GetAllowContentLengthHeader() {
					say(f.configAt.field("allow_content_length_header"), "filter %s does not let llmroute set content-length", f.name)
				}
			}),
		},
		{
			Name: "status-on-error", Severity: Warning,
			Finds: "`status_on_error` is not 503",
			Leads: "when llmroute is down clients get a status that their SDKs do not retry", Do: "write `status_on_error: {code: ServiceUnavailable}`",
			find: eachStage(func(f *filter, p, want *extprocv3.ExternalProcessor, say sayer) {
				if p.GetStatusOnError().GetCode() != want.GetStatusOnError().GetCode() {
					say(f.configAt.field("status_on_error"), "filter %s answers %d when llmroute fails", f.name, cmp.Or(p.GetStatusOnError().GetCode(), typev3.StatusCode_InternalServerError))
				}
			}),
		},
		{
			Name: "failure-mode", Severity: Fault,
			Finds: "`failure_mode_allow` or `observability_mode` is set on one of llmroute's filters",
			Leads: "what llmroute has not judged or translated goes on as it is", Do: "take it out",
			find: eachStage(func(f *filter, p, _ *extprocv3.ExternalProcessor, say sayer) {
				if p.GetFailureModeAllow() {
					say(f.configAt.field("failure_mode_allow"), "filter %s lets requests pass when llmroute fails", f.name)
				}
				if p.GetObservabilityMode() {
					say(f.configAt.field("observability_mode"), "filter %s does nothing of what llmroute says", f.name)
				}
			}),
		},
		{
			Name: "immediate-response", Severity: Fault,
			Finds: "`disable_immediate_response` is set on one of llmroute's filters",
			Leads: "refusals of policies and budgets reach clients as an error without a reason", Do: "take it out",
			find: eachStage(func(f *filter, p, _ *extprocv3.ExternalProcessor, say sayer) {
				if p.GetDisableImmediateResponse() {
					say(f.configAt.field("disable_immediate_response"), "filter %s does not let llmroute answer by itself", f.name)
				}
			}),
		},
		{
			Name: "allow-envoy", Severity: Fault,
			Finds: "`mutation_rules.allow_envoy` is not set on the route filter",
			Leads: "the number of attempts and the first-byte timeout of each request are lost", Do: "write `mutation_rules: {allow_envoy: true}`",
			find: eachStage(func(f *filter, p, want *extprocv3.ExternalProcessor, say sayer) {
				if want.GetMutationRules().GetAllowEnvoy().GetValue() && !p.GetMutationRules().GetAllowEnvoy().GetValue() {
					say(f.configAt.field("mutation_rules", "allow_envoy"), "filter %s does not let llmroute set x-envoy- headers", f.name)
				}
			}),
		},
		{
			Name: "metadata-namespace", Severity: Fault,
			Finds: "`metadata_options.receiving_namespaces.untyped` of one of llmroute's filters lacks `llmroute`",
			Leads: "Envoy drops the plan, and each request gets 503; or the model that answered is not known", Do: "add `llmroute` to the list",
			find: eachStage(func(f *filter, p, _ *extprocv3.ExternalProcessor, say sayer) {
				if !slices.Contains(p.GetMetadataOptions().GetReceivingNamespaces().GetUntyped(), envoy.Namespace) {
					say(f.configAt.field("metadata_options", "receiving_namespaces", "untyped"), "filter %s does not take llmroute's metadata", f.name)
				}
			}),
		},
		{
			Name: "jwt-claims", Severity: Fault,
			Finds: "the configuration uses JWT claims, but the route filter does not forward their namespace",
			Leads: "the identity is empty, and expressions over claims never hold", Do: "add the namespace to `metadata_options.forwarding_namespaces.untyped`",
			find: eachStage(func(f *filter, p, want *extprocv3.ExternalProcessor, say sayer) {
				have := p.GetMetadataOptions().GetForwardingNamespaces().GetUntyped()
				if missing := without(want.GetMetadataOptions().GetForwardingNamespaces().GetUntyped(), have); len(missing) > 0 {
					say(f.configAt.field("metadata_options", "forwarding_namespaces", "untyped"), "filter %s does not forward %s", f.name, strings.Join(missing, ", "))
				}
			}),
		},
		{
			Name: "request-attributes", Severity: Fault,
			Finds: "`request_attributes` of the route filter lacks one that the configuration needs",
			Leads: "the route that Envoy names, or the identity from a certificate, is not known", Do: "add the attribute",
			find: eachStage(func(f *filter, p, want *extprocv3.ExternalProcessor, say sayer) {
				if missing := without(want.GetRequestAttributes(), p.GetRequestAttributes()); len(missing) > 0 {
					say(f.configAt.field("request_attributes"), "filter %s does not send %s", f.name, strings.Join(missing, ", "))
				}
			}),
		},
	}
}

// without is what have lacks of want.
func without(want, have []string) []string {
	var out []string
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, w)
		}
	}
	return out
}

func stageName(c *check, say sayer) {
	for _, m := range c.managers {
		for _, f := range m.filters {
			if f.stage != "" && c.wantStage(f.stage) == nil {
				say(f.configAt.field("grpc_service", "initial_metadata"), "filter %s asks llmroute for the stage %q", f.name, f.stage)
			}
		}
	}
}

// wantStage is how llmroute configures a stage; nil: there is no such stage.
func (c *check) wantStage(name string) *extprocv3.ExternalProcessor {
	switch name {
	case stageRoute, stageAnswer:
		return c.want.ingress.stage(name).processor()
	case stageAdapt:
		return c.want.providers[0].door.stage(name).processor()
	}
	return nil
}

// eachStage visits llmroute's filters, with what they should be.
func eachStage(visit func(f *filter, have, want *extprocv3.ExternalProcessor, say sayer)) func(*check, sayer) {
	return func(c *check, say sayer) {
		for _, m := range c.managers {
			for _, f := range m.filters {
				if want := c.wantStage(f.stage); want != nil {
					visit(f, f.processor(), want, say)
				}
			}
		}
	}
}

// modeField is one field of a processing mode.
type modeField struct{ name, value string }

func headers(name string, v extprocv3.ProcessingMode_HeaderSendMode) modeField {
	if v == extprocv3.ProcessingMode_DEFAULT {
		v = extprocv3.ProcessingMode_SEND
	}
	return modeField{name, v.String()}
}

func trailers(name string, v extprocv3.ProcessingMode_HeaderSendMode) modeField {
	if v == extprocv3.ProcessingMode_DEFAULT {
		v = extprocv3.ProcessingMode_SKIP
	}
	return modeField{name, v.String()}
}

func body(name string, v extprocv3.ProcessingMode_BodySendMode) modeField {
	return modeField{name, v.String()}
}

// modes compares three fields.
func modes(of func(*mode) [3]modeField) func(*check, sayer) {
	return eachStage(func(f *filter, p, want *extprocv3.ExternalProcessor, say sayer) {
		should := of(want.GetProcessingMode())
		for i, have := range of(p.GetProcessingMode()) {
			if have != should[i] {
				say(f.configAt.field("processing_mode", have.name), "filter %s has %s %s where the %s stage needs %s", f.name, have.name, have.value, f.stage, should[i].value)
			}
		}
	})
}

func modeOverride(c *check, say sayer) {
	for _, r := range c.serving() {
		for _, f := range r.manager.filters {
			own, ok := r.route.GetTypedPerFilterConfig()[f.name]
			if f.stage == "" || !ok {
				continue
			}
			if p, ok := unpackAs[*extprocv3.ExtProcPerRoute](own); ok && p.GetOverrides().GetProcessingMode() != nil {
				say(r.at.field("typed_per_filter_config", f.name, "overrides", "processing_mode"), "route %s overrides the processing mode of filter %s", r.name(), f.name)
			}
		}
	}
}

// leadsTo is the cluster of a gRPC service; empty: it is not Envoy's own client that calls.
func leadsTo(s *corev3.GrpcService) string { return s.GetEnvoyGrpc().GetClusterName() }
