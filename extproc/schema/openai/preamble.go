package openai

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// withPreamble puts e.System before the request's own system prompt: as the first message, or at the start of the
// instructions. Completions and embeddings have no place for it.
func withPreamble(op schema.Op, body []byte, f *schema.Facts, e *schema.Edit) *schema.Edit {
	switch op {
	case schema.OpChat:
		messages := e.Becomes(body, f, "messages")
		return e.Put("messages", schema.PrependElement(systemMessage(e.System, messages), messages))
	case schema.OpResponses:
		own := e.Becomes(body, f, "instructions")
		if gjson.ParseBytes(own).Type != gjson.String {
			own = nil
		}
		return e.Put("instructions", schema.PrependText(e.System, own))
	}
	return e
}

// systemMessage has the role that the client's own such messages have: the models that call it developer want no mixture.
//
// Source: https://platform.openai.com/docs/guides/reasoning, on developer messages
func systemMessage(text string, messages json.RawMessage) json.RawMessage {
	role := schema.RoleSystem
	if gjson.GetBytes(messages, `#(role=="developer").role`).Exists() {
		role = schema.RoleDeveloper
	}
	out := append([]byte(`{"role":"`), role...)
	out = append(out, `","content":`...)
	return append(gjson.AppendJSONString(out, text), '}')
}
