package bedrock

import (
	"bytes"
	"encoding/json"
	"flag"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

var update = flag.Bool("update", false, "rewrite what the golden files expect")

// TestGoldenTranscripts goes through testdata/*.txtar: neutral.json (a request as a client face decodes it) becomes
// upstream.json and lost.json; events.jsonl (a line an event of ConverseStream: name, space, payload) or response.json
// becomes answer.json.
func TestGoldenTranscripts(t *testing.T) {
	schematest.Transcripts(t, *update, func(t *testing.T, x *schematest.Transcript) {
		r := &schema.Request{}
		if err := json.Unmarshal(x.Part("neutral.json"), r); err != nil {
			t.Fatal(err)
		}
		sent, err := Provider{}.EncodeRequest(r)
		if err != nil {
			t.Fatal(err)
		}
		x.JSON("upstream.json", sent.Body)
		x.Value("lost.json", sent.Lost)
		if body := x.Part("response.json"); body != nil {
			answer, err := Provider{}.DecodeResponse(r, body)
			if err != nil {
				t.Fatal(err)
			}
			x.Value("answer.json", answer)
		}
		if lines := x.Part("events.jsonl"); lines != nil {
			var all []byte
			for line := range bytes.Lines(lines) {
				name, payload, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
				all = append(all, framed(t, "event", name, payload)...)
			}
			answer, err := decode(r, all)
			if err != nil {
				t.Fatal(err)
			}
			x.Value("answer.json", answer)
		}
	})
}
