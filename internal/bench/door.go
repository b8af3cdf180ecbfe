package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc/metadata"

	"github.com/llmroute/llmroute/internal/demo"
)

// door plays Envoy's adapting door for one attempt at one provider: it talks to llmroute as the door's ext_proc filter
// does, without an Envoy, whose own buffers would otherwise bound how many streams a machine can hold.
type door struct {
	stream extprocv3.ExternalProcessor_ProcessClient
}

// piece is what Envoy sends of a body at a time.
const piece = 16 << 10

func openDoor(ctx context.Context, c extprocv3.ExternalProcessorClient, provider string) (*door, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "x-llmroute-stage", "adapt", "x-llmroute-provider", provider)
	stream, err := c.Process(ctx)
	return &door{stream: stream}, err
}

// ask sends a request and reads it as it goes to the provider, to its end.
func (d *door) ask(path, plan string, body []byte) error {
	err := d.stream.Send(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: httpHeaders(
		":method", "POST", ":path", path, ":authority", "llm.example", ":scheme", "http", "content-type", "application/json",
		"user-agent", "OpenAI/Python 2.11.0", "accept", "application/json", "x-request-id", "2d2b4e0a-5a6b-4b43-a1b8-8cf0d5b3c001",
		"x-envoy-attempt-count", "1", "x-llmroute-plan", plan, "content-length", fmt.Sprint(len(body)),
	)}})
	for len(body) > 0 && err == nil {
		n := min(len(body), piece)
		err = d.stream.Send(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{
			RequestBody: &extprocv3.HttpBody{Body: body[:n], EndOfStream: n == len(body)},
		}})
		body = body[n:]
	}
	for err == nil {
		var m *extprocv3.ProcessingResponse
		if m, err = d.stream.Recv(); err != nil {
			break
		}
		if refused := m.GetImmediateResponse(); refused != nil {
			return fmt.Errorf("refused with %d: %s", refused.GetStatus().GetCode(), refused.GetBody())
		}
		if m.GetRequestBody().GetResponse().GetBodyMutation().GetStreamedResponse().GetEndOfStream() {
			return nil
		}
	}
	return err
}

// answer sends response headers and pieces of a streamed answer, which has not ended then, and waits until the first
// of them has been translated.
func (d *door) answer(contentType string, pieces [][]byte) error {
	err := d.stream.Send(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseHeaders{
		ResponseHeaders: httpHeaders(":status", "200", "content-type", contentType, "date", "Tue, 24 Nov 2026 12:00:00 GMT"),
	}})
	for _, p := range pieces {
		if err == nil {
			err = d.stream.Send(&extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseBody{
				ResponseBody: &extprocv3.HttpBody{Body: p},
			}})
		}
	}
	for err == nil {
		var m *extprocv3.ProcessingResponse
		if m, err = d.stream.Recv(); err == nil && len(m.GetResponseBody().GetResponse().GetBodyMutation().GetStreamedResponse().GetBody()) > 0 {
			return nil
		}
	}
	return err
}

func httpHeaders(pairs ...string) *extprocv3.HttpHeaders {
	h := &extprocv3.HttpHeaders{Headers: &corev3.HeaderMap{}}
	for i := 0; i < len(pairs); i += 2 {
		h.Headers.Headers = append(h.Headers.Headers, &corev3.HeaderValue{Key: pairs[i], RawValue: []byte(pairs[i+1])})
	}
	return h
}

// streamPaths ask a demo provider of a schema for a stream.
var streamPaths = map[string]string{
	"anthropic": "/v1/messages", "gemini": "/v1beta/models/m:streamGenerateContent?alt=sse", "bedrock": "/model/m/converse-stream",
}

// streamOf is a streamed answer of 50 chunks, as a provider of that schema writes it.
func streamOf(schema string) (contentType string, pieces [][]byte, err error) {
	r, err := http.NewRequest(http.MethodPost, streamPaths[schema], strings.NewReader(`{"stream":true}`))
	if err != nil {
		return "", nil, err
	}
	w := &written{header: http.Header{}}
	demo.New(demo.Options{Name: schema, Schema: schema, Fast: &demo.Fast{}}).ServeHTTP(w, r)
	if len(w.pieces) == 0 {
		return "", nil, errors.New("the demo provider " + schema + " does not stream")
	}
	return w.header.Get("Content-Type"), w.pieces, nil
}

// written keeps what a handler writes, by its calls.
type written struct {
	header http.Header
	pieces [][]byte
}

func (w *written) Header() http.Header { return w.header }
func (w *written) WriteHeader(int)     {}
func (w *written) Flush()              {}
func (w *written) Write(b []byte) (int, error) {
	if len(b) > 0 {
		w.pieces = append(w.pieces, append([]byte(nil), b...))
	}
	return len(b), nil
}
