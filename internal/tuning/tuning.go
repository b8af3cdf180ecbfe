package tuning

import (
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// ServerOptions bound nothing that Envoy bounds already, but allow what Envoy does: bodies in one message on a retry,
// and keepalive pings on idle connections. A message may have messageBytes.
func ServerOptions(messageBytes int) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(messageBytes),
		grpc.MaxConcurrentStreams(1 << 20),
		grpc.NumStreamWorkers(streamWorkers),
		// Bodies of some MiB flow without waiting for acknowledgements.
		grpc.InitialWindowSize(1 << 20),
		grpc.InitialConnWindowSize(8 << 20),
		// Envoy pings its connections every 30 s; by default grpc-go takes more than one ping in 5 minutes for abuse.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
	}
}

// streamWorkers is how many goroutines wait for streams: one that has served before has a stack of the right size, while each new
// one copies its stack as it grows, which took a twentieth of the processor time of a routed request. When all are busy, as with many
// answers being translated, streams get goroutines of their own.
const streamWorkers = 128

// headroomBytes is what may become garbage before the collector runs, beyond the runtime's own measure.
const headroomBytes = 32 << 20

// Headroom makes garbage collection rare in a process that keeps little: by itself the runtime collects whenever the
// few MiB that llmroute keeps have doubled, which is many times a second under load. The result counts as kept memory
// as long as it is referred to, and takes none, since nobody writes to it. A process that keeps much collects as
// before, unlike with a larger GOGC. If GOGC is set, the operator has decided, and the result is nil.
func Headroom() []byte {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	return make([]byte, headroomBytes)
}
