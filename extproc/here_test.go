package extproc

import (
	"encoding/json"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// FuzzRecall checks that whatever an answer brings is recalled, so that the answer's headers can be taken, or refused.
func FuzzRecall(f *testing.F) {
	for _, text := range []string{
		"", "{}", "null", `{"plan":{"try":[{}]}}`,
		`{"plan":{"id":"1","op":"chat_completions","try":[{"model":"a","provider":"far","name":"x"}]},"request":{"format":"openai","op":"chat_completions","turns":1}}`,
		`{"plan":{"op":"chat_completions","stream":true,"try":[{"provider":"near"}]},"asked":true}`,
		`{"plan":{"op":"responses","try":[{"provider":"far"}]},"request":{"op":"responses","tools":[{"kind":"function","name":"f","parameters":{}}],"output":{"Kind":"json_schema","Schema":{}}},"one_call":true}`,
	} {
		f.Add(text)
	}
	snapshot := &Snapshot{Providers: map[string]*Provider{
		"far":  {Name: "far", Format: schema.Anthropic, Face: anthropic.Provider{}},
		"near": {Name: "near", Format: schema.OpenAI, Face: openai.Provider{}, asker: openai.Provider{}},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		st := &stream{server: NewServer(nil), snapshot: snapshot, stage: stageAnswer, client: fallbackClient}
		if err := st.recall(text); err != nil {
			if st.adapt.request != nil || st.adapt.watch != nil {
				t.Errorf("refused with %v, and half recalled", err)
			}
			return
		}
		if st.adapt.answerState() == nil || st.adapt.provider == nil {
			t.Error("there is no way to take the answer")
		}
		if st.adapt.request == nil {
			return
		}
		again, err := st.remember()
		if err != nil || !json.Valid(again) {
			t.Errorf("what was recalled cannot be remembered again: %v: %s", err, again)
		}
	})
}
