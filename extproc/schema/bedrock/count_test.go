package bedrock

import (
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

func TestTokensAreCounted(t *testing.T) {
	r := &schema.Request{Format: schema.Anthropic, Op: schema.OpCountTokens, Model: sonnet, Messages: []schema.Message{
		said(schema.RoleSystem, text("s")), said(schema.RoleUser, text("q")),
	}}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil || schematest.DiffJSON(t, `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"q"}]}],"system":[{"text":"s"}]}}}`, string(out.Body)) != "" {
		t.Errorf("got %s, %v", out.Body, err)
	}
	if path, ok := (Provider{}).Locate("", out.Op, "m", false); !ok || path != "/model/m/count-tokens" {
		t.Errorf("got %s", path)
	}
	answer, err := Provider{}.DecodeResponse(r, []byte(`{"inputTokens":12}`))
	if err != nil || answer.Usage.Input != 12 {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func BenchmarkDecodeStream(b *testing.B) {
	all := answer(b)
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	var events []schema.Event
	for b.Loop() {
		d := Provider{}.NewDecoder(nil)
		var err error
		if events, err = d.Append(events[:0], all); err != nil {
			b.Fatal(err)
		}
	}
}
