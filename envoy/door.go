package envoy

import (
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	internalv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/internal_upstream/v3"
	rawv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/raw_buffer/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// adapting is the cluster of a provider's adapting door: an internal listener of the same name.
//
// The translation stands there and not among the upstream filters of the provider's cluster, because an ext_proc
// that handles bodies crashes Envoy 1.40.0 in that place as soon as flow control sets in.
func (b *builder) adapting(p *provider, strip []*mutationv3.HeaderMutation) *clusterv3.Cluster {
	name := p.name + AdaptSuffix
	// What upstream filters did to the headers on one attempt is still there on the next. So the plan comes from
	// the metadata, which a direct door cannot have taken away, and the key of the provider before must go.
	mutations := append(clone(strip), set("x-llmroute-plan", metadata("plan")), set("x-envoy-attempt-count", attemptCount))
	return &clusterv3.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC},
		ConnectTimeout:       durationpb.New(localConnect),
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: name,
			Endpoints: locality(&endpointv3.Endpoint{
				Address: &corev3.Address{Address: &corev3.Address_EnvoyInternalAddress{
					EnvoyInternalAddress: &corev3.EnvoyInternalAddress{
						AddressNameSpecifier: &corev3.EnvoyInternalAddress_ServerListenerName{ServerListenerName: name},
					},
				}},
				Hostname: p.endpoint.authority,
			}),
		},
		CircuitBreakers: unlimited(),
		TransportSocket: &corev3.TransportSocket{
			Name: "envoy.transport_sockets.internal_upstream",
			ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: b.pack(&internalv3.InternalUpstreamTransport{
				TransportSocket: &corev3.TransportSocket{
					Name:       "envoy.transport_sockets.raw_buffer",
					ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: b.pack(&rawv3.RawBuffer{})},
				},
			})},
		},
		TypedExtensionProtocolOptions: b.protocolOptions(http2(), nil, b.upstreamFilters(mutations, nil, &provider{})...),
	}
}

// door is the internal listener behind that cluster.
func (b *builder) door(p *provider) *listenerv3.Listener {
	name := p.name + AdaptSuffix
	manager := &hcmv3.HttpConnectionManager{
		LocalReplyConfig: localReplies(doorForm(p.config.Schema)),
		StatPrefix:       name,
		// Who cuts a stream is the listener outside; this one waits longer than that ever does.
		StreamIdleTimeout: durationpb.New(0),
		HttpFilters:       b.doorFilters(p),
		AccessLog:         []*accesslogv3.AccessLog{b.accessLog(LogRequests)},
		RouteSpecifier:    &hcmv3.HttpConnectionManager_RouteConfig{RouteConfig: b.doorRoutes(p)},
	}
	return &listenerv3.Listener{
		Name: name,
		ListenerSpecifier: &listenerv3.Listener_InternalListener{
			InternalListener: &listenerv3.Listener_InternalListenerConfig{},
		},
		FilterChains:                  b.chain(manager),
		PerConnectionBufferLimitBytes: wrapperspb.UInt32(connBuffer),
	}
}

// doorFilters translate, and sign what came out where the provider wants that.
func (b *builder) doorFilters(p *provider) []*hcmv3.HttpFilter {
	filters := []*hcmv3.HttpFilter{b.filter("llmroute.adapt", adaptStage(p.name))}
	if p.signs() {
		filters = append(filters, b.signer(p))
	}
	return append(filters, b.filter("envoy.filters.http.router", &routerv3.Router{SuppressEnvoyHeaders: true}))
}

// adaptStage translates the request and, as long as llmroute keeps the stream, the response.
func adaptStage(provider string) *extprocv3.ExternalProcessor {
	return &extprocv3.ExternalProcessor{
		GrpcService: grpcService([]*corev3.HeaderValue{
			{Key: "x-llmroute-stage", Value: "adapt"},
			{Key: "x-llmroute-provider", Value: provider},
		}),
		ProcessingMode: &extprocv3.ProcessingMode{
			RequestHeaderMode:   extprocv3.ProcessingMode_SEND,
			RequestBodyMode:     extprocv3.ProcessingMode_FULL_DUPLEX_STREAMED,
			RequestTrailerMode:  extprocv3.ProcessingMode_SEND,
			ResponseHeaderMode:  extprocv3.ProcessingMode_SEND,
			ResponseBodyMode:    extprocv3.ProcessingMode_FULL_DUPLEX_STREAMED,
			ResponseTrailerMode: extprocv3.ProcessingMode_SEND,
		},
		AllowContentLengthHeader: true,
		StatusOnError:            &typev3.HttpStatus{Code: typev3.StatusCode_ServiceUnavailable},
		MetadataOptions:          receiving(),
	}
}

// doorRoutes sends everything to the provider and says who answered.
func (b *builder) doorRoutes(p *provider) *routev3.RouteConfiguration {
	name := p.name + AdaptSuffix
	return &routev3.RouteConfiguration{
		Name: name,
		VirtualHosts: []*routev3.VirtualHost{{
			Name:    name,
			Domains: []string{"*"},
			Routes: []*routev3.Route{{
				Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: "/"}},
				Action: &routev3.Route_Route{Route: &routev3.RouteAction{
					ClusterSpecifier:     &routev3.RouteAction_Cluster{Cluster: p.cluster()},
					HostRewriteSpecifier: &routev3.RouteAction_AutoHostRewrite{AutoHostRewrite: wrapperspb.Bool(true)},
					Timeout:              durationpb.New(0), // the listener outside keeps time
				}},
				RequestBodyBufferLimit: wrapperspb.UInt64(b.largestBody()), // signing holds a body
				ResponseHeadersToAdd: []*corev3.HeaderValueOption{
					headerOption("x-llmroute-model", metadata("model"), corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD),
					headerOption("x-llmroute-reason", metadata("reason"), corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD),
					headerOption("x-llmroute-dropped", metadata("dropped"), corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD),
					headerOption("x-llmroute-provider", p.name, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD),
				},
			}},
		}},
	}
}
