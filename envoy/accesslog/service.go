package accesslog

import (
	"errors"
	"io"
	"sync/atomic"

	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The names of the logs that the generated configuration writes.
const (
	LogRequests = "llmroute"          // one entry a request, and one an attempt through an adapting door
	LogAttempts = "llmroute.upstream" // one entry an attempt
	LogDoors    = "llmroute.door"     // an attempt through an adapting door too: configurations of before call its log so
)

// Service implements Envoy's AccessLogService.
type Service struct {
	alsv3.UnimplementedAccessLogServiceServer

	sink func(*Entry)
	done <-chan struct{}
	open atomic.Int64
}

var _ alsv3.AccessLogServiceServer = (*Service)(nil)

// NewService hands each entry to sink, which must be quick and safe for concurrent use; the entry is the sink's.
// When done is closed the service ends its streams, which Envoy opens anew elsewhere.
func NewService(sink func(*Entry), done <-chan struct{}) *Service {
	return &Service{sink: sink, done: done}
}

// Streams is how many logs are open: Envoy has one for each log and worker that had something to tell.
func (s *Service) Streams() int { return int(s.open.Load()) }

// StreamAccessLogs implements Envoy's AccessLogService.
func (s *Service) StreamAccessLogs(stream alsv3.AccessLogService_StreamAccessLogsServer) error {
	s.open.Add(1)
	defer s.open.Add(-1)
	failed := make(chan error, 1)
	go func() { failed <- s.receive(stream) }()
	select {
	case err := <-failed:
		return err
	case <-s.done: // returning makes gRPC end the receive
		return status.Error(codes.Unavailable, "shutting down")
	}
}

func (s *Service) receive(stream grpc.ServerStream) error {
	var kind Kind
	for {
		// Of a message without fields protobuf keeps the bytes as they came.
		var in emptypb.Empty
		err := stream.RecvMsg(&in)
		if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.message(&kind, in.ProtoReflect().GetUnknown()); err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
}

// message reads a StreamAccessLogsMessage. Only the first of a stream says which log it is of; kind keeps that.
func (s *Service) message(kind *Kind, raw []byte) error {
	bad := false
	for f := over(raw); f.next(&bad); {
		switch f.tag {
		case messageIdentifier:
			*kind = kinds[logName(f.bytes, &bad)]
		case messageHTTP:
			for f := over(f.bytes); f.next(&bad); {
				if f.tag != logsEntry {
					continue
				}
				entry, err := decode(*kind, f.bytes)
				if err != nil {
					return err
				}
				s.sink(entry)
			}
		}
	}
	if bad {
		return errNotProto
	}
	return nil
}

func logName(identifier []byte, bad *bool) (name string) {
	for f := over(identifier); f.next(bad); {
		if f.tag == identifierLog {
			name = string(f.bytes)
		}
	}
	return name
}
