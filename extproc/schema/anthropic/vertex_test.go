package anthropic

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestVertexNamesTheModelInThePathAndTheVersionInTheBody(t *testing.T) {
	const prefix = "/v1/projects/p/locations/us-east5/publishers/anthropic"
	for _, end := range []string{"", "/models", "/models/", "/"} {
		if path, ok := (Vertex{}).Locate(prefix+end, schema.OpMessages, "claude-haiku-4-5@20251001", false); !ok || path != prefix+"/models/claude-haiku-4-5@20251001:rawPredict" {
			t.Errorf("%q: %s, %v", end, path, ok)
		}
	}
	if path, _ := (Vertex{}).Locate(prefix, schema.OpMessages, "m", true); path != prefix+"/models/m:streamRawPredict" {
		t.Error(path)
	}
	if _, ok := (Vertex{}).Locate(prefix, schema.OpCountTokens, "m", false); ok {
		t.Error("tokens are counted by an estimate")
	}
	r := &schema.Request{Model: "claude-haiku-4-5", Stream: true, Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: "hi"}}}}}
	out, err := Vertex{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	v := gjson.ParseBytes(out.Body)
	if v.Get("model").Exists() || v.Get("anthropic_version").Str != "vertex-2023-10-16" || !v.Get("stream").Bool() || v.Get("messages.0.content").String() == "" {
		t.Errorf("%s", out.Body)
	}
	if !OnVertex(prefix) || OnVertex("/v1") {
		t.Error("Vertex AI is not told from Anthropic")
	}
}
