package envoy

import (
	"fmt"
	"time"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	aiv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ai_protocol_manager/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	earlyv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/early_header_mutation/header_mutation/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Bounds of a connection from a client.
const (
	headersTimeout  = 15 * time.Second // from a request's first byte to the end of its headers
	http2Streams    = 128              // at once on one connection
	http2StreamWin  = 1 << 20
	http2ConnWin    = 8 << 20
	bodyBufferSlack = 64 << 10 // what may be added to a body of the largest size
)

// usageJSONBytes is the largest JSON answer that usage is read from. Embeddings of a batch are larger than
// Envoy's default of 4 MiB; it bounds memory that only such an answer takes.
const usageJSONBytes = 10 << 20 // the most that Envoy allows

// ingress is where clients come in.
func (b *builder) ingress() *listenerv3.Listener {
	addr, err := listenAddress(b.config.Listen.Envoy)
	if err != nil {
		b.fail(fmt.Errorf("listen.envoy: %w", err))
	}
	return &listenerv3.Listener{
		Name:         "llmroute",
		Address:      addr,
		FilterChains: b.chain(b.ingressManager()),
		// Bodies are read and written at this pace. What a retry needs is buffered under the route's own limit.
		PerConnectionBufferLimitBytes: wrapperspb.UInt32(connBuffer),
	}
}

// connBuffer bounds what waits on one connection, in each direction, for a peer that is slower.
const connBuffer = 1 << 20

func (b *builder) ingressManager() *hcmv3.HttpConnectionManager {
	return &hcmv3.HttpConnectionManager{
		StatPrefix: "llmroute",
		// The client is who connects. With it Envoy treats what clients send as coming from outside.
		UseRemoteAddress: wrapperspb.Bool(true),
		NormalizePath:    wrapperspb.Bool(true),
		MergeSlashes:     true,
		HttpProtocolOptions: &corev3.Http1ProtocolOptions{ // what proxies in front speak unless told otherwise
			AcceptHttp_10: true, DefaultHostForHttp_10: "llmroute",
		},
		// These steer retries, timeouts, the path and the adapt stage: only the route stage may set them.
		EarlyHeaderMutationExtensions: []*corev3.TypedExtensionConfig{{
			Name:        "llmroute.early",
			TypedConfig: b.pack(&earlyv3.HeaderMutation{Mutations: steering()}),
		}},
		RequestHeadersTimeout: durationpb.New(headersTimeout),
		StreamIdleTimeout:     durationpb.New(b.streamIdle()),
		Http2ProtocolOptions: &corev3.Http2ProtocolOptions{
			MaxConcurrentStreams:        wrapperspb.UInt32(http2Streams),
			InitialStreamWindowSize:     wrapperspb.UInt32(http2StreamWin),
			InitialConnectionWindowSize: wrapperspb.UInt32(http2ConnWin),
		},
		AccessLog: []*accesslogv3.AccessLog{
			b.accessLog(LogRequests, requestLogHeaders...),
		},
		LocalReplyConfig: localReplies(clientForms...),
		HttpFilters: []*hcmv3.HttpFilter{
			b.filter(filterUsage, usageFilter()),
			b.filter(filterRoute, b.routeStage()),
			b.filter(filterAnswer, b.answerStage()),
			b.filter("envoy.filters.http.router", &routerv3.Router{
				SuppressEnvoyHeaders: true,
				UpstreamLog:          []*accesslogv3.AccessLog{b.accessLog(LogAttempts, attemptLogHeaders...)},
				UpstreamLogOptions:   &routerv3.Router_UpstreamAccessLogOptions{UpstreamLogFlushInterval: durationpb.New(attemptPeriod)},
			}),
		},
		RouteSpecifier: &hcmv3.HttpConnectionManager_RouteConfig{RouteConfig: b.routes()},
	}
}

// steering takes away what clients must not say.
func steering() []*mutationv3.HeaderMutation {
	return []*mutationv3.HeaderMutation{removePrefix("x-envoy-"), remove("x-llmroute-path"), remove("x-llmroute-plan")}
}

// streamIdle bounds a stream on which nothing moves. It must outlast a request whose every attempt hangs until
// its first-byte timeout; a provider that falls silent is cut by the route's per-try idle timeout before.
func (b *builder) streamIdle() time.Duration {
	t := b.config.Timeouts
	attempts := time.Duration(b.retries() + 1)
	return attempts*(max(t.FirstByteStream, t.FirstByteJSON)+t.Connect) + t.Idle
}

// usageFilter reads token usage from responses as they pass, without holding them.
func usageFilter() *aiv3.AiProtocolManager {
	return &aiv3.AiProtocolManager{ResponseHandling: &aiv3.ResponseHandling{TokenUsage: &aiv3.TokenUsageExtraction{
		IncludeUnconfiguredRoutes: true,
		Limits: &aiv3.TokenUsageExtractionLimits{
			MaxJsonBodySize: wrapperspb.UInt32(usageJSONBytes),
		},
	}}}
}

// routeStage asks llmroute once, for the request.
func (b *builder) routeStage() *extprocv3.ExternalProcessor {
	return &extprocv3.ExternalProcessor{
		GrpcService: grpcService([]*corev3.HeaderValue{
			{Key: "x-llmroute-stage", Value: "route"},
			{Key: "x-llmroute-answers", Value: "here"}, // answerStage is there
		}),
		ProcessingMode: &extprocv3.ProcessingMode{
			RequestHeaderMode:  extprocv3.ProcessingMode_SEND,
			RequestBodyMode:    extprocv3.ProcessingMode_FULL_DUPLEX_STREAMED,
			RequestTrailerMode: extprocv3.ProcessingMode_SEND,
			ResponseHeaderMode: extprocv3.ProcessingMode_SKIP,
			ResponseBodyMode:   extprocv3.ProcessingMode_NONE,
		},
		RequestAttributes: append([]string{
			"xds.route_name",
			"xds.route_metadata.filter_metadata['llmroute']['route']",
		}, b.certificateAttributes()...),
		AllowContentLengthHeader: true,
		// A request that was not judged goes nowhere.
		StatusOnError:   &typev3.HttpStatus{Code: typev3.StatusCode_ServiceUnavailable},
		MutationRules:   &mutationv3.HeaderMutationRules{AllowEnvoy: wrapperspb.Bool(true)}, // retries and timeouts by request
		MetadataOptions: b.routeMetadata(),
	}
}

// receiving lets llmroute set dynamic metadata.
func receiving() *extprocv3.MetadataOptions {
	return &extprocv3.MetadataOptions{ReceivingNamespaces: &extprocv3.MetadataOptions_MetadataNamespaces{
		Untyped: []string{Namespace},
	}}
}

// routes sends whatever the route stage lets through along its plan.
func (b *builder) routes() *routev3.RouteConfiguration {
	return &routev3.RouteConfiguration{
		Name: "llmroute",
		VirtualHosts: []*routev3.VirtualHost{{
			Name:    "llmroute",
			Domains: []string{"*"},
			Routes:  []*routev3.Route{b.route()},
		}},
	}
}
