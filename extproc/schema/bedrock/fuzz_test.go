package bedrock

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// FuzzStream: any cut gives the same events, and no bytes make the decoder panic or hold more than a frame.
func FuzzStream(f *testing.F) {
	f.Add(answer(f), uint16(30))
	f.Add(framed(f, "exception", "throttlingException", `{"message":"x"}`), uint16(5))
	f.Fuzz(func(t *testing.T, all []byte, cut uint16) {
		at := int(cut) % (len(all) + 1)
		one, err1 := decode(nil, all)
		two, err2 := decode(nil, all[:at], all[at:])
		if (err1 == nil) != (err2 == nil) || !reflect.DeepEqual(one, two) {
			t.Fatalf("cut at %d: %v, %v: %s", at, err1, err2, cmp.Diff(one, two))
		}
	})
}

// FuzzPayload puts any payload into a whole frame.
func FuzzPayload(f *testing.F) {
	f.Add("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"}}`)
	f.Add("contentBlockStart", `{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"b"}}}`)
	f.Fuzz(func(t *testing.T, name, payload string) {
		events, err := decode(nil, append(framed(t, "event", name, payload), stream(t, "messageStop", `{"stopReason":"end_turn"}`)...))
		if err == nil && events[len(events)-1].Kind != schema.EventEnd {
			t.Fatalf("got %+v", events)
		}
	})
}

// FuzzDecodeResponse: a response that is read has a stop reason.
func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte(`{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"end_turn","usage":{"inputTokens":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Provider{}.DecodeResponse(nil, body)
		if err == nil && r.Choices[0].Stop == "" {
			t.Fatalf("got %+v", r)
		}
	})
}

// FuzzEncodeRequest: whatever the client says, the body is JSON, turns alternate and none is empty.
func FuzzEncodeRequest(f *testing.F) {
	f.Add("a", "b", "c", `{"x":1}`, uint8(7))
	f.Fuzz(func(t *testing.T, a, b, c, args string, shape uint8) {
		roles := []schema.Role{schema.RoleUser, schema.RoleAssistant, schema.RoleSystem, schema.RoleTool}
		r := &schema.Request{Model: a, Messages: []schema.Message{
			said(roles[shape&3], text(a)), said(roles[shape>>2&3], text(b), call(a, b, args)), said(roles[shape>>4&3], result(a, text(c))), said(roles[shape>>6], text(c)),
		}}
		body, _ := upstream(t, r)
		last := ""
		body.Get("messages").ForEach(func(_, m gjson.Result) bool {
			if m.Get("role").Str == last || m.Get("content.#").Int() == 0 {
				t.Fatalf("got %s", body.Raw)
			}
			last = m.Get("role").Str
			return true
		})
		if last == "" || body.Get("messages.0.role").Str != "user" {
			t.Fatalf("got %s", body.Raw)
		}
	})
}
