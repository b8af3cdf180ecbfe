package floor

import (
	"errors"
	"io"
	"net"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/llmroute/llmroute/internal/tuning"
)

// Server answers with one plan. Set its fields before Serve.
type Server struct {
	Plan Plan
	// Seen, if set, is called with what each ext_proc stream brought. It may be called from several goroutines at once.
	Seen func(Stream)
	// Log, if set, takes each batch of access-log entries with the name of its log. It may be called from several
	// goroutines at once.
	Log func(name string, batch *accesslogv3.StreamAccessLogsMessage)
	// MaxBodyBytes bounds a message: on a retry Envoy sends a whole body as one. 0: 32 MiB.
	MaxBodyBytes int
}

// Stream is what one ext_proc stream brought.
type Stream struct {
	Stage    string
	Provider string // of the adapt stage
	Headers  map[string]string
	Bodies   int // messages
	Bytes    int
}

// Serve answers with plan on lis until grpc stops, and returns why.
func Serve(lis net.Listener, plan Plan) error {
	return (&Server{Plan: plan}).GRPC().Serve(lis)
}

// messageHeadway is for headers and framing beside a whole body in one message.
const messageHeadway = 1 << 20

// GRPC returns a gRPC server with ext_proc and the access-log service on it.
func (s *Server) GRPC() *grpc.Server {
	limit := s.MaxBodyBytes
	if limit == 0 {
		limit = 32 << 20
	}
	g := grpc.NewServer(tuning.ServerOptions(limit + messageHeadway)...)
	extprocv3.RegisterExternalProcessorServer(g, &processor{
		server: s,
		plan:   s.Plan.metadata(),
		adapt:  adaptMetadata(s.Plan.Adapt),
	})
	accesslogv3.RegisterAccessLogServiceServer(g, accessLog{log: s.Log})
	return g
}

func adaptMetadata(byProvider map[string]map[string]string) map[string]*structpb.Struct {
	m := make(map[string]*structpb.Struct, len(byProvider))
	for provider, values := range byProvider {
		m[provider] = inNamespace(stringFields(values))
	}
	return m
}

type processor struct {
	extprocv3.UnimplementedExternalProcessorServer
	server *Server
	plan   *structpb.Struct            // constant, shared by all streams
	adapt  map[string]*structpb.Struct // likewise, by provider
}

// Process collects one request and answers it. Returning ends the stream, after which Envoy sends the request
// and its response on without asking again. The adapt stage is shown the response, too, and sends it back as it comes.
func (p *processor) Process(srv extprocv3.ExternalProcessor_ProcessServer) error {
	st, body, err := collect(srv)
	if errors.Is(err, io.EOF) {
		return nil // Envoy gave the request up
	}
	if err != nil {
		return err
	}
	if p.server.Seen != nil {
		p.server.Seen(st)
	}
	meta := p.plan
	var headers map[string]string
	if st.Stage == "adapt" {
		meta = p.adapt[st.Provider]
	} else {
		headers = p.server.Plan.Headers
	}
	length := len(body)
	if st.Bodies == 0 {
		length = -1 // no body: none to announce
	}
	err = srv.Send(&extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_RequestHeaders{RequestHeaders: &extprocv3.HeadersResponse{
			Response: &extprocv3.CommonResponse{
				HeaderMutation:  headerMutation(headers, length),
				ClearRouteCache: st.Stage != "adapt",
			},
		}},
		DynamicMetadata: meta,
	})
	if err == nil && st.Bodies > 0 {
		err = sendBody(srv, body)
	}
	if err != nil || st.Stage != "adapt" {
		return err
	}
	return echo(srv)
}

// collect reads the request to its end.
func collect(srv extprocv3.ExternalProcessor_ProcessServer) (st Stream, body []byte, err error) {
	md, _ := metadata.FromIncomingContext(srv.Context())
	st.Stage = first(md.Get("x-llmroute-stage"))
	st.Provider = first(md.Get("x-llmroute-provider"))
	for {
		req, err := srv.Recv()
		if err != nil {
			return st, nil, err
		}
		switch m := req.Request.(type) {
		case *extprocv3.ProcessingRequest_RequestHeaders:
			st.Headers = make(map[string]string)
			for _, h := range m.RequestHeaders.GetHeaders().GetHeaders() {
				st.Headers[h.Key] = string(h.RawValue)
			}
			if m.RequestHeaders.EndOfStream {
				return st, nil, nil
			}
		case *extprocv3.ProcessingRequest_RequestBody:
			st.Bodies++
			st.Bytes += len(m.RequestBody.Body)
			if body == nil && m.RequestBody.EndOfStream {
				return st, m.RequestBody.Body, nil // the usual case: one message, not copied
			}
			body = append(body, m.RequestBody.Body...)
			if m.RequestBody.EndOfStream {
				return st, body, nil
			}
		case *extprocv3.ProcessingRequest_RequestTrailers:
			return st, body, nil
		}
	}
}

// bodyPiece is the largest piece of a body that Envoy takes in one streamed answer.
const bodyPiece = 64 << 10

func sendBody(srv extprocv3.ExternalProcessor_ProcessServer, body []byte) error {
	for {
		piece := body[:min(len(body), bodyPiece)]
		body = body[len(piece):]
		err := srv.Send(&extprocv3.ProcessingResponse{
			Response: &extprocv3.ProcessingResponse_RequestBody{RequestBody: &extprocv3.BodyResponse{
				Response: &extprocv3.CommonResponse{BodyMutation: &extprocv3.BodyMutation{
					Mutation: &extprocv3.BodyMutation_StreamedResponse{StreamedResponse: &extprocv3.StreamedBodyResponse{
						Body:        piece,
						EndOfStream: len(body) == 0,
					}},
				}},
			}},
		})
		if err != nil || len(body) == 0 {
			return err
		}
	}
}

type accessLog struct {
	accesslogv3.UnimplementedAccessLogServiceServer
	log func(name string, batch *accesslogv3.StreamAccessLogsMessage)
}

// StreamAccessLogs reads entries until Envoy ends the stream, whose first batch alone names the log.
func (a accessLog) StreamAccessLogs(srv accesslogv3.AccessLogService_StreamAccessLogsServer) error {
	name := ""
	for {
		batch, err := srv.Recv()
		if errors.Is(err, io.EOF) {
			return srv.SendAndClose(&accesslogv3.StreamAccessLogsResponse{})
		}
		if err != nil {
			return err
		}
		if id := batch.GetIdentifier(); id != nil {
			name = id.GetLogName()
		}
		if a.log != nil {
			a.log(name, batch)
		}
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
