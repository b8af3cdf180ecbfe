package bedrock

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// framed builds one frame with AWS's own encoder.
func framed(t testing.TB, kind, name, payload string) []byte {
	t.Helper()
	var m eventstream.Message
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	m.Payload = []byte(payload)
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// events frames name, payload pairs.
func stream(t testing.TB, pairs ...string) (all []byte) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, framed(t, "event", pairs[i], pairs[i+1])...)
	}
	return all
}

// answer is a stream as Claude gives it: a thought, a text and two calls, one without arguments.
func answer(t testing.TB) []byte {
	return stream(t,
		"messageStart", `{"role":"assistant","p":"abc"}`,
		"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"hm"}}}`,
		"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}`,
		"contentBlockStop", `{"contentBlockIndex":0}`,
		"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"text":"H\u00e9"}}`,
		"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"text":"llo😀"}}`,
		"contentBlockStop", `{"contentBlockIndex":1}`,
		"contentBlockStart", `{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t1","name":"f"}}}`,
		"contentBlockDelta", `{"contentBlockIndex":2,"delta":{"toolUse":{"input":""}}}`,
		"contentBlockStop", `{"contentBlockIndex":2}`,
		"contentBlockStart", `{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"t2","name":"g"}}}`,
		"contentBlockDelta", `{"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"a\""}}}`,
		"contentBlockDelta", `{"contentBlockIndex":3,"delta":{"toolUse":{"input":":1}"}}}`,
		"contentBlockStop", `{"contentBlockIndex":3}`,
		"messageStop", `{"stopReason":"tool_use"}`,
		"metadata", `{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":15},"metrics":{"latencyMs":9}}`,
	)
}

func decode(r *schema.Request, chunks ...[]byte) ([]schema.Event, error) {
	return schematest.Decode(Provider{}.NewDecoder(r), chunks...)
}

func TestAnyCutOfAStreamGivesTheSameEvents(t *testing.T) {
	r, all := &schema.Request{Model: sonnet}, answer(t)
	want := []schema.Event{
		{Kind: schema.EventStart, Model: sonnet},
		{Kind: schema.EventPartStart, Value: schema.Part{Kind: schema.PartThinking, SignedBy: schema.Anthropic}},
		{Kind: schema.EventDelta, Text: "hm", Value: schema.Part{SignedBy: schema.Anthropic}},
		{Kind: schema.EventDelta, Signature: "anthropic:s", Value: schema.Part{SignedBy: schema.Anthropic}},
		{Kind: schema.EventPartEnd},
		{Kind: schema.EventPartStart, Part: 1, Value: schema.Part{Kind: schema.PartText}},
		{Kind: schema.EventDelta, Part: 1, Text: "Hé"},
		{Kind: schema.EventDelta, Part: 1, Text: "llo😀"},
		{Kind: schema.EventPartEnd, Part: 1},
		{Kind: schema.EventPartStart, Part: 2, Value: schema.Part{Kind: schema.PartToolCall, ID: "t1", Name: "f"}},
		{Kind: schema.EventPartEnd, Part: 2},
		{Kind: schema.EventPartStart, Part: 3, Value: schema.Part{Kind: schema.PartToolCall, ID: "t2", Name: "g"}},
		{Kind: schema.EventDelta, Part: 3, Text: `{"a"`},
		{Kind: schema.EventDelta, Part: 3, Text: `:1}`},
		{Kind: schema.EventPartEnd, Part: 3},
		{Kind: schema.EventStop, Stop: schema.StopToolCalls},
		{Kind: schema.EventUsage, Usage: &schema.Usage{Input: 10, Output: 5, Total: 15}},
		{Kind: schema.EventEnd},
	}
	for cut, chunks := range schematest.Cuts(all) {
		if got, err := decode(r, chunks...); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v: %s", cut, err, cmp.Diff(want, got))
		}
	}
}

func TestAStreamThatBreaksOffIsTruncated(t *testing.T) {
	all := answer(t)
	for i := range all {
		events, err := decode(nil, all[:i])
		var fault *schema.Error
		if err == nil && events[len(events)-1].Kind == schema.EventEnd {
			continue // after messageStop, at the end of a frame
		}
		if !errors.As(err, &fault) || fault.Kind != schema.KindTruncated {
			t.Fatalf("cut off at %d: %v", i, err)
		}
		for _, e := range events {
			if e.Kind == schema.EventEnd {
				t.Fatalf("cut off at %d: a clean end", i)
			}
		}
	}
}

func TestDamagedFramesAreFound(t *testing.T) {
	all := answer(t)
	for i := range all {
		damaged := bytes.Clone(all)
		damaged[i] ^= 0x40
		if _, err := decode(nil, damaged); err == nil {
			t.Fatalf("byte %d", i)
		}
	}
}

func TestExceptionsWithinAStreamKeepTheirMeaning(t *testing.T) {
	begin := stream(t, "messageStart", `{"role":"assistant"}`, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"}}`)
	for name, kind := range map[string]schema.Kind{
		"throttlingException": schema.KindRateLimit, "modelStreamErrorException": schema.KindBadGateway, "validationException": schema.KindInvalidRequest,
		"serviceUnavailableException": schema.KindOverloaded, "internalServerException": schema.KindInternal,
	} {
		events, err := decode(nil, append(bytes.Clone(begin), framed(t, "exception", name, `{"message":"why"}`)...))
		if err != nil {
			t.Fatal(err)
		}
		last := events[len(events)-1]
		if last.Kind != schema.EventError || last.Err.Kind != kind || last.Err.Message != "why" {
			t.Errorf("%s: got %+v", name, last)
		}
	}
	var m eventstream.Message
	m.Headers.Set(":message-type", eventstream.StringValue("error"))
	m.Headers.Set(":error-code", eventstream.StringValue("InternalFailure"))
	m.Headers.Set(":error-message", eventstream.StringValue("it broke"))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if events, err := decode(nil, b.Bytes()); err != nil || events[0].Err.Kind != schema.KindInternal || events[0].Err.Message != "it broke" {
		t.Errorf("got %+v, %v", events, err)
	}
}
