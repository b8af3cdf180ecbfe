package envoy

import (
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// clientForm is how clients under a path expect errors.
type clientForm struct {
	path string // the prefix of their requests; empty: all others
	ops  string // their operations, as route has left them in the metadata: a regular expression
	form func(status uint32, code, message string) map[string]any
	tell bool // the code in a header, too, for the adapt stage: it need not know the form
}

// localHeader is set on Envoy's own errors behind an adapting door, where the client may speak another format than the form's.
const localHeader = "x-llmroute-local"

// clientForms are those of the ingress, where any client may come.
var clientForms = []clientForm{
	{path: "/v1/messages", ops: "messages|count_tokens", form: anthropicError},
	{path: "/v1beta/", ops: "generate_content", form: geminiError},
	{form: openAIError},
}

// doorForm is that of an adapting door. An answer that is not translated goes to clients of the provider's own schema.
func doorForm(schema string) clientForm {
	door := clientForm{form: openAIError, tell: true}
	switch schema {
	case "anthropic":
		door.form = anthropicError
	case "gemini":
		door.form = geminiError
	}
	return door
}

// localReplies give Envoy's own errors the form that clients expect: no provider could be reached, none answered in time
// or in HTTP, or llmroute itself is down. Refusals of llmroute's are local replies too, and stay as they are: it marks them
// in the metadata.
func localReplies(forms ...clientForm) *hcmv3.LocalReplyConfig {
	var mappers []*hcmv3.ResponseMapper
	for _, client := range forms {
		for _, status := range []struct {
			status        uint32
			code, message string
		}{
			{502, "bad_gateway", "a provider's answer is not HTTP, or broke off before its body; try again later"},
			{503, "no_healthy_provider", "no provider can be reached at the moment; try again later"},
			{504, "timeout", "no provider answered in time; try again later"},
		} {
			mapper := &hcmv3.ResponseMapper{
				Filter: all(statusIs(status.status), notRefused(), spokenBy(client)),
				BodyFormatOverride: &corev3.SubstitutionFormatString{
					Format:      &corev3.SubstitutionFormatString_JsonFormat{JsonFormat: jsonOf(client.form(status.status, status.code, status.message))},
					ContentType: "application/json",
				},
			}
			if client.tell {
				mapper.HeadersToAdd = []*corev3.HeaderValueOption{headerOption(localHeader, status.code, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD)}
			}
			mappers = append(mappers, mapper)
		}
	}
	return &hcmv3.LocalReplyConfig{Mappers: mappers}
}

func openAIError(_ uint32, code, message string) map[string]any {
	return map[string]any{"error": map[string]any{"message": message, "type": "server_error", "code": code}}
}

func anthropicError(_ uint32, code, message string) map[string]any {
	return map[string]any{"type": "error", "error": map[string]any{"type": "api_error", "message": message, "code": code}}
}

func geminiError(httpStatus uint32, code, message string) map[string]any {
	status := "UNAVAILABLE"
	if code == "timeout" {
		status = "DEADLINE_EXCEEDED"
	}
	return map[string]any{"error": map[string]any{"code": httpStatus, "message": message, "status": status}}
}

// jsonOf makes a struct of maps and strings.
func jsonOf(m map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(m)
	if err != nil { // maps and strings always convert
		return &structpb.Struct{}
	}
	return s
}

func all(filters ...*accesslogv3.AccessLogFilter) *accesslogv3.AccessLogFilter {
	and := &accesslogv3.AndFilter{}
	for _, f := range filters {
		if f != nil {
			and.Filters = append(and.Filters, f)
		}
	}
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_AndFilter{AndFilter: and}}
}

func statusIs(code uint32) *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_StatusCodeFilter{
		StatusCodeFilter: &accesslogv3.StatusCodeFilter{Comparison: &accesslogv3.ComparisonFilter{
			Op:    accesslogv3.ComparisonFilter_EQ,
			Value: &corev3.RuntimeUInt32{DefaultValue: code, RuntimeKey: "llmroute.local_reply.status"},
		}},
	}}
}

// notRefused holds where the metadata has no llmroute.error.
func notRefused() *accesslogv3.AccessLogFilter { return lacks("error") }

// lacks holds where llmroute has not left a key in the metadata: an absent key counts as a match, and no value is the
// impossible one.
func lacks(key string) *accesslogv3.AccessLogFilter {
	return inMetadata(key, &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: "(none)"}}, true)
}

func inMetadata(key string, value *matcherv3.StringMatcher, orAbsent bool) *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_MetadataFilter{
		MetadataFilter: &accesslogv3.MetadataFilter{
			Matcher: &matcherv3.MetadataMatcher{
				Filter: Namespace,
				Path:   []*matcherv3.MetadataMatcher_PathSegment{{Segment: &matcherv3.MetadataMatcher_PathSegment_Key{Key: key}}},
				Value:  &matcherv3.ValueMatcher{MatchPattern: &matcherv3.ValueMatcher_StringMatch{StringMatch: value}},
			},
			MatchIfKeyNotFound: wrapperspb.Bool(orAbsent),
		},
	}}
}

// spokenBy tells clients by their operation. The path says it only where route has not seen the request: afterwards it may be
// the provider's.
func spokenBy(client clientForm) *accesslogv3.AccessLogFilter {
	if client.path == "" {
		return nil
	}
	ops := &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_SafeRegex{SafeRegex: &matcherv3.RegexMatcher{Regex: client.ops}}}
	return anyOf(inMetadata("op", ops, false), all(lacks("op"), underPath(client.path)))
}

func underPath(prefix string) *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_HeaderFilter{
		HeaderFilter: &accesslogv3.HeaderFilter{Header: &routev3.HeaderMatcher{
			Name: ":path",
			HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: &matcherv3.StringMatcher{
				MatchPattern: &matcherv3.StringMatcher_Prefix{Prefix: prefix},
			}},
		}},
	}}
}
