package gemini

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestAPingIsNothingToAGeminiClient(t *testing.T) {
	for _, array := range []bool{false, true} {
		e := Client{}.NewEncoder(schema.Target{Op: schema.OpGenerate, Stream: true, JSONArray: array}, &schema.Request{})
		if out, err := e.Append(nil, &schema.Event{Kind: schema.EventPing}); len(out) > 0 || err != nil {
			t.Errorf("%q, %v: Google's SDK for Python fails on a comment", out, err)
		}
	}
}

func TestAnUnknownReasonToStopAfterACallIsTheCall(t *testing.T) {
	if stop, _ := stopOf("FUNCTION_CALL", true); stop != schema.StopToolCalls {
		t.Errorf("stopped for %s", stop)
	}
	if stop, detail := stopOf("TIRED", false); stop != schema.StopOther || detail != "TIRED" {
		t.Errorf("stopped for %s %s", stop, detail)
	}
}

func TestAForeignCallIsSignedForGeminiAndKnownAgain(t *testing.T) {
	call := schema.Part{Kind: schema.PartToolCall, ID: "call_1", Name: "f", Args: "{}"}
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpGenerate}, &schema.Response{Choices: []schema.Choice{{Parts: []schema.Part{call, call}}}})
	if err != nil {
		t.Fatal(err)
	}
	content := gjson.GetBytes(body, "candidates.0.content")
	if content.Get("parts.0.thoughtSignature").Str != unsigned || content.Get("parts.1.thoughtSignature").Exists() {
		t.Errorf("got %s", content)
	}
	request := []byte(`{"contents":[` + content.Raw + `]}`)
	target := schema.Target{Op: schema.OpGenerate, Model: "m"}
	f, err := Client{}.Scan(target, request)
	if err != nil || !f.Foreign {
		t.Errorf("%v, %v", f.Foreign, err)
	}
	r, err := Client{}.DecodeRequest(target, request)
	if err != nil || r.Messages[0].Parts[0].Signature != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if f, err := (Client{}).Scan(target, []byte(`{"contents":[{"role":"model","parts":[{"thoughtSignature":"Z29vZ2xl","functionCall":{"name":"f"}}]}]}`)); f.Foreign || err != nil {
		t.Errorf("Google's own: %v, %v", f.Foreign, err)
	}
}
