package openai

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

var everyOp = [...]schema.Op{schema.OpChat, schema.OpResponses, schema.OpCompletions, schema.OpEmbeddings}

// Whatever is taken for a request becomes valid JSON in every operation and dialect, and is read again.
func FuzzDecodeRequest(f *testing.F) {
	for _, c := range roundTrips {
		f.Add([]byte(c.body))
	}
	f.Add([]byte(demanding))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range everyOp {
			r, err := Client{}.DecodeRequest(schema.Target{Op: op}, body)
			if err != nil {
				checkFault(t, err)
				continue
			}
			for _, d := range []Dialect{{}, compatible, dialects[2].dialect, dialects[7].dialect} {
				for _, via := range everyOp[:3] {
					r.Via = via
					out, err := Provider{Dialect: d}.EncodeRequest(r)
					if err != nil {
						checkFault(t, err)
						continue
					}
					if !json.Valid(out.Body) {
						t.Fatalf("%s via %s: not JSON: %s", op, via, out.Body)
					}
				}
			}
			r.Via = ""
			out, err := Provider{}.EncodeRequest(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := (Client{}).DecodeRequest(schema.Target{Op: op}, out.Body); err != nil && !nothingLeft(err) {
				t.Fatalf("%s: cannot read what was written: %v\n%s", op, err, out.Body)
			}
		}
	})
}

// nothingLeft: a request whose every message was lost.
func nothingLeft(err error) bool {
	var e *schema.Error
	return errors.As(err, &e) && e.Code == "missing_field"
}

func checkFault(t *testing.T, err error) {
	t.Helper()
	var e *schema.Error
	if !errors.As(err, &e) || e.Kind == "" || e.Code == "" && e.Type == "" && e.Message == "" {
		t.Fatalf("an error without meaning: %#v", err)
	}
}

// Whatever is taken for an answer becomes valid JSON in every client operation, also as a stream.
func FuzzDecodeResponse(f *testing.F) {
	for _, op := range everyOp[:3] {
		body, err := Client{}.EncodeResponse(schema.Target{Op: op}, fullAnswer())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"object":"list","data":[{"embedding":[1,2.5]},{"embedding":"AAAAPw=="}],"usage":{"prompt_tokens":1}}`))
	f.Add([]byte(`{"error":{"message":"x","code":429}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, via := range everyOp {
			r := &schema.Request{Via: via}
			if via == schema.OpEmbeddings {
				r = &schema.Request{Embed: &schema.Embed{EncodingFormat: "base64"}}
			}
			answer, err := Provider{}.DecodeResponse(r, body)
			if err != nil {
				checkFault(t, err)
				continue
			}
			for _, op := range everyOp {
				out, err := Client{}.EncodeResponse(schema.Target{Op: op}, answer)
				if err != nil {
					checkFault(t, err)
				} else if !json.Valid(out) {
					t.Fatalf("%s of %s: not JSON: %s", op, via, out)
				}
			}
			if via != schema.OpEmbeddings {
				checkStreams(t, schema.Replay(answer))
			}
		}
	})
}

// checkStreams encodes events for every client and reads the stream again.
func checkStreams(t *testing.T, events []schema.Event) {
	t.Helper()
	for _, op := range everyOp[:3] {
		stream := written(t, op, &schema.Request{IncludeUsage: true}, events)
		if _, err := schematest.Decode(Provider{}.NewDecoder(&schema.Request{Via: op}), []byte(stream)); err != nil {
			checkFault(t, err)
			var e *schema.Error
			if errors.As(err, &e) && e.Code == "invalid_response" && e.Message == "the provider's stream has an event that is not valid JSON" {
				t.Fatalf("%s: %s", op, stream)
			}
		}
	}
}

// Any cutting of any bytes gives the same events, and what they say can be written for every client.
func FuzzStream(f *testing.F) {
	for _, c := range chatStreams {
		f.Add([]byte(c.stream), uint(len(c.stream)/2))
	}
	for _, c := range responsesStreams {
		f.Add([]byte(c.stream), uint(len(c.stream)/3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, at uint) {
		cut := int(at % uint(len(stream)+1))
		for _, via := range everyOp[:2] {
			r := &schema.Request{Via: via}
			whole, err := schematest.Decode(Provider{}.NewDecoder(r), stream)
			if err != nil {
				checkFault(t, err)
			}
			parts, err2 := schematest.Decode(Provider{}.NewDecoder(r), stream[:cut], stream[cut:])
			if (err == nil) != (err2 == nil) || !invented(whole) && script(whole) != script(parts) {
				t.Fatalf("cut at %d: %v %v\n%s\n%s", cut, err, err2, script(whole), script(parts))
			}
			checkStreams(t, whole)
		}
	})
}

// invented reports whether an event has an id that the decoder made up, by chance.
func invented(events []schema.Event) bool {
	for i := range events {
		if len(events[i].Value.ID) > 20 {
			return true
		}
	}
	return false
}
