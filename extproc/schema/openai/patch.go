package openai

import "github.com/llmroute/llmroute/extproc/schema"

// limits are the members that bound the output. Where the client spelled none, the first is written.
var limits = map[schema.Op][]string{
	schema.OpChat:        {"max_completion_tokens", "max_tokens"},
	schema.OpCompletions: {"max_tokens"},
	schema.OpResponses:   {"max_output_tokens"},
}

// Patch implements schema.Client.
func (Client) Patch(t schema.Target, body []byte, f *schema.Facts, e *schema.Edit) ([]byte, error) {
	if e.System != "" {
		e = withPreamble(t.Op, body, f, e)
	}
	return schema.Splice(body, f, e, limits[t.Op]...), nil
}
