package schema_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/bedrock"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

func TestWhatAnthropicsOwnToolsFoundIsReadElsewhere(t *testing.T) {
	const searched = `{"model":"claude-sonnet-4-6","max_tokens":9,"messages":[{"role":"user","content":"q"},
		{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"owls"}},
			{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a.example","title":"Owls","encrypted_content":"EqgC","page_age":"1 day"}]},
			{"type":"code_execution_tool_result","tool_use_id":"srvtoolu_2","content":{"type":"code_execution_result","stdout":"42\n","stderr":"","return_code":0,"content":[]}},
			{"type":"text","text":"They hoot."}]},{"role":"user","content":"and?"}]}`
	const want = `["[web_search was called with {\"query\":\"owls\"}]","[web search result]\nhttps://a.example\nOwls","[code execution result]\n42","They hoot."]`
	for name, row := range map[string]struct {
		provider schema.Provider
		path     string
	}{
		"OpenAI":  {openai.Provider{}, "messages.1.content.#.text"},
		"Gemini":  {gemini.Provider{}, "contents.1.parts.#.text"},
		"Bedrock": {bedrock.Provider{}, "messages.1.content.#.text"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := row.provider.EncodeRequest(threadOf(t, searched))
			if err != nil || out.Lost != nil || gjson.GetBytes(out.Body, row.path).Raw != want {
				t.Errorf("%s\nlost %v, %v", out.Body, out.Lost, err)
			}
		})
	}
	out, err := anthropic.Provider{}.EncodeRequest(threadOf(t, searched))
	if err != nil || gjson.GetBytes(out.Body, "messages.1.content.@ugly").Raw != gjson.Get(searched, "messages.1.content.@ugly").Raw {
		t.Errorf("%s, %v", out.Body, err)
	}
}

func TestAUserWhoSaysNothingIsAnswered(t *testing.T) {
	blank := func(between ...schema.Message) *schema.Request {
		nothing := schema.Message{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: " "}}}
		return &schema.Request{Format: schema.OpenAI, Op: schema.OpChat, Model: "anthropic.claude-haiku-4-5", Messages: append(between, nothing)}
	}
	answer := schema.Message{Role: schema.RoleAssistant, Parts: []schema.Part{{Kind: schema.PartText, Text: "hi"}}}
	question := schema.Message{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: "q"}}}
	for name, provider := range map[string]schema.Provider{"Anthropic": anthropic.Provider{}, "Bedrock": bedrock.Provider{}} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []*schema.Request{blank(), blank(question, answer)} {
				out, err := provider.EncodeRequest(r)
				if err != nil {
					t.Fatal(err)
				}
				turns := gjson.GetBytes(out.Body, "messages").Array()
				last := turns[len(turns)-1]
				if len(turns) != len(r.Messages) || last.Get("role").Str != "user" || last.Get("content").Str != "." && last.Get("content.0.text").Str != "." {
					t.Errorf("got %s", out.Body)
				}
			}
		})
	}
}

func TestAGeminiSystemInstructionIsReadInEveryForm(t *testing.T) {
	for _, said := range []string{`"Be kind."`, `{"text":"Be kind."}`, `{"parts":[{"text":"Be kind."}]}`, `{"role":"system","parts":{"text":"Be kind."}}`} {
		body := []byte(`{"systemInstruction":` + said + `,"contents":[{"parts":[{"text":"hi"}]}]}`)
		target := schema.Target{Op: schema.OpGenerate, Model: "m"}
		r, err := gemini.Client{}.DecodeRequest(target, body)
		if err != nil || len(r.Messages) != 2 || r.Messages[0].Parts[0].Text != "Be kind." {
			t.Errorf("%s: %+v, %v", said, r, err)
		}
		f, err := gemini.Client{}.Scan(target, body)
		if err != nil || string(f.FirstSystem.Of(body)) != "Be kind." {
			t.Errorf("%s: policy reads %q, %v", said, f.FirstSystem.Of(body), err)
			continue
		}
		patched, err := gemini.Client{}.Patch(target, body, &f, &schema.Edit{System: "First."})
		if err != nil || gjson.GetBytes(patched, "systemInstruction.parts.#.text").Raw != `["First.","Be kind."]` || gjson.GetBytes(patched, "systemInstruction.text").Exists() {
			t.Errorf("%s: with a preamble %s, %v", said, patched, err)
		}
	}
}

func TestAGeminiClientsEnumIsAskedForInWordsElsewhere(t *testing.T) {
	const body = `{"contents":[{"role":"user","parts":[{"text":"which?"}]}],"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["owl","cat"]}}}`
	const words = "Answer with exactly one of the following, and nothing else: no explanation, no quotation marks.\nowl\ncat"
	for name, row := range map[string]struct {
		provider   schema.Provider
		path, want string
	}{
		"OpenAI":    {openai.Provider{}, "messages.0.content", words},
		"Anthropic": {anthropic.Provider{}, "system", words},
		"Bedrock":   {bedrock.Provider{}, "system.0.text", words},
		"Gemini":    {gemini.Provider{}, "generationConfig.responseMimeType", "text/x.enum"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := gemini.Client{}.DecodeRequest(schema.Target{Op: schema.OpGenerate, Model: "m"}, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			out, err := row.provider.EncodeRequest(r)
			if err != nil || out.Lost != nil || gjson.GetBytes(out.Body, row.path).Str != row.want {
				t.Errorf("%s\nlost %v, %v", out.Body, out.Lost, err)
			}
			if len(r.Messages) != 1 || r.Output.Kind != schema.OutputSchema {
				t.Errorf("the request itself was changed: %+v", r)
			}
		})
	}
}
