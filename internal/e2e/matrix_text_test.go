package e2e

import (
	"fmt"
	"slices"
	"strings"
)

// features are the rows, in the order of the table.
var features = slices.Concat(textFeatures, toolFeatures, mediaFeatures, outputFeatures, optionFeatures, thinkingFeatures, answerFeatures, cannedFeatures, errorFeatures)

// says wants these words in the answer, which repeats what arrived.
func says(parts ...string) func(*reply, *crossing) string {
	return func(r *reply, _ *crossing) string {
		for _, part := range parts {
			if !strings.Contains(r.said(), part) {
				return fmt.Sprintf("the answer %q lacks %q", r.said(), part)
			}
		}
		if r.stop != "end" {
			return "stopped for " + r.stop
		}
		return ""
	}
}

// saying is one user's words.
func saying(text string) four {
	return four{
		fmt.Sprintf(`"messages":[{"role":"user","content":%q}]`, text),
		fmt.Sprintf(`"input":[{"role":"user","content":%q}]`, text),
		fmt.Sprintf(`"messages":[{"role":"user","content":%q}]`, text),
		fmt.Sprintf(`"contents":[{"role":"user","parts":[{"text":%q}]}]`, text),
	}
}

var textFeatures = []feature{
	{name: "text", got: says("you said “Hello!”")},
	{name: "text in several pieces when streamed", once: "stream", got: func(r *reply, _ *crossing) string {
		if r.text < 3 {
			return fmt.Sprintf("%d pieces", r.text)
		}
		return ""
	}},
	{name: "text of any letters", ask: saying("Grüße, 世界 👩‍👩‍👧 \\ \" \u2028 </script>"), got: says("“Grüße, 世界 👩‍👩‍👧 \\ \" \u2028 </script>”")},
	{name: "text in parts", ask: four{
		`"messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}]`,
		`"input":[{"role":"user","content":[{"type":"input_text","text":"one"},{"type":"input_text","text":"two"}]}]`,
		`"messages":[{"role":"user","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}]`,
		`"contents":[{"role":"user","parts":[{"text":"one"},{"text":"two"}]}]`,
	}, got: says("one", "two")},
	{name: "system prompt", ask: four{
		`"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}]`,
		`"instructions":"Be kind."`, `"system":"Be kind."`, `"systemInstruction":{"parts":[{"text":"Be kind."}]}`,
	}, got: says("you said “Hello!”", "My instructions are “Be kind.”")},
	{name: "system prompt in parts", ask: four{
		`"messages":[{"role":"system","content":[{"type":"text","text":"Be kind."},{"type":"text","text":"Be brief."}]},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"system","content":[{"type":"input_text","text":"Be kind."},{"type":"input_text","text":"Be brief."}]},{"role":"user","content":"Hello!"}]`,
		`"system":[{"type":"text","text":"Be kind."},{"type":"text","text":"Be brief."}]`,
		`"system_instruction":{"parts":[{"text":"Be kind."},{"text":"Be brief."}]}`,
	}, got: says("Be kind.", "Be brief.”")},
	{name: "developer message", ask: four{
		`"messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Hello!"}]`,
	}, got: says("My instructions are “Be kind.”")},
	{name: "instructions twice", ask: four{
		`"messages":[{"role":"system","content":"Be kind."},{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello!"}]`,
		`"instructions":"Be kind.","input":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello!"}]`,
	}, got: says("Be kind.", "Be brief.")},
	{name: "system message in the middle", ask: four{
		`"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"system","content":"Be kind."},{"role":"user","content":"Hello!"}]`,
	}, got: says("you said “Hello!”", "Be kind.")},
	{name: "system message at the end", ask: four{
		`"messages":[{"role":"user","content":"Hello!"},{"role":"system","content":"Be kind."}]`,
		`"input":[{"role":"user","content":"Hello!"},{"role":"system","content":"Be kind."}]`,
	}, got: says("you said “Hello!”", "Be kind.")},
	{name: "nothing but a system message", ask: four{
		`"messages":[{"role":"system","content":"Say something kind."}]`, `"input":[{"role":"system","content":"Say something kind."}]`,
	}, saw: map[string]string{
		"messages": "@this ~ Say something kind.", "generate": "@this ~ Say something kind.", "converse": "@this ~ Say something kind.",
		"chat": "messages.0.content = Say something kind.", "responses": "@this ~ Say something kind.",
	}},
	{name: "several turns", ask: four{
		`"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"user","content":"Hi."},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Yes?"}]},{"role":"user","content":"Hello!"}]`,
		`"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Hello!"}]`,
		`"contents":[{"role":"user","parts":[{"text":"Hi."}]},{"role":"model","parts":[{"text":"Yes?"}]},{"role":"user","parts":[{"text":"Hello!"}]}]`,
	}, got: says("you said “Hello!”", "This is your turn 2")},
	{name: "the user twice in a row", ask: four{
		`"messages":[{"role":"user","content":"Hi."},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"user","content":"Hi."},{"role":"user","content":"Hello!"}]`,
		`"messages":[{"role":"user","content":"Hi."},{"role":"user","content":"Hello!"}]`,
		`"contents":[{"role":"user","parts":[{"text":"Hi."}]},{"role":"user","parts":[{"text":"Hello!"}]}]`,
	}, got: says("Hello!”")},
	{name: "the assistant first", ask: four{
		`"messages":[{"role":"assistant","content":"How can I help?"},{"role":"user","content":"Hello!"}]`,
		`"input":[{"role":"assistant","content":"How can I help?"},{"role":"user","content":"Hello!"}]`,
		`"messages":[{"role":"assistant","content":"How can I help?"},{"role":"user","content":"Hello!"}]`,
		`"contents":[{"role":"model","parts":[{"text":"How can I help?"}]},{"role":"user","parts":[{"text":"Hello!"}]}]`,
	}, got: says("Hello!”")},
	{name: "a participant's name", ask: four{`"messages":[{"role":"user","name":"ada","content":"Hello!"}]`},
		saw: map[string]string{"chat": "messages.0.name = ada"}, got: says("Hello!”")},
}
