package floor

import (
	"bytes"
	"context"
	"net"
	"testing"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

func TestTheBodyComesBackInPiecesAfterThePlan(t *testing.T) {
	srv := &Server{Plan: Plan{Clusters: []string{"a", "b.adapt"}, Metadata: map[string]string{"model": "m"}}}
	stream := dial(t, srv, "x-llmroute-stage", "route")
	body := bytes.Repeat([]byte("x"), 2*bodyPiece+1)
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: &extprocv3.HttpHeaders{}}})
	for i, part := range [][]byte{body[:10], body[10:]} {
		send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{
			RequestBody: &extprocv3.HttpBody{Body: part, EndOfStream: i == 1},
		}})
	}
	head, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	common := head.GetRequestHeaders().GetResponse()
	fields := head.GetDynamicMetadata().GetFields()[namespace].GetStructValue().GetFields()
	if n := len(fields["priority_groups"].GetListValue().GetValues()); n != 2 || fields["model"].GetStringValue() != "m" || !common.GetClearRouteCache() {
		t.Errorf("the header response is %v", head)
	}
	if h := common.GetHeaderMutation().GetSetHeaders(); len(h) != 1 || string(h[0].GetHeader().GetRawValue()) != "131073" {
		t.Errorf("content-length: %v", h)
	}
	var back []byte
	for end := false; !end; {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		piece := m.GetRequestBody().GetResponse().GetBodyMutation().GetStreamedResponse()
		if len(piece.GetBody()) > bodyPiece {
			t.Errorf("a piece has %d bytes", len(piece.GetBody()))
		}
		back, end = append(back, piece.GetBody()...), piece.GetEndOfStream()
	}
	if !bytes.Equal(back, body) {
		t.Errorf("%d bytes came back, not the %d", len(back), len(body))
	}
}

func TestAProviderHasItsOwnMetadata(t *testing.T) {
	srv := &Server{Plan: Plan{Clusters: []string{"a"}, Adapt: map[string]map[string]string{"b": {"model": "m-b"}}}}
	stream := dial(t, srv, "x-llmroute-stage", "adapt", "x-llmroute-provider", "b")
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: &extprocv3.HttpHeaders{EndOfStream: true}}})
	m, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	fields := m.GetDynamicMetadata().GetFields()[namespace].GetStructValue().GetFields()
	if fields["model"].GetStringValue() != "m-b" || fields["priority_groups"] != nil {
		t.Errorf("metadata %v", fields)
	}
}

func dial(t *testing.T, s *Server, md ...string) extprocv3.ExternalProcessor_ProcessClient {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := s.GRPC()
	go func() { _ = g.Serve(lis) }()
	t.Cleanup(g.Stop)
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	stream, err := extprocv3.NewExternalProcessorClient(conn).Process(metadata.AppendToOutgoingContext(context.Background(), md...))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func send(t *testing.T, stream extprocv3.ExternalProcessor_ProcessClient, m *extprocv3.ProcessingRequest) {
	t.Helper()
	if err := stream.Send(m); err != nil {
		t.Fatal(err)
	}
}
