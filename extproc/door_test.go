package extproc_test

import (
	"net"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/llmroute/llmroute/extproc"
)

// door opens the adapt stage of a provider on a real server, and sends a request through it.
func door(t *testing.T, s *extproc.Snapshot, provider, plan, body string) extprocv3.ExternalProcessor_ProcessClient {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := extproc.NewServer(nil)
	server.Use(s)
	rpc := grpc.NewServer()
	extprocv3.RegisterExternalProcessorServer(rpc, server)
	go func() { _ = rpc.Serve(l) }()
	t.Cleanup(rpc.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-llmroute-stage", "adapt", "x-llmroute-provider", provider)
	stream, err := extprocv3.NewExternalProcessorClient(conn).Process(ctx)
	if err != nil {
		t.Fatal(err)
	}
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{
		RequestHeaders: head(":path", "/v1/chat/completions", ":method", "POST", "x-llmroute-plan", plan, "x-envoy-attempt-count", "2"),
	}})
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{
		RequestBody: &extprocv3.HttpBody{Body: []byte(body), EndOfStream: true},
	}})
	for range 2 { // its headers and body
		receive(t, stream)
	}
	return stream
}

func send(t *testing.T, stream extprocv3.ExternalProcessor_ProcessClient, m *extprocv3.ProcessingRequest) {
	t.Helper()
	if err := stream.Send(m); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, stream extprocv3.ExternalProcessor_ProcessClient) *extprocv3.ProcessingResponse {
	t.Helper()
	m, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func head(pairs ...string) *extprocv3.HttpHeaders {
	h := &extprocv3.HttpHeaders{Headers: &corev3.HeaderMap{}}
	for i := 0; i < len(pairs); i += 2 {
		h.Headers.Headers = append(h.Headers.Headers, &corev3.HeaderValue{Key: pairs[i], RawValue: []byte(pairs[i+1])})
	}
	return h
}

// Envoy lets go of an answer's body once it has shown it, so a stream that ended with the request could lose it.
func TestAnAnswerThatADoorLetsPassIsSentBackWhole(t *testing.T) {
	stream := door(t, snapshot(t, benchConfig), "eu",
		`{"op":"chat_completions","try":[{"model":"gpt-5","provider":"openai","name":"gpt-5"},{"model":"llama","provider":"eu","name":"llama"}]}`,
		`{"model":"auto","messages":[{"role":"user","content":"hi"}]}`)
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{
		ResponseHeaders: head(":status", "200", "content-type", "application/json"),
	}})
	if receive(t, stream).GetResponseHeaders() == nil {
		t.Fatal("the headers did not come back")
	}
	var got string
	for i, piece := range []string{`{"choices":`, `[]}`, ``} {
		send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseBody{
			ResponseBody: &extprocv3.HttpBody{Body: []byte(piece), EndOfStream: i == 2},
		}})
		back := receive(t, stream).GetResponseBody().GetResponse().GetBodyMutation().GetStreamedResponse()
		got += string(back.GetBody())
		if back.GetEndOfStream() != (i == 2) {
			t.Errorf("piece %d ends the answer: %v", i, back.GetEndOfStream())
		}
	}
	if want := `{"choices":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnErrorWithoutABodyIsAnsweredAtOnceInTheClientsSchema(t *testing.T) {
	stream := door(t, snapshot(t, "providers:\n  claude: {schema: anthropic, endpoint: https://api.anthropic.com}\nmodels:\n  claude-haiku-4-5: {provider: claude}\n"), "claude",
		`{"op":"chat_completions","try":[{"model":"claude-haiku-4-5","provider":"claude","name":"claude-haiku-4-5"}]}`,
		`{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"hi"}]}`)
	answer := head(":status", "503")
	answer.EndOfStream = true
	send(t, stream, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{ResponseHeaders: answer}})
	m := receive(t, stream)
	now := m.GetImmediateResponse()
	if now.GetStatus().GetCode() != 503 || len(now.GetBody()) == 0 || now.GetBody()[0] != '{' {
		t.Errorf("got %v", m)
	}
	// Without its code there, Envoy would put an error of its own in place of this one.
	if code := m.GetDynamicMetadata().GetFields()["llmroute"].GetStructValue().GetFields()["error"].GetStringValue(); code == "" {
		t.Errorf("metadata %v", m.GetDynamicMetadata())
	}
}
