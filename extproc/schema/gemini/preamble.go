package gemini

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// withPreamble puts e.System before the request's own system instruction, as its first part.
func withPreamble(body []byte, f *schema.Facts, e *schema.Edit) (*schema.Edit, error) {
	own, err := instruction(textPart(e.System), e.Becomes(body, f, "systemInstruction"))
	if err != nil {
		return nil, err
	}
	return e.Put("systemInstruction", own), nil
}

// instruction is a system instruction with one more part before all others. own is {"parts":[…]}, {"parts":{…}}, {"text":"…"}, a
// string, as SDKs allow, null or nothing.
func instruction(part, own json.RawMessage) (json.RawMessage, error) {
	switch v := gjson.ParseBytes(own); {
	case v.Type == gjson.String:
		return json.RawMessage(`{"parts":[` + string(part) + `,{"text":` + v.Raw + `}]}`), nil
	case !v.IsObject():
		return json.RawMessage(`{"parts":[` + string(part) + `]}`), nil
	}
	f, err := jsonscan.Members(own, names, "systemInstruction")
	if err != nil {
		return nil, err
	}
	var parts json.RawMessage
	edit := schema.Edit{}
	if m := f.Member("parts"); m != nil {
		parts = m.Value.Of(own)
	} else if m := f.Member("text"); m != nil && gjson.ParseBytes(m.Value.Of(own)).Type == gjson.String {
		parts = json.RawMessage(`{"text":` + string(m.Value.Of(own)) + `}`)
		edit.Remove = []string{"text"}
	}
	switch v := gjson.ParseBytes(parts); {
	case v.IsArray():
		parts = schema.PrependElement(part, parts)
	case v.IsObject():
		parts = json.RawMessage(`[` + string(part) + `,` + v.Raw + `]`)
	default:
		parts = json.RawMessage(`[` + string(part) + `]`)
	}
	edit.Set = []schema.Field{{Name: "parts", Value: parts}}
	return schema.Splice(own, &f, &edit), nil
}

func textPart(text string) json.RawMessage {
	return append(gjson.AppendJSONString([]byte(`{"text":`), text), '}')
}
