package anthropic

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

var update = flag.Bool("update", false, "write the golden parts of testdata/*.txtar anew")

// TestTranscripts reads each testdata/*.txtar. Its comment names the page that the provider's side follows. Of its
// parts, request.json, answer.json and stream.sse are given, and the others are what becomes of them:
//
//	request.json  a client's request       → foreign.json     what this provider gets for it from a client of another
//	                                                           format; lost.txt: what it loses
//	answer.json   a provider's answer      → client.json       what a client of this format gets
//	stream.sse    a provider's stream      → events.txt        the neutral events; client.sse: what a client gets
func TestTranscripts(t *testing.T) {
	schematest.Transcripts(t, *update, func(t *testing.T, x *schematest.Transcript) {
		r := foreign("claude-haiku-4-5")
		if body := x.Part("request.json"); body != nil {
			r = mustDecode(t, string(body))
			goldenRequest(t, x, r, string(body))
		}
		if body := x.Part("answer.json"); body != nil {
			goldenAnswer(t, x, r, string(body))
		}
		if stream := x.Part("stream.sse"); stream != nil {
			goldenStream(t, x, r, stream)
		}
	})
}

func goldenRequest(t *testing.T, x *schematest.Transcript, r *schema.Request, body string) {
	t.Helper()
	sameJSON(t, string(mustEncode(t, r).Body), body)
	other := *r
	other.Format = schema.OpenAI
	out := mustEncode(t, &other)
	x.JSON("foreign.json", out.Body)
	x.Text("lost.txt", strings.Join(out.Lost, "\n"))
}

func goldenAnswer(t *testing.T, x *schematest.Transcript, r *schema.Request, body string) {
	t.Helper()
	out, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpMessages}, decodeAnswer(t, r, body))
	if err != nil {
		t.Fatal(err)
	}
	var message sdk.Message
	if err := json.Unmarshal(out, &message); err != nil {
		t.Errorf("the SDK refuses it: %v", err)
	}
	x.JSON("client.json", out)
}

func goldenStream(t *testing.T, x *schematest.Transcript, r *schema.Request, stream []byte) {
	t.Helper()
	events, err := decodeStream(r, stream)
	if err != nil {
		t.Fatal(err)
	}
	anySplit(t, r, string(stream), events)
	x.Text("events.txt", strings.Join(short(events), "\n"))
	out := encodeStream(t, events)
	var message sdk.Message
	accumulate(t, out, &message)
	x.Text("client.sse", out)
}
