package gemini

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// usageOf reads usageMetadata. candidatesTokenCount does not count thoughts; promptTokenCount counts what came from
// the cache, but not what Google's tools read. Chunks repeat totals, which replace each other.
// Source: https://ai.google.dev/api/generate-content#UsageMetadata
func usageOf(v gjson.Result) schema.Usage {
	n := func(name string) int { return int(max(v.Get(name).Int(), 0)) }
	u := schema.Usage{
		Input:       n("promptTokenCount") + n("toolUsePromptTokenCount"),
		CachedInput: n("cachedContentTokenCount"),
		Reasoning:   n("thoughtsTokenCount"),
		Total:       n("totalTokenCount"),
	}
	u.Output = n("candidatesTokenCount") + u.Reasoning
	if !v.Get("candidatesTokenCount").Exists() && u.Total > u.Input+u.Reasoning { // Vertex AI leaves it out at times
		u.Output = u.Total - u.Input
	}
	u.InputAudio = audioOf(v.Get("promptTokensDetails"))
	u.OutputAudio = audioOf(v.Get("candidatesTokensDetails"))
	return u
}

// audioOf reads [{"modality":"AUDIO","tokenCount":12}].
func audioOf(details gjson.Result) (n int) {
	details.ForEach(func(_, v gjson.Result) bool {
		if v.Get("modality").String() == "AUDIO" {
			n += int(v.Get("tokenCount").Int())
		}
		return true
	})
	return n
}

// writeUsage writes usageMetadata.
func writeUsage(w *jsonout.Writer, u *schema.Usage) {
	total := u.Total
	if total == 0 {
		total = u.Input + u.Output
	}
	w.Key("usageMetadata").Open('{')
	w.Key("promptTokenCount").Int(int64(u.Input))
	w.Key("candidatesTokenCount").Int(int64(max(u.Output-u.Reasoning, 0)))
	w.Key("totalTokenCount").Int(int64(total))
	if u.CachedInput > 0 {
		w.Key("cachedContentTokenCount").Int(int64(u.CachedInput))
	}
	if u.Reasoning > 0 {
		w.Key("thoughtsTokenCount").Int(int64(u.Reasoning))
	}
	writeAudio(w, "promptTokensDetails", u.Input, u.InputAudio)
	writeAudio(w, "candidatesTokensDetails", u.Output-u.Reasoning, u.OutputAudio)
	w.Close('}')
}

func writeAudio(w *jsonout.Writer, name string, all, audio int) {
	if audio <= 0 {
		return
	}
	w.Key(name).Open('[')
	w.Open('{')
	w.Key("modality").String("TEXT")
	w.Key("tokenCount").Int(int64(max(all-audio, 0)))
	w.Close('}')
	w.Open('{')
	w.Key("modality").String("AUDIO")
	w.Key("tokenCount").Int(int64(audio))
	w.Close('}')
	w.Close(']')
}
