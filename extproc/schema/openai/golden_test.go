package openai

import (
	"flag"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

var update = flag.Bool("update", false, "write the results into the golden transcripts")

// A transcript holds what a client and a provider said; what this package made of each is golden:
//
//	op, via, endpoint        the client's operation; the provider's, and its address, if they differ
//	client_request.json   →  provider_request.json
//	provider_answer.json  →  client_answer.json        or .sse for streams
func TestTranscripts(t *testing.T) {
	schematest.Transcripts(t, *update, func(t *testing.T, x *schematest.Transcript) {
		target := schema.Target{Op: schema.Op(x.Word("op"))}
		provider := Provider{}
		if endpoint := x.Word("endpoint"); endpoint != "" {
			provider.Dialect = DialectOf(endpoint)
		}
		r, err := Client{}.DecodeRequest(target, x.Part("client_request.json"))
		if err != nil {
			t.Fatal(err)
		}
		r.Via = schema.Op(x.Word("via"))
		out, err := provider.EncodeRequest(r)
		if err != nil {
			t.Fatal(err)
		}
		x.JSON("provider_request.json", out.Body)
		if stream := x.Part("provider_answer.sse"); stream != nil {
			events, err := schematest.Decode(provider.NewDecoder(r), stream)
			if err != nil {
				t.Fatal(err)
			}
			x.Text("client_answer.sse", written(t, target.Op, r, events))
			return
		}
		answer, err := provider.DecodeResponse(r, x.Part("provider_answer.json"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := Client{}.EncodeResponse(target, answer)
		if err != nil {
			t.Fatal(err)
		}
		x.JSON("client_answer.json", body)
	})
}
