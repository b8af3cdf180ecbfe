package extproc_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/llmroute/llmroute/extproc"
)

// stages is a server as Envoy with an answer stage sees it.
type stages struct {
	server *extproc.Server
	client extprocv3.ExternalProcessorClient
}

func newStages(t *testing.T, yaml string) *stages {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := extproc.NewServer(nil)
	server.Use(snapshot(t, yaml))
	rpc := grpc.NewServer()
	extprocv3.RegisterExternalProcessorServer(rpc, server)
	go func() { _ = rpc.Serve(l) }()
	t.Cleanup(rpc.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &stages{server, extprocv3.NewExternalProcessorClient(conn)}
}

// passed is what a stage made of a message with a body.
type passed struct {
	set    map[string]string
	remove []string
	meta   map[string]string // what the last message with a key says of it
	body   string
	failed string // the body of an answer in place of all that
}

func (p *passed) headers(m *extprocv3.HeaderMutation) {
	for _, h := range m.GetSetHeaders() {
		p.set[h.GetHeader().GetKey()] = string(h.GetHeader().GetRawValue())
	}
	p.remove = append(p.remove, m.GetRemoveHeaders()...)
}

func (p *passed) take(m *extprocv3.ProcessingResponse) (end bool) {
	for name, v := range m.GetDynamicMetadata().GetFields()["llmroute"].GetStructValue().GetFields() {
		p.meta[name] = fmt.Sprint(v.AsInterface())
	}
	p.headers(m.GetRequestHeaders().GetResponse().GetHeaderMutation())
	p.headers(m.GetResponseHeaders().GetResponse().GetHeaderMutation())
	for _, b := range []*extprocv3.BodyResponse{m.GetRequestBody(), m.GetResponseBody()} {
		piece := b.GetResponse().GetBodyMutation().GetStreamedResponse()
		p.body += string(piece.GetBody())
		end = end || piece.GetEndOfStream()
	}
	if i := m.GetImmediateResponse(); i != nil {
		p.failed = string(i.GetBody())
		return true
	}
	return end || m.GetResponseTrailers() != nil
}

func (s *stages) run(t *testing.T, pairs []string, messages ...*extprocv3.ProcessingRequest) *passed {
	t.Helper()
	stream, err := s.client.Process(metadata.AppendToOutgoingContext(t.Context(), pairs...))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		send(t, stream, m)
	}
	p := &passed{set: map[string]string{}, meta: map[string]string{}}
	for !p.take(receive(t, stream)) {
	}
	return p
}

var here = []string{"x-llmroute-stage", "route", "x-llmroute-answers", "here"}

func (s *stages) route(t *testing.T, stage []string, path, body string) *passed {
	t.Helper()
	return s.run(t, stage, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestHeaders{
		RequestHeaders: head(":path", path, ":method", "POST", "content-type", "application/json"),
	}}, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_RequestBody{
		RequestBody: &extprocv3.HttpBody{Body: []byte(body), EndOfStream: true},
	}})
}

// answer sends an answer to what was routed, in pieces, with trailers behind it where the last piece is nil.
func (s *stages) answer(t *testing.T, routed *passed, headers []string, pieces ...[]byte) *passed {
	t.Helper()
	messages := []*extprocv3.ProcessingRequest{{Request: &extprocv3.ProcessingRequest_ResponseHeaders{
		ResponseHeaders: head(append([]string{"x-llmroute-answer", routed.meta["answer"]}, headers...)...),
	}}}
	for i, piece := range pieces {
		if piece == nil {
			messages = append(messages, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseTrailers{ResponseTrailers: &extprocv3.HttpTrailers{}}})
			break
		}
		messages = append(messages, &extprocv3.ProcessingRequest{Request: &extprocv3.ProcessingRequest_ResponseBody{
			ResponseBody: &extprocv3.HttpBody{Body: piece, EndOfStream: i == len(pieces)-1},
		}})
	}
	got := s.run(t, []string{"x-llmroute-stage", "answer"}, messages...)
	if left, told := got.meta["answer"]; got.failed == "" && (!slices.Contains(got.remove, "x-llmroute-answer") || !told || left != "") {
		t.Errorf("what the stage got goes on: %q in the metadata, removed is %v", got.meta["answer"], got.remove)
	}
	return got
}

const claudeSays = `{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","content":[{"type":"text","text":"hello"}],"usage":{"input_tokens":11,"output_tokens":7}}`

var (
	jsonOK = []string{":status", "200", "content-type", "application/json"}
	sseOK  = []string{":status", "200", "content-type", "text/event-stream"}
)

func TestAnAnswerComesBackAsItsRequestNeedsIt(t *testing.T) {
	s := newStages(t, hereConfig)
	chat := func(t *testing.T, more string) *passed {
		return s.route(t, here, "/v1/chat/completions", `{`+more+`,"messages":[{"role":"user","content":"hi"}]}`)
	}
	t.Run("an answer", func(t *testing.T) {
		r := chat(t, `"model":"haiku"`)
		if r.set["content-length"] != fmt.Sprint(len(r.body)) || r.set["x-llmroute-path"] != "/v1/messages" || r.set["anthropic-version"] == "" {
			t.Errorf("%d bytes, headers %v", len(r.body), r.set)
		}
		got := s.answer(t, r, append(jsonOK[:4:4], "content-encoding", "identity"), []byte(claudeSays[:40]), []byte(claudeSays[40:]))
		if !strings.Contains(got.body, `"object":"chat.completion"`) || got.meta["usage"] != "final" || got.meta["usage_input"] != "11" || got.meta["usage_output"] != "7" {
			t.Errorf("%s %v", got.body, got.meta)
		}
		if got.set[":status"] != "" || !slices.Contains(got.remove, "content-encoding") {
			t.Errorf("set %v, removed %v", got.set, got.remove)
		}
	})
	t.Run("an error", func(t *testing.T) {
		got := s.answer(t, chat(t, `"model":"haiku"`), []string{":status", "529", "content-type", "application/json"}, []byte(`{"type":"error","error":{"type":"overloaded_error","message":"busy"}}`))
		if got.set[":status"] == "" || !strings.Contains(got.body, `"message":"busy"`) || strings.Contains(got.body, "overloaded_error") || got.meta["usage"] != "" {
			t.Errorf("%v %s %v", got.set, got.body, got.meta)
		}
	})
	t.Run("a stream that breaks off", func(t *testing.T) {
		got := s.answer(t, chat(t, `"model":"haiku","stream":true`), sseOK, []byte(`data: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":11,"output_tokens":1}}}`+"\n\n"+
			`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`+"\n\n"+`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"he"}}`+"\n\n"), nil)
		if got.meta["usage"] != "partial" || !strings.Contains(got.body, `"content":"he"`) {
			t.Errorf("%s %v", got.body, got.meta)
		}
	})
	t.Run("a stream as an array", func(t *testing.T) {
		r := s.route(t, here, "/v1beta/models/haiku:streamGenerateContent", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`)
		if got := s.answer(t, r, jsonOK, []byte(claudeSays)); !strings.HasPrefix(got.body, "[") {
			t.Errorf("%s", got.body)
		}
	})
	t.Run("one call at a time", func(t *testing.T) {
		r := chat(t, `"model":"flash","parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`)
		got := s.answer(t, r, jsonOK, []byte(`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}`))
		if n := strings.Count(got.body, `"type":"function"`); n != 1 {
			t.Errorf("%d calls: %s", n, got.body)
		}
	})
	t.Run("a parameter is dropped", func(t *testing.T) {
		if r := chat(t, `"model":"flash","logit_bias":{"1":5}`); !strings.Contains(r.meta["dropped"], "logit_bias") || r.meta["answer"] == "" {
			t.Errorf("%v", r.meta)
		}
	})
	t.Run("the provider is gone", func(t *testing.T) {
		r := s.route(t, here, "/v1/messages", `{"model":"mini","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`)
		renamed := strings.NewReplacer("openai: {", "renamed: {", "provider: openai", "provider: renamed").Replace(hereConfig)
		if got := newStages(t, renamed).answer(t, r, jsonOK, []byte("{}")); !strings.Contains(got.failed, `"type":"error"`) || got.meta["id"] != r.meta["id"] {
			t.Errorf("another replica: %s %v", got.failed, got.meta)
		}
		reloaded := newStages(t, hereConfig)
		reloaded.server.Use(snapshot(t, renamed))
		if got := reloaded.answer(t, r, jsonOK, []byte(`{"choices":[{"message":{"role":"assistant","content":"hello"}}]}`)); !strings.Contains(got.body, `"type":"message"`) {
			t.Errorf("after a reload: %s %s", got.failed, got.body)
		}
	})
}

func TestUsageOfWhatPassesIsRead(t *testing.T) {
	s := newStages(t, strings.Replace(hereConfig, "policies:", "  embed: {provider: openai, name: text-embedding-3-small}\npolicies:", 1))
	const counts = `"usage":{"prompt_tokens":4321,"completion_tokens":5,"total_tokens":4326}`
	event := "data: {\"choices\":[]," + counts + "}\n\n"
	stream := "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"say \\\"usage\\\":\"}}],\"usage\":null}\n\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(stream + event))
	_ = z.Close()
	long := `{"data":[{"embedding":[` + strings.Repeat("0.125,", 2000) + `1],"note":{"usage":{"prompt_tokens":1}}}],`
	for name, row := range map[string]struct {
		path, body string
		headers    []string
		pieces     []string
		want, not  string
	}{
		"a stream that was asked":             {"/v1/chat/completions", `{"model":"mini","stream":true,"messages":[]}`, sseOK, []string{stream, event}, "say", `"usage":null`},
		"a stream that was asked, compressed": {"/v1/chat/completions", `{"model":"mini","stream":true,"messages":[]}`, append(sseOK[:4:4], "content-encoding", "gzip"), []string{zipped.String()}, "say", "4321"},
		"a stream whose client asked":         {"/v1/completions", `{"model":"mini","stream":true,"stream_options":{"include_usage":true},"prompt":"hi"}`, sseOK, []string{stream, event}, counts, "nothing"},
		"JSON, long":                          {"/v1/embeddings", `{"model":"embed","input":"hi"}`, jsonOK, []string{long + counts[:30], counts[30:] + "}"}, counts, "nothing"},
		"JSON in one piece":                   {"/v1/embeddings", `{"model":"embed","input":"hi"}`, jsonOK, []string{long + counts + "}"}, counts, "nothing"},
		"JSON, short":                         {"/v1/embeddings", `{"model":"embed","input":"hi"}`, jsonOK, []string{`{"note":{"usage":{"prompt_tokens":1}},` + counts + "}"}, counts, "nothing"},
	} {
		for _, trailers := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, trailers %v", name, trailers), func(t *testing.T) {
				var pieces [][]byte
				for _, p := range row.pieces {
					pieces = append(pieces, []byte(p))
				}
				if trailers {
					pieces = append(pieces, nil)
				}
				got := s.answer(t, s.route(t, here, row.path, row.body), row.headers, pieces...)
				if got.meta["usage"] != "final" || got.meta["usage_input"] != "4321" {
					t.Errorf("noted is %v", got.meta)
				}
				if !strings.Contains(got.body, row.want) || strings.Contains(got.body, row.not) {
					t.Errorf("the client gets %.300s", got.body)
				}
				if len(row.headers) > 4 != slices.Contains(got.remove, "content-encoding") {
					t.Errorf("removed %v", got.remove)
				}
			})
		}
	}
}

// TestWhereAttemptsGo reads the plan in the metadata.
func TestWhereAttemptsGo(t *testing.T) {
	s := newStages(t, strings.NewReplacer("models:\n", `  aws: {schema: bedrock, endpoint: "https://bedrock-runtime.us-east-1.amazonaws.com", region: us-east-1, auth: {aws: {}}}
  vertex: {schema: gemini, endpoint: "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/google", auth: {gcp: {}}}
models:
  nova: {provider: aws, name: amazon.nova-lite-v1:0}
`, "flash: {provider: google", "flash: {provider: vertex").Replace(hereConfig)+`
routes: [{name: both, models: [mini, haiku], strategy: priority}]
`)
	signed := s.route(t, here, "/v1beta/models/flash:generateContent", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`)
	if !strings.Contains(signed.meta["priority_groups"], "cluster_name:vertex.adapt ") || signed.meta["answer"] != "" {
		t.Errorf("of the client's schema, and signed: %v", signed.meta)
	}
	old := here[:2]
	for name, row := range map[string]struct {
		stage                []string
		body                 string
		groups, plan, models string
		retries              string
	}{
		"signed":                      {here, `"model":"nova"`, "aws.adapt", `"provider":"aws"`, "aws/nova", "1"},
		"translated here":             {here, `"model":"haiku"`, "claude", "", "claude/haiku", "1"},
		"without an answer stage":     {old, `"model":"haiku"`, "claude.adapt", `"provider":"claude"`, "claude/haiku", "1"},
		"asked for usage, without it": {old, `"model":"mini","stream":true`, "openai.adapt", `"ask":true`, "openai/mini", "1"},
		"asked for usage":             {here, `"model":"mini","stream":true`, "openai", "", "openai/mini", "1"},
		"asked, with one behind":      {here, `"model":"route/both","stream":true`, "openai claude.adapt", `"had":null`, "openai/mini claude/haiku", "1"},
		"with one behind":             {here, `"model":"route/both"`, "openai claude.adapt", `"provider":"claude"`, "openai/mini claude/haiku", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.route(t, row.stage, "/v1/chat/completions", `{`+row.body+`,"messages":[{"role":"user","content":"hi"}]}`)
			for _, group := range strings.Fields(row.groups) {
				if !strings.Contains(r.meta["priority_groups"], "cluster_name:"+group+" ") {
					t.Errorf("no attempt goes to %s: %s", group, r.meta["priority_groups"])
				}
			}
			if !strings.Contains(r.meta["plan"], row.plan) || row.plan == "" && r.meta["plan"] != "" {
				t.Errorf("the doors get %q", r.meta["plan"])
			}
			if r.meta["models"] != row.models || r.set["x-envoy-max-retries"] != row.retries {
				t.Errorf("models %q, retries %q", r.meta["models"], r.set["x-envoy-max-retries"])
			}
		})
	}
}
