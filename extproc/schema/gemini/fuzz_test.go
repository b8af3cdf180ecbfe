package gemini

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// FuzzScan: a body that the scan accepts has what Patch sets, and its facts are those of the decoded request.
func FuzzScan(f *testing.F) {
	schematest.Seeds(f, "request.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		target := schema.Target{Op: schema.OpGenerate, Model: "g"}
		facts, err := Client{}.Scan(target, body)
		if err != nil {
			return
		}
		if r, err := (Client{}).DecodeRequest(target, body); err == nil {
			n := 0
			if r.MaxOutputTokens != nil {
				n = *r.MaxOutputTokens
			}
			if n != facts.MaxOutputTokens {
				t.Fatalf("the scan says %d, the request %d", facts.MaxOutputTokens, n)
			}
		}
		patched, err := Client{}.Patch(target, body, &facts, &schema.Edit{MaxOutputTokens: 7})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := (Client{}).Scan(target, patched); err != nil || again.MaxOutputTokens != 7 {
			t.Fatalf("%s: %d, %v", patched, again.MaxOutputTokens, err)
		}
	})
}

// FuzzDecodeRequest: what a Gemini client's request becomes is a request, and one that decodes to the same again.
func FuzzDecodeRequest(f *testing.F) {
	schematest.Seeds(f, "request.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		target := schema.Target{Op: schema.OpGenerate, Model: "gemini-2.5-flash"}
		r, err := Client{}.DecodeRequest(target, body)
		if err != nil {
			return
		}
		for _, format := range []schema.Format{schema.Gemini, schema.OpenAI} {
			r.Format = format
			out, err := Provider{}.EncodeRequest(r)
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(out.Body) {
				t.Fatalf("not JSON: %s", out.Body)
			}
			again, err := Client{}.DecodeRequest(target, out.Body)
			if err != nil {
				t.Fatalf("%v in %s", err, out.Body)
			}
			if format == schema.Gemini && len(out.Lost) == 0 && !reflect.DeepEqual(counts(r), counts(again)) {
				t.Fatalf("%v became %v in %s", counts(r), counts(again), out.Body)
			}
		}
	})
}

// counts is how many parts of each kind a request has, but texts, which may be joined or left out if empty.
func counts(r *schema.Request) map[schema.PartKind]int {
	n := map[schema.PartKind]int{}
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if p.Kind != schema.PartText && p.Kind != schema.PartThinking {
				n[p.Kind]++
			}
		}
	}
	return n
}

// FuzzDecodeResponse: what the decoder accepts, the client face can write.
func FuzzDecodeResponse(f *testing.F) {
	schematest.Seeds(f, "response.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Provider{}.DecodeResponse(nil, body)
		if err != nil {
			return
		}
		out, err := Client{}.EncodeResponse(schema.Target{}, r)
		if err != nil || !json.Valid(out) {
			t.Fatalf("%v: %s", err, out)
		}
	})
}

// FuzzStream: any cut gives the same events, and the client's stream of them decodes to as many calls.
func FuzzStream(f *testing.F) {
	schematest.Seeds(f, "stream.sse", uint16(40))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		at := int(cut) % (len(stream) + 1)
		whole, err := schematest.Decode(Provider{}.NewDecoder(nil), stream)
		parts, err2 := schematest.Decode(Provider{}.NewDecoder(nil), stream[:at], stream[at:])
		if (err == nil) != (err2 == nil) || !reflect.DeepEqual(whole, parts) {
			t.Fatalf("cut at %d: %v, %v\n%+v\n%+v", at, err, err2, whole, parts)
		}
		if err != nil {
			return
		}
		if out := encode(t, schema.Target{JSONArray: true}, nil, whole); !json.Valid(out) {
			t.Fatalf("not JSON: %s", out)
		}
	})
}

// FuzzEmbed: texts to embed that a scan and the decoder accept are, as a provider gets them, the same texts.
func FuzzEmbed(f *testing.F) {
	for _, seed := range []string{
		`{"content":{"parts":[{"text":"an owl"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":8}`,
		`{"requests":[{"model":"models/g","content":{"parts":[{"text":"a"},{"text":"b"}]},"title":"t"},{"content":{"parts":{"text":"c"}},"task_type":"CLUSTERING"}]}`,
		`{"requests":[]}`, `{"content":"x"}`, `{"content":{"parts":[{"inlineData":{}}]}}`, `{"requests":{"content":1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		target := schema.Target{Op: schema.OpEmbeddings, Model: "g"}
		if _, err := (Client{}).Scan(target, body); err != nil {
			return
		}
		r, err := Client{}.DecodeRequest(target, body)
		if err != nil {
			return
		}
		r.Model = "g"
		out, err := Provider{}.EncodeRequest(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Client{}.DecodeRequest(target, out.Body)
		if err != nil {
			t.Fatalf("%v in %s", err, out.Body)
		}
		if !reflect.DeepEqual(r.Embed, again.Embed) {
			t.Fatalf("%+v became %+v in %s", r.Embed, again.Embed, out.Body)
		}
	})
}
