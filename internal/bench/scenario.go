package main

import (
	"fmt"
	"strings"
	"time"
)

// scenario is one kind of request under one kind of load.
type scenario struct {
	name     string
	provider string // that Envoy alone is to use, and that must answer; alpha: any of the client's schema may
	model    string // that llmroute is asked for
	stream   bool
	bytes    int // of the body, about
	conns    int // at once, each with one request after the other
	pace     time.Duration
	// often gives it three turns a round: a goal depends on it.
	often bool
	// translated is between an OpenAI client and a provider of another schema. The floor translates nothing: where
	// often is set, it takes its turns with a provider of the client's schema, for scale, and so does Envoy alone.
	translated bool
}

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20
)

// scenarios is what is measured; a row is a line. The names of those in goals are used by verdict.go.
func scenarios() []scenario {
	rows := []scenario{
		{name: goalLatency, bytes: kilobyte, conns: 1, often: true},
		{name: goalThroughput, bytes: kilobyte, conns: 64, often: true},
		{name: "json/100KB/1", bytes: 100 * kilobyte, conns: 1},
		{name: "json/100KB/64", bytes: 100 * kilobyte, conns: 64},
		{name: "json/1MB/1", bytes: megabyte, conns: 1},
		{name: "json/1MB/64", bytes: megabyte, conns: 64},
		{name: "sse/1KB/1", bytes: kilobyte, conns: 1, stream: true},
		{name: "sse/1KB/64", bytes: kilobyte, conns: 64, stream: true},
		{name: "sse/100KB/1", bytes: 100 * kilobyte, conns: 1, stream: true},
		{name: "sse/100KB/64", bytes: 100 * kilobyte, conns: 64, stream: true},
		{name: "sse/1MB/1", bytes: megabyte, conns: 1, stream: true},
		{name: "sse/1MB/64", bytes: megabyte, conns: 64, stream: true},

		{name: goalChunks, bytes: kilobyte, conns: 1, stream: true, pace: 4 * time.Millisecond, often: true},
		{name: goalChunksMany, bytes: kilobyte, conns: 16, stream: true, pace: 4 * time.Millisecond, often: true},
	}
	for i := range rows {
		rows[i].provider, rows[i].model = clientProvider, "auto"
	}
	for _, far := range []struct{ schema, provider, model string }{
		{"anthropic", "gamma", "claude-haiku-4-5"}, {"gemini", "delta", "gemini-2.5-flash"}, {"bedrock", "epsilon", "nova-lite"},
	} {
		for _, row := range []scenario{
			{name: "json/1KB/1", conns: 1, often: true},
			{name: "json/1KB/64", conns: 64},
			{name: "sse/1KB/1", conns: 1, stream: true, often: true},
			{name: "sse/1KB/64", conns: 64, stream: true},
			{name: "chunks/1KB/16", conns: 16, stream: true, pace: 4 * time.Millisecond},
		} {
			row.name, row.bytes, row.translated = far.schema+"/"+row.name, kilobyte, true
			row.provider, row.model = far.provider, far.model
			rows = append(rows, row)
		}
	}
	return rows
}

// clientProvider serves the schema that all clients here speak.
const clientProvider = "alpha"

// chunkTokens are in a streamed answer of a demo provider: one a chunk.
const chunkTokens = 50

// The scenarios that goals are set for.
const (
	goalLatency    = "json/1KB/1"
	goalThroughput = "json/1KB/64"
	goalChunks     = "chunks/1KB/1"
	goalChunksMany = "chunks/1KB/16"
)

// turn of a conversation, so that the larger bodies are long conversations and not one long text.
const turn = "The delivery of order 4711 was due on Tuesday, and it has not come. The tracking page says that it left the depot " +
	"twice and came back twice, with no reason given. Our customer has asked three times by now; what should we tell her, and who calls the carrier? "

// request is the whole request as it goes over the wire. Envoy alone sends it to provider.
func (s *scenario) request(provider string) []byte {
	body := s.body()
	pace := ""
	if s.pace > 0 {
		pace = "x-demo-pace: " + s.pace.String() + "\r\n"
	}
	return fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nhost: llm.example\r\ncontent-type: application/json\r\n"+
		"authorization: Bearer client-key\r\nuser-agent: bench\r\n%s: %s\r\n%scontent-length: %d\r\n\r\n%s",
		providerHeader, provider, pace, len(body), body)
}

// body is a conversation of about the size wanted.
func (s *scenario) body() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"model":%q,`, s.model)
	if s.stream {
		b.WriteString(`"stream":true,"stream_options":{"include_usage":true},`)
	}
	b.WriteString(`"temperature":0.7,"messages":[{"role":"system","content":"You answer briefly and kindly."}`)
	const most = 2 * kilobyte // of a message
	for n := 0; b.Len() < s.bytes-8; n++ {
		role := "user"
		if n%2 == 1 {
			role = "assistant"
		}
		fmt.Fprintf(&b, `,{"role":%q,"content":"`, role)
		text := strings.Repeat(turn, most/len(turn)+1)
		b.WriteString(text[:min(len(text), max(1, s.bytes-b.Len()-8))])
		b.WriteString(`"}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}
