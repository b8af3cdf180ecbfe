package floor

import (
	"strconv"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/protobuf/types/known/structpb"
)

// Plan is the constant answer.
type Plan struct {
	// Clusters are Envoy clusters, in the order of attempts: "openai", "anthropic.adapt". Empty: no plan is sent.
	Clusters []string
	// Metadata is set beside the plan in the namespace llmroute: model, provider, route, reason.
	Metadata map[string]string
	// Headers are set on every request: a per-request retry limit, timeouts.
	Headers map[string]string
	// Adapt is the metadata that the adapt stage sets on the door's stream, by provider.
	Adapt map[string]map[string]string
}

// namespace of dynamic metadata, which the priority_group specifier and the access log read.
const namespace = "llmroute"

// metadata is the route stage's dynamic metadata:
//
//	{llmroute: {priority_groups: [{name: "0", clusters: [{cluster_name: openai, name: openai, weight: 100}]}], …}}
func (p *Plan) metadata() *structpb.Struct {
	fields := stringFields(p.Metadata)
	groups := make([]*structpb.Value, len(p.Clusters))
	for i, cluster := range p.Clusters {
		groups[i] = object(map[string]*structpb.Value{
			"name": structpb.NewStringValue(strconv.Itoa(i)),
			"clusters": structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{
				object(map[string]*structpb.Value{
					"cluster_name": structpb.NewStringValue(cluster),
					"weight":       structpb.NewNumberValue(100),
				}),
			}}),
		})
	}
	if len(groups) > 0 {
		fields["priority_groups"] = structpb.NewListValue(&structpb.ListValue{Values: groups})
	}
	return inNamespace(fields)
}

// headerMutation sets headers, a content-length among them if bodyBytes is not negative.
func headerMutation(headers map[string]string, bodyBytes int) *extprocv3.HeaderMutation {
	m := &extprocv3.HeaderMutation{}
	set := func(name, value string) {
		m.SetHeaders = append(m.SetHeaders, &corev3.HeaderValueOption{
			Header:       &corev3.HeaderValue{Key: name, RawValue: []byte(value)},
			AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
		})
	}
	for name, value := range headers {
		set(name, value)
	}
	if bodyBytes >= 0 {
		set("content-length", strconv.Itoa(bodyBytes))
	}
	return m
}

func inNamespace(fields map[string]*structpb.Value) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{namespace: object(fields)}}
}

func stringFields(m map[string]string) map[string]*structpb.Value {
	fields := make(map[string]*structpb.Value, len(m)+1)
	for name, value := range m {
		fields[name] = structpb.NewStringValue(value)
	}
	return fields
}

func object(fields map[string]*structpb.Value) *structpb.Value {
	return structpb.NewStructValue(&structpb.Struct{Fields: fields})
}
