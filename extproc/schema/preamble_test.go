package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

var (
	chat      = schema.Target{Op: schema.OpChat}
	responses = schema.Target{Op: schema.OpResponses}
	messages  = schema.Target{Op: schema.OpMessages}
	counting  = schema.Target{Op: schema.OpCountTokens}
	generate  = schema.Target{Op: schema.OpGenerate, Model: "m"}
)

func TestASystemPreambleComesBeforeTheRequestsOwn(t *testing.T) {
	set := func(name, value string) []schema.Field {
		return []schema.Field{{Name: name, Value: json.RawMessage(value)}}
	}
	for name, tc := range map[string]struct {
		face       schema.Client
		target     schema.Target
		edit       schema.Edit
		body, want string
	}{
		"chat": {openai.Client{}, chat, schema.Edit{},
			`{"messages": [ {"role":"user","content":"a"} ], "x":1.0e0}`,
			`{"messages": [{"role":"system","content":"Be \"kind\"."}, {"role":"user","content":"a"} ], "x":1.0e0}`},
		"chat, before a system message": {openai.Client{}, chat, schema.Edit{},
			`{"messages":[{"role":"system","content":"own"},{"role":"user","content":"a"}]}`,
			`{"messages":[{"role":"system","content":"Be \"kind\"."},{"role":"system","content":"own"},{"role":"user","content":"a"}]}`},
		"chat, as a developer where the client has one": {openai.Client{}, chat, schema.Edit{},
			`{"messages":[{"role":"user","content":"a"},{"role":"developer","content":"own"}]}`,
			`{"messages":[{"role":"developer","content":"Be \"kind\"."},{"role":"user","content":"a"},{"role":"developer","content":"own"}]}`},
		"chat without messages": {openai.Client{}, chat, schema.Edit{},
			`{"messages":[ ]}`, `{"messages":[{"role":"system","content":"Be \"kind\"."} ]}`},
		"completions have no place for it": {openai.Client{}, schema.Target{Op: schema.OpCompletions}, schema.Edit{}, `{"prompt":"a"}`, `{"prompt":"a"}`},
		"embeddings have no place for it":  {openai.Client{}, schema.Target{Op: schema.OpEmbeddings}, schema.Edit{}, `{"input":"a"}`, `{"input":"a"}`},
		"responses": {openai.Client{}, responses, schema.Edit{},
			`{"input":"a"}`, `{"input":"a","instructions":"Be \"kind\"."}`},
		"responses with instructions, whose spelling stays": {openai.Client{}, responses, schema.Edit{},
			`{"instructions": "ow\u006e","input":"a"}`, `{"instructions": "Be \"kind\".\n\now\u006e","input":"a"}`},
		"responses with empty instructions": {openai.Client{}, responses, schema.Edit{},
			`{"instructions":"","input":"a"}`, `{"instructions":"Be \"kind\".","input":"a"}`},
		"responses with null": {openai.Client{}, responses, schema.Edit{},
			`{"instructions":null,"input":"a"}`, `{"instructions":"Be \"kind\".","input":"a"}`},
		"responses whose instructions a policy forces": {openai.Client{}, responses, schema.Edit{Set: set("instructions", `"forced"`)},
			`{"instructions":"own","input":"a"}`, `{"instructions":"Be \"kind\".\n\nforced","input":"a"}`},
		"responses whose instructions a policy removes": {openai.Client{}, responses, schema.Edit{Remove: []string{"instructions"}},
			`{"instructions":"own","input":"a"}`, `{"instructions":"Be \"kind\".","input":"a"}`},
		"responses whose instructions a policy defaults": {openai.Client{}, responses, schema.Edit{Default: set("instructions", `"default"`)},
			`{"input":"a"}`, `{"input":"a","instructions":"Be \"kind\".\n\ndefault"}`},
		"messages": {anthropic.Client{}, messages, schema.Edit{},
			`{"messages":[]}`, `{"messages":[],"system":"Be \"kind\"."}`},
		"messages with a system string": {anthropic.Client{}, messages, schema.Edit{},
			`{"system":"own","messages":[]}`, `{"system":"Be \"kind\".\n\nown","messages":[]}`},
		"messages with blocks, whose cache markers stay": {anthropic.Client{}, messages, schema.Edit{},
			`{"system":[{"type":"text","text":"own","cache_control":{"type":"ephemeral"}}],"messages":[]}`,
			`{"system":[{"type":"text","text":"Be \"kind\"."},{"type":"text","text":"own","cache_control":{"type":"ephemeral"}}],"messages":[]}`},
		"messages with no blocks": {anthropic.Client{}, messages, schema.Edit{},
			`{"system":[],"messages":[]}`, `{"system":[{"type":"text","text":"Be \"kind\"."}],"messages":[]}`},
		"messages with null": {anthropic.Client{}, messages, schema.Edit{},
			`{"system":null,"messages":[]}`, `{"system":"Be \"kind\".","messages":[]}`},
		"what is counted": {anthropic.Client{}, counting, schema.Edit{},
			`{"messages":[]}`, `{"messages":[],"system":"Be \"kind\"."}`},
		"gemini": {gemini.Client{}, generate, schema.Edit{},
			`{"contents":[]}`, `{"contents":[],"systemInstruction":{"parts":[{"text":"Be \"kind\"."}]}}`},
		"gemini with an instruction in the other spelling": {gemini.Client{}, generate, schema.Edit{},
			`{"system_instruction":{"role":"system","parts":[{"text":"own"}]},"contents":[]}`,
			`{"system_instruction":{"role":"system","parts":[{"text":"Be \"kind\"."},{"text":"own"}]},"contents":[]}`},
		"gemini with one part": {gemini.Client{}, generate, schema.Edit{},
			`{"systemInstruction":{"parts":{"text":"own"}},"contents":[]}`,
			`{"systemInstruction":{"parts":[{"text":"Be \"kind\"."},{"text":"own"}]},"contents":[]}`},
		"gemini with a role alone": {gemini.Client{}, generate, schema.Edit{},
			`{"systemInstruction":{"role":"user"},"contents":[]}`,
			`{"systemInstruction":{"role":"user","parts":[{"text":"Be \"kind\"."}]},"contents":[]}`},
		"gemini with a string": {gemini.Client{}, generate, schema.Edit{},
			`{"systemInstruction":"own","contents":[]}`,
			`{"systemInstruction":{"parts":[{"text":"Be \"kind\"."},{"text":"own"}]},"contents":[]}`},
		"gemini with null and a limit": {gemini.Client{}, generate, schema.Edit{MaxOutputTokens: 5},
			`{"systemInstruction":null,"contents":[]}`,
			`{"systemInstruction":{"parts":[{"text":"Be \"kind\"."}]},"contents":[],"generationConfig":{"maxOutputTokens":5}}`},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := tc.face.Scan(tc.target, []byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			tc.edit.System = `Be "kind".`
			got, err := tc.face.Patch(tc.target, []byte(tc.body), &facts, &tc.edit)
			if err != nil || string(got) != tc.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, tc.want)
			}
		})
	}
}

// FuzzNoRequestEscapesTheSystemPreamble holds the patched body against what translation reads of it.
func FuzzNoRequestEscapesTheSystemPreamble(f *testing.F) {
	targets := []struct {
		face   schema.Client
		target schema.Target
	}{{openai.Client{}, chat}, {openai.Client{}, responses}, {anthropic.Client{}, messages}, {gemini.Client{}, generate}}
	for _, body := range []string{
		`{"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"developer","content":"d"}],"max_tokens":1}`,
		`{"input":"a","instructions":"\u00e9"}`, `{"system":[{"type":"text","text":"t"}],"messages":[]}`, `{"system":"s","messages":[]}`,
		`{"contents":[],"system_instruction":{"parts":[{"text":"t"}]}}`, `{"contents":[],"systemInstruction":"t"}`,
	} {
		f.Add(uint8(0), body)
	}
	const preamble = "the organisation's word"
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		for i, tc := range targets {
			if int(which)%5 != i && which%5 != 4 {
				continue
			}
			facts, err := tc.face.Scan(tc.target, []byte(body))
			if err != nil {
				continue
			}
			patched, err := tc.face.Patch(tc.target, []byte(body), &facts, &schema.Edit{System: preamble})
			if err != nil {
				continue // refused
			}
			if _, err := tc.face.Scan(tc.target, patched); err != nil {
				t.Fatalf("%s\nbecomes %s, which does not read: %v", body, patched, err)
			}
			request, err := tc.face.DecodeRequest(tc.target, patched)
			if err != nil {
				continue
			}
			if len(request.Messages) == 0 || len(request.Messages[0].Parts) == 0 || !strings.HasPrefix(request.Messages[0].Parts[0].Text, preamble) {
				t.Fatalf("%s\nbecomes %s, of which translation reads first %+v", body, patched, request.Messages)
			}
		}
	})
}
