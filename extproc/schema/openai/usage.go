package openai

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// usageOf reads the usage of Chat Completions, Completions and Embeddings; nil if there is none.
//
//	{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,
//	 "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0},
//	 "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}
//
// DeepSeek counts cache hits as prompt_cache_hit_tokens beside them. xAI alone counts reasoning apart from
// completion_tokens, which shows in total_tokens: what total has beyond the sum of both is reasoning.
//
// Source: https://platform.openai.com/docs/api-reference/chat/object#usage,
// https://api-docs.deepseek.com/api/create-chat-completion, https://docs.x.ai/docs/guides/reasoning
func usageOf(v gjson.Result) *schema.Usage {
	if !v.IsObject() {
		return nil
	}
	u := &schema.Usage{
		Input:       count0(v, "prompt_tokens"),
		Output:      count0(v, "completion_tokens"),
		Total:       count0(v, "total_tokens"),
		CachedInput: count0(v, "prompt_tokens_details.cached_tokens"),
		CacheWrite:  count0(v, "prompt_tokens_details.cache_write_tokens"),
		InputAudio:  count0(v, "prompt_tokens_details.audio_tokens"),
		Reasoning:   count0(v, "completion_tokens_details.reasoning_tokens"),
		OutputAudio: count0(v, "completion_tokens_details.audio_tokens"),
	}
	if u.CachedInput == 0 {
		u.CachedInput = count0(v, "prompt_cache_hit_tokens")
	}
	if u.Reasoning > 0 && u.Total == u.Input+u.Output+u.Reasoning {
		u.Output += u.Reasoning
	}
	return u
}

// count0 reads a count; nonsense counts as 0.
func count0(v gjson.Result, path string) int { return countOf(v.Get(path)) }

func countOf(v gjson.Result) int {
	n := v.Num
	if n < 0 || n > 1<<40 {
		return 0
	}
	return int(n)
}

// usage writes what usageOf reads.
func (w *writer) usage(u *schema.Usage) {
	w.object()
	w.num("prompt_tokens", int64(u.Input))
	w.num("completion_tokens", int64(u.Output))
	w.num("total_tokens", int64(total(u)))
	w.objectAt("prompt_tokens_details")
	w.num("cached_tokens", int64(u.CachedInput))
	if u.CacheWrite > 0 {
		w.num("cache_write_tokens", int64(u.CacheWrite))
	}
	w.num("audio_tokens", int64(u.InputAudio))
	w.endObject()
	w.objectAt("completion_tokens_details")
	w.num("reasoning_tokens", int64(u.Reasoning))
	w.num("audio_tokens", int64(u.OutputAudio))
	w.num("accepted_prediction_tokens", 0)
	w.num("rejected_prediction_tokens", 0)
	w.endObject()
	w.endObject()
}

func total(u *schema.Usage) int {
	if u.Total != 0 {
		return u.Total
	}
	return u.Input + u.Output
}

// responsesUsageOf reads the usage of Responses.
//
//	{"input_tokens":9,"input_tokens_details":{"cached_tokens":0},
//	 "output_tokens":12,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":21}
//
// Source: https://platform.openai.com/docs/api-reference/responses/object#usage
func responsesUsageOf(v gjson.Result) *schema.Usage {
	if !v.IsObject() {
		return nil
	}
	return &schema.Usage{
		Input:       count0(v, "input_tokens"),
		Output:      count0(v, "output_tokens"),
		Total:       count0(v, "total_tokens"),
		CachedInput: count0(v, "input_tokens_details.cached_tokens"),
		CacheWrite:  count0(v, "input_tokens_details.cache_write_tokens"),
		Reasoning:   count0(v, "output_tokens_details.reasoning_tokens"),
	}
}

func (w *writer) responsesUsage(u *schema.Usage) {
	w.object()
	w.num("input_tokens", int64(u.Input))
	w.objectAt("input_tokens_details")
	w.num("cached_tokens", int64(u.CachedInput))
	w.num("cache_write_tokens", int64(u.CacheWrite))
	w.endObject()
	w.num("output_tokens", int64(u.Output))
	w.objectAt("output_tokens_details")
	w.num("reasoning_tokens", int64(u.Reasoning))
	w.endObject()
	w.num("total_tokens", int64(total(u)))
	w.endObject()
}
