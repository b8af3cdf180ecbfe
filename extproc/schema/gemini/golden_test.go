package gemini

import (
	"encoding/json"
	"flag"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

var update = flag.Bool("update", false, "rewrite what the golden files expect")

// TestGoldenTranscripts goes through testdata/*.txtar. A file holds some of: request.json (a Gemini client's),
// neutral.json (a request as another face decodes it), upstream.json (what goes to Google), response.json and
// stream.sse (what Google answers), events.json and client.json (what they mean, and what a Gemini client gets).
func TestGoldenTranscripts(t *testing.T) {
	schematest.Transcripts(t, *update, func(t *testing.T, x *schematest.Transcript) {
		r := goldenRequest(t, x)
		if body := x.Part("response.json"); body != nil {
			response, err := Provider{}.DecodeResponse(r, body)
			if err != nil {
				t.Fatal(err)
			}
			x.Value("answer.json", response)
			client, err := Client{}.EncodeResponse(schema.Target{}, response)
			if err != nil {
				t.Fatal(err)
			}
			x.JSON("client.json", client)
		}
		if stream := x.Part("stream.sse"); stream != nil {
			events := decode(t, r, stream)
			x.Value("events.json", events)
			anySplit(t, r, stream, events)
			x.Value("client.sse.json", strings.Split(string(encode(t, schema.Target{}, r, events)), "\n\n"))
		}
	})
}

// goldenRequest reads the transcript's request, and checks what Google gets for it.
func goldenRequest(t *testing.T, x *schematest.Transcript) *schema.Request {
	t.Helper()
	r := &schema.Request{Format: schema.OpenAI, Model: "gemini-2.5-flash"}
	neutral, own := x.Part("neutral.json"), x.Part("request.json")
	if neutral == nil && own == nil {
		return r
	}
	if neutral != nil {
		r = &schema.Request{}
		if err := json.Unmarshal(neutral, r); err != nil {
			t.Fatal(err)
		}
	}
	if own != nil {
		var err error
		if r, err = (Client{}).DecodeRequest(schema.Target{Op: schema.OpGenerate, Model: "gemini-2.5-flash"}, own); err != nil {
			t.Fatal(err)
		}
		x.Value("decoded.json", r)
	}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	x.JSON("upstream.json", out.Body)
	if len(out.Lost) > 0 || x.Part("lost.json") != nil {
		x.Value("lost.json", out.Lost)
	}
	return r
}

func decode(t testing.TB, r *schema.Request, chunks ...[]byte) []schema.Event {
	t.Helper()
	events, err := schematest.Decode(Provider{}.NewDecoder(r), chunks...)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func anySplit(t *testing.T, r *schema.Request, stream []byte, want []schema.Event) {
	t.Helper()
	for cut, chunks := range schematest.Cuts(stream) {
		if got := decode(t, r, chunks...); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %s", cut, cmp.Diff(want, got))
		}
	}
}

func encode(t testing.TB, target schema.Target, r *schema.Request, events []schema.Event) []byte {
	t.Helper()
	return schematest.Encode(t, Client{}.NewEncoder(target, r), events)
}
