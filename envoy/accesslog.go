package envoy

import (
	"time"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	grpclogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/grpc/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// How long and how much Envoy gathers before it sends entries: what llmroute learns is at most this old.
const (
	logFlush = 500 * time.Millisecond
	logBytes = 16 << 10
)

// logRetries is how often Envoy tries to open a log's stream, 1 s to 10 s apart. Meanwhile it keeps what is to be sent, up to
// 64 KiB for each log and worker: seen with Envoy 1.40.0, which forgets all of it beyond.
const logRetries = 100

// attemptPeriod is how often an attempt under way is told of: so a provider that slows is noticed before its answers end.
const attemptPeriod = time.Second

// The response headers that entries carry.
var (
	requestLogHeaders = []string{"x-llmroute-model", "x-llmroute-provider", "x-llmroute-route", "retry-after", "retry-after-ms"}
	attemptLogHeaders = []string{"retry-after", "retry-after-ms"}
)

// accessLog sends entries to llmroute under a log name. responseHeaders go along; they hold no secret.
func (b *builder) accessLog(name string, responseHeaders ...string) *accesslogv3.AccessLog {
	return &accesslogv3.AccessLog{
		Name: name,
		ConfigType: &accesslogv3.AccessLog_TypedConfig{TypedConfig: b.pack(&grpclogv3.HttpGrpcAccessLogConfig{
			CommonConfig: &grpclogv3.CommonGrpcAccessLogConfig{
				LogName:             name,
				GrpcService:         grpcService(nil),
				TransportApiVersion: corev3.ApiVersion_V3,
				BufferFlushInterval: durationpb.New(logFlush),
				BufferSizeBytes:     wrapperspb.UInt32(logBytes),
				// While llmroute is away, entries wait for it.
				GrpcStreamRetryPolicy: &corev3.RetryPolicy{NumRetries: wrapperspb.UInt32(logRetries)},
			},
			AdditionalResponseHeadersToLog: responseHeaders,
		})},
	}
}

// grpcService is llmroute's gRPC. initial tells it which stage asks.
func grpcService(initial []*corev3.HeaderValue) *corev3.GrpcService {
	return &corev3.GrpcService{
		TargetSpecifier: &corev3.GrpcService_EnvoyGrpc_{EnvoyGrpc: &corev3.GrpcService_EnvoyGrpc{
			ClusterName: ClusterLLMRoute,
		}},
		InitialMetadata: initial,
	}
}
