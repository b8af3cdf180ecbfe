package gemini

import (
	"encoding/json"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

func TestTokensAreCounted(t *testing.T) {
	r := &schema.Request{Format: schema.Anthropic, Op: schema.OpCountTokens, Model: "gemini-2.5-flash", Messages: []schema.Message{
		{Role: schema.RoleSystem, Parts: []schema.Part{{Kind: schema.PartText, Text: "s"}}}, text("q"),
	}, Tools: []schema.Tool{{Kind: schema.ToolFunction, Name: "f"}}}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil || schematest.DiffJSON(t, `{"contents":[{"role":"user","parts":[{"text":"s"},{"text":"\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]"}]},{"role":"user","parts":[{"text":"q"}]}]}`, string(out.Body)) != "" {
		t.Errorf("got %s, %v", out.Body, err)
	}
	if path, ok := (Provider{}).Locate("", out.Op, "m", false); !ok || path != "/v1beta/models/m:countTokens" {
		t.Errorf("got %s", path)
	}
	answer, err := Provider{}.DecodeResponse(r, []byte(`{"totalTokens":12}`))
	if err != nil || answer.Usage.Input != 12 {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func BenchmarkEncodeRequest(b *testing.B) {
	r := &schema.Request{Format: schema.OpenAI, Model: "gemini-2.5-flash", Messages: []schema.Message{
		{Role: schema.RoleSystem, Parts: []schema.Part{{Kind: schema.PartText, Text: "Be brief."}}}, text("What is the weather in Rome?"),
	}, Tools: []schema.Tool{{Kind: schema.ToolFunction, Name: "f", Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`)}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Provider{}).EncodeRequest(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	chunk := []byte(`data: {"candidates":[{"content":{"parts":[{"text":"Hello there"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":2,"totalTokenCount":12},"modelVersion":"gemini-2.5-flash","responseId":"r"}` + "\n\n")
	b.Run("decode a chunk", func(b *testing.B) {
		d := Provider{}.NewDecoder(nil)
		var events []schema.Event
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if events, err = d.Append(events[:0], chunk); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode a delta", func(b *testing.B) {
		e := Client{}.NewEncoder(schema.Target{}, nil)
		delta := schema.Event{Kind: schema.EventDelta, Text: "Hello there"}
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if out, err = e.Append(out[:0], &delta); err != nil {
				b.Fatal(err)
			}
		}
	})
}
