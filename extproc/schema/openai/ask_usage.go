package openai

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

var _ schema.UsageAsker = Provider{}

// AskUsage implements schema.UsageAsker: {"stream_options":{"include_usage":true}}, with the options that the client
// has set beside it. Responses tell usage unasked.
func (p Provider) AskUsage(op schema.Op, have json.RawMessage) (schema.Field, bool) {
	const member = "stream_options"
	if op != schema.OpChat && op != schema.OpCompletions || !p.Dialect.takes(member) {
		return schema.Field{}, false
	}
	out := []byte(`{"include_usage":true`)
	gjson.ParseBytes(have).ForEach(func(name, v gjson.Result) bool {
		if name.Type == gjson.String && name.Str != "include_usage" {
			out = append(append(append(append(out, ','), name.Raw...), ':'), v.Raw...)
		}
		return true
	})
	return schema.Field{Name: member, Value: append(out, '}')}, true
}

// ReadUsage implements schema.UsageAsker. The chunk that OpenAI adds has no choices:
//
//	{"id":"…","object":"chat.completion.chunk","created":1,"model":"…","choices":[],"usage":{"prompt_tokens":9,…}}
//
// Servers that follow OpenAI may tell usage in a chunk of the answer, and that one is not alone.
func (Provider) ReadUsage(event []byte) (u *schema.Usage, alone bool) {
	root := gjson.ParseBytes(event)
	if !json.Valid(event) || !root.IsObject() {
		return nil, false
	}
	if u = usageOf(root.Get("usage")); u == nil {
		return nil, false
	}
	alone = true
	root.ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "choices":
			alone = v.IsArray() && len(v.Array()) == 0
		case "id", "object", "created", "model", "usage", "service_tier", "system_fingerprint", "obfuscation", "provider",
			"timings", "time_info", "x_groq":
		default: // an error, Azure's filter results
			alone = v.Type == gjson.Null
		}
		return alone
	})
	return u, alone && root.Get("choices").Exists()
}
