package extproc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	grpcmd "google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/bedrock"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/internal/demo"
)

// farEnds are the providers that an OpenAI client's requests are translated for.
var farEnds = []struct {
	provider Provider
	model    string
}{
	{Provider{Name: "anthropic", Format: schema.Anthropic, Face: anthropic.Provider{}}, "claude-haiku-4-5"},
	{Provider{Name: "gemini", Format: schema.Gemini, Face: gemini.Provider{}, Prefix: "/v1beta"}, "gemini-2.5-flash"},
	{Provider{Name: "bedrock", Format: schema.Bedrock, Face: bedrock.Provider{}}, "amazon.nova-lite-v1:0"},
}

// answerTokens are in each answer, and chunks in each streamed one.
const answerTokens = 50

// BenchmarkTranslated is all of the adapt stage but the transport: messages are decoded and encoded.
//
//	json     an answer in one piece
//	stream   an answer of 50 chunks, as one message of Envoy's
//	chunks   the same, a message a chunk
func BenchmarkTranslated(b *testing.B) {
	for _, far := range farEnds {
		snapshot := NewSnapshot(Snapshot{Providers: map[string]*Provider{far.provider.Name: &far.provider}, MaxBodyBytes: 32 << 20})
		server := NewServer(nil)
		server.Use(snapshot)
		for _, kind := range []string{"json", "stream", "chunks"} {
			x := newExchange(b, far.provider.Name, far.model, chatRequest(kind != "json", 3), kind)
			x.check(b, server, kind)
			b.Run(far.provider.Name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					x.at, x.sent = 0, 0
					if err := server.Process(x); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*answerTokens)/b.Elapsed().Seconds(), "tokens/s")
			})
		}
	}
}

// chatRequest is a conversation of about 1 KB a turn, with a system prompt and two tools.
func chatRequest(stream bool, turns int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"model":"fast","stream":%t,"stream_options":{"include_usage":true},"temperature":0.7,"max_tokens":512,"tools":[`, stream)
	for i, name := range []string{"find_order", "send_mail"} {
		fmt.Fprintf(&b, `%s{"type":"function","function":{"name":%q,"description":"Does what its name says.","parameters":`+
			`{"type":"object","properties":{"id":{"type":"string","description":"of the order"},"urgent":{"type":"boolean"}},"required":["id"]}}}`,
			strings.Repeat(",", min(i, 1)), name)
	}
	b.WriteString(`],"messages":[{"role":"system","content":"You answer briefly and kindly."}`)
	for i := range turns {
		role := [...]string{"user", "assistant"}[i%2]
		fmt.Fprintf(&b, `,{"role":%q,"content":%q}`, role, strings.Repeat("Where is order 4711? It was due on Tuesday.\n", 24))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// exchange plays Envoy's part of one adapt stream, again and again.
type exchange struct {
	grpc.ServerStream
	ctx      context.Context
	messages [][]byte
	at       int
	sent     int // bytes
	body     bytes.Buffer
	keep     bool // body
}

func newExchange(tb testing.TB, provider, model string, body []byte, kind string) *exchange {
	tb.Helper()
	plan := fmt.Sprintf(`{"op":"chat_completions","stream":%t,"try":[{"model":"fast","provider":%q,"name":%q}]}`, kind != "json", provider, model)
	x := &exchange{ctx: grpcmd.NewIncomingContext(tb.Context(), grpcmd.Pairs(stageKey, stageAdapt, providerKey, provider))}
	x.add(tb, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: httpHeaders(
		":method", "POST", ":path", "/v1/chat/completions", ":authority", "127.0.0.1", "content-type", "application/json",
		"user-agent", "bench", "x-request-id", "2d2b4e0a-5a6b-4b43-a1b8-8cf0d5b3c001", planHeader, plan, attemptHeader, "1",
		"content-length", fmt.Sprint(len(body)))}})
	x.add(tb, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{
		RequestBody: &extprocv3.HttpBody{Body: body, EndOfStream: true},
	}})
	contentType, pieces := answerOf(tb, provider, kind)
	x.add(tb, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{
		ResponseHeaders: httpHeaders(":status", "200", "content-type", contentType, "date", "Tue, 24 Nov 2026 12:00:00 GMT"),
	}})
	for _, piece := range append(pieces, nil) {
		x.add(tb, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseBody{
			ResponseBody: &extprocv3.HttpBody{Body: piece, EndOfStream: piece == nil},
		}})
	}
	return x
}

// check has the exchange made once and looks at what the client gets.
func (x *exchange) check(tb testing.TB, server *Server, kind string) {
	tb.Helper()
	x.keep = true
	if err := server.Process(x); err != nil {
		tb.Fatal(err)
	}
	x.keep = false
	whole := strings.Contains(x.body.String(), `"object":"chat.completion"`)
	if kind != "json" {
		whole = strings.HasSuffix(x.body.String(), "data: [DONE]\n\n") && strings.Count(x.body.String(), `"content":"`) >= answerTokens
	}
	if !whole {
		tb.Fatalf("not a whole answer: %s", x.body.String())
	}
}

// answerOf is what a provider of that schema answers.
func answerOf(tb testing.TB, schemaName, kind string) (contentType string, pieces [][]byte) {
	tb.Helper()
	paths := map[string][2]string{
		"anthropic": {"/v1/messages", "/v1/messages"},
		"gemini":    {"/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent?alt=sse"},
		"bedrock":   {"/model/m/converse", "/model/m/converse-stream"},
	}
	path, body := paths[schemaName][0], `{"messages":[]}`
	if kind != "json" {
		path, body = paths[schemaName][1], `{"stream":true}`
	}
	w := &piecewise{ResponseRecorder: httptest.NewRecorder()}
	demo.New(demo.Options{Name: schemaName, Schema: schemaName, Fast: &demo.Fast{Chunks: answerTokens}}).
		ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	if w.Code != http.StatusOK || len(w.pieces) == 0 {
		tb.Fatalf("%s answers %d %s", schemaName, w.Code, w.Body)
	}
	if kind == "stream" {
		w.pieces = [][]byte{slices.Concat(w.pieces...)}
	}
	return w.Header().Get("Content-Type"), w.pieces
}

// piecewise keeps what is written, by the calls.
type piecewise struct {
	*httptest.ResponseRecorder
	pieces [][]byte
}

func (p *piecewise) Write(b []byte) (int, error) {
	if len(b) > 0 {
		p.pieces = append(p.pieces, bytes.Clone(b))
	}
	return p.ResponseRecorder.Write(b)
}

func httpHeaders(pairs ...string) *extprocv3.HttpHeaders {
	h := &extprocv3.HttpHeaders{Headers: &corev3.HeaderMap{}}
	for i := 0; i < len(pairs); i += 2 {
		h.Headers.Headers = append(h.Headers.Headers, &corev3.HeaderValue{Key: pairs[i], RawValue: []byte(pairs[i+1])})
	}
	return h
}

func (x *exchange) add(tb testing.TB, m *extprocv3.ProcessingRequest) {
	tb.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	x.messages = append(x.messages, raw)
}

func (x *exchange) Context() context.Context { return x.ctx }

func (x *exchange) Send(*extprocv3.ProcessingResponse) error { return io.ErrClosedPipe }

func (x *exchange) Recv() (*extprocv3.ProcessingRequest, error) { return nil, io.ErrClosedPipe }

// RecvMsg decodes the next message, as grpc's codec does.
func (x *exchange) RecvMsg(m any) error {
	if x.at == len(x.messages) {
		return io.EOF
	}
	x.at++
	into, _ := m.(proto.Message)
	return proto.Unmarshal(x.messages[x.at-1], into)
}

// SendMsg encodes a message, as grpc's codec does.
func (x *exchange) SendMsg(m any) error {
	from, _ := m.(proto.Message)
	raw, err := proto.Marshal(from)
	x.sent += len(raw)
	if out, ok := m.(*extprocv3.ProcessingResponse); ok && x.keep {
		x.body.Write(out.GetResponseBody().GetResponse().GetBodyMutation().GetStreamedResponse().GetBody())
	}
	return err
}
