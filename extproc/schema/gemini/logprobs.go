package gemini

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// logprobsOf turns logprobsResult into OpenAI's logprobs object; nil if there is none.
//
//	{"chosenCandidates":[{"token":"a","logProbability":-0.1}],"topCandidates":[{"candidates":[…]}]}
//	{"content":[{"token":"a","logprob":-0.1,"bytes":null,"top_logprobs":[…]}],"refusal":null}
//
// Source: https://ai.google.dev/api/generate-content#LogprobsResult
func logprobsOf(v gjson.Result) []byte {
	chosen := v.Get("chosenCandidates").Array()
	if len(chosen) == 0 {
		return nil
	}
	top := v.Get("topCandidates").Array()
	var w jsonout.Writer
	w.Open('{')
	w.Key("content").Open('[')
	for i, c := range chosen {
		w.Open('{')
		writeToken(&w, c)
		w.Key("top_logprobs").Open('[')
		if i < len(top) {
			top[i].Get("candidates").ForEach(func(_, t gjson.Result) bool {
				w.Open('{')
				writeToken(&w, t)
				w.Close('}')
				return true
			})
		}
		w.Close(']')
		w.Close('}')
	}
	w.Close(']')
	w.Key("refusal").Raw([]byte("null"))
	w.Close('}')
	return w.B
}

func writeToken(w *jsonout.Writer, t gjson.Result) {
	w.Key("token").String(t.Get("token").String())
	w.Key("logprob").Float(t.Get("logProbability").Float())
	w.Key("bytes").Raw([]byte("null"))
}

// writeLogprobs is the reverse.
func writeLogprobs(w *jsonout.Writer, openai []byte) {
	content := gjson.GetBytes(openai, "content").Array()
	if len(content) == 0 {
		return
	}
	candidate := func(t gjson.Result) {
		w.Open('{')
		w.Key("token").String(t.Get("token").String())
		w.Key("logProbability").Float(t.Get("logprob").Float())
		w.Close('}')
	}
	w.Key("logprobsResult").Open('{')
	w.Key("chosenCandidates").Open('[')
	for _, t := range content {
		candidate(t)
	}
	w.Close(']')
	w.Key("topCandidates").Open('[')
	for _, t := range content {
		w.Open('{')
		w.Key("candidates").Open('[')
		for _, alternative := range t.Get("top_logprobs").Array() {
			candidate(alternative)
		}
		w.Close(']')
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
}
