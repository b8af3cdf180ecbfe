package anthropic

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// usage is the state of the counts. In a stream each count is a total that replaces the one before; what an event
// leaves out keeps its value, and an explicit zero is a value.
//
//	{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":100,
//	 "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},
//	 "output_tokens":7,"output_tokens_details":{"thinking_tokens":3},"service_tier":"standard"}
//
// Source: https://platform.claude.com/docs/en/build-with-claude/streaming#event-types
type usage struct {
	seen                        bool
	input, read, write, write1h int
	output, thinking            int
	tier                        string
}

// read takes a usage object and reports whether it said anything.
func (u *usage) update(v gjson.Result) bool {
	if !v.IsObject() {
		return false
	}
	take := func(dst *int, path string) {
		if n := v.Get(path); n.Type == gjson.Number && n.Num >= 0 && n.Num < 1<<53 {
			*dst, u.seen = int(n.Num), true
		}
	}
	take(&u.input, "input_tokens")
	take(&u.read, "cache_read_input_tokens")
	take(&u.write, "cache_creation_input_tokens")
	take(&u.write1h, "cache_creation.ephemeral_1h_input_tokens")
	take(&u.output, "output_tokens")
	take(&u.thinking, "output_tokens_details.thinking_tokens")
	if tier := v.Get("service_tier"); tier.Type == gjson.String {
		u.tier = tier.Str
	}
	return u.seen
}

// neutral counts cache reads and writes as input, which Anthropic's input_tokens leaves out.
func (u *usage) neutral() *schema.Usage {
	if !u.seen {
		return nil
	}
	return &schema.Usage{
		Input: u.input + u.read + u.write, CachedInput: u.read, CacheWrite: u.write, CacheWrite1h: u.write1h,
		Output: u.output, Reasoning: u.thinking,
	}
}

// writeUsage writes the counts as Anthropic has them. nil counts as zeros: its SDKs expect the object.
func writeUsage(w *jsonout.Writer, u *schema.Usage, tier string) {
	if u == nil {
		u = &schema.Usage{}
	}
	w.Open('{')
	w.Key("input_tokens").Int(int64(max(0, u.Input-u.CachedInput-u.CacheWrite)))
	w.Key("cache_creation_input_tokens").Int(int64(u.CacheWrite))
	w.Key("cache_read_input_tokens").Int(int64(u.CachedInput))
	if u.CacheWrite > 0 {
		w.Key("cache_creation").Open('{')
		w.Key("ephemeral_5m_input_tokens").Int(int64(max(0, u.CacheWrite-u.CacheWrite1h)))
		w.Key("ephemeral_1h_input_tokens").Int(int64(u.CacheWrite1h))
		w.Close('}')
	}
	w.Key("output_tokens").Int(int64(u.Output))
	if u.Reasoning > 0 {
		w.Key("output_tokens_details").Open('{')
		w.Key("thinking_tokens").Int(int64(u.Reasoning))
		w.Close('}')
	}
	if word := usageTiers[tier]; word != "" {
		w.Key("service_tier").String(word)
	}
	w.Close('}')
}

// usageTiers maps the tier that served an answer.
//
// Source: https://platform.claude.com/docs/en/api/service-tiers; https://platform.openai.com/docs/guides/priority-processing
var usageTiers = map[string]string{
	"standard": "standard", "priority": "priority", "batch": "batch", "default": "standard",
}
