package anthropic

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// withPreamble puts e.System before the request's own system prompt, be that a string or blocks. The blocks keep their cache
// markers.
func withPreamble(body []byte, f *schema.Facts, e *schema.Edit) *schema.Edit {
	own := e.Becomes(body, f, "system")
	if gjson.ParseBytes(own).IsArray() {
		return e.Put("system", schema.PrependElement(textBlock(e.System), own))
	}
	if schema.Missing(own) {
		own = nil
	}
	return e.Put("system", schema.PrependText(e.System, own))
}

func textBlock(text string) json.RawMessage {
	return append(gjson.AppendJSONString([]byte(`{"type":"text","text":`), text), '}')
}
