package envoy

import (
	"time"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	grpclogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/grpc/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// logFlush is how long Envoy gathers entries before it sends them: what llmroute learns is at most this old.
const logFlush = 500 * time.Millisecond

// logBytes is how much of each log a worker of Envoy keeps while llmroute is away: several hundred requests at least.
// Envoy keeps entries only where it cannot open a stream at all, because the cluster has no healthy host: see [presence]. What it
// sends into a connection that is then refused is gone. A retry policy of the stream is no help: with it Envoy keeps up to 64 KiB of
// what was sent, and forgets all of it if the retry finds no host, or if more is sent. Seen with Envoy 1.40.0: of 30 and of 600
// streams that ended while llmroute was away for 4 s, with a retry policy all were lost, and this way none.
const logBytes = 4 << 20

// attemptPeriod is how often an attempt under way is told of: so a provider that slows is noticed before its answers end.
const attemptPeriod = time.Second

// The response headers that entries carry.
var (
	requestLogHeaders = []string{"x-llmroute-model", "x-llmroute-provider", "x-llmroute-route", "retry-after", "retry-after-ms"}
	attemptLogHeaders = []string{"retry-after", "retry-after-ms"}
)

// accessLog sends entries to llmroute under a log name. responseHeaders go along; they hold no secret. Each worker of Envoy has one
// stream for all logs whose other settings are the same: what shares a name comes to the same replica, in one batch.
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
