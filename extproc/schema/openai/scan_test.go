package openai

import (
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestScanReadsWhatPolicyJudges(t *testing.T) {
	body := []byte(`{"model":"gpt-5-mini","models":["a","b"],"stream":true,"stream_options":{"include_usage":true},
		"max_tokens":10,"max_completion_tokens":20,"n":2,"parallel_tool_calls":true,"logprobs":true,
		"messages":[
			{"role":"developer","content":"Be brief."},
			{"role":"user","content":[{"type":"text","text":"What is this?"},
				{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
				{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},
				{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA"}}]},
			{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"1","content":"42"}],
		"tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search"}],
		"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}},
		"reasoning_effort":"high","prompt_cache_key":"k"}`)
	f, err := Client{}.Scan(schema.Target{Op: schema.OpChat}, body)
	if err != nil {
		t.Fatal(err)
	}
	if f.Model != "gpt-5-mini" || strings.Join(f.Models, ",") != "a,b" {
		t.Errorf("model %q, models %q", f.Model, f.Models)
	}
	got := []int{f.MaxOutputTokens, f.N, f.Messages, f.Tools, f.Images, f.Audio, f.Files}
	for i, want := range []int{20, 2, 4, 1, 1, 1, 1} {
		if got[i] != want {
			t.Errorf("count %d is %d, want %d (all: %v)", i, got[i], want, got)
		}
	}
	for name, flag := range map[string]bool{
		"stream": f.Stream, "usage": f.IncludeUsage, "parallel": f.ParallelTools, "logprobs": f.Logprobs,
		"schema": f.JSONSchema, "reasoning": f.Reasoning, "web search": f.WebSearch, "cache": f.PromptCache,
	} {
		if !flag {
			t.Errorf("%s was not seen", name)
		}
	}
	var texts []string
	for _, text := range f.Texts {
		texts = append(texts, string(text.Role)+":"+string(text.Raw.Of(body)))
	}
	if want := "developer:Be brief.|user:What is this?|tool:42"; strings.Join(texts, "|") != want {
		t.Errorf("texts %q, want %q", strings.Join(texts, "|"), want)
	}
}

func TestScanRefusesWrongTypes(t *testing.T) {
	for name, tc := range map[string]struct {
		op                schema.Op
		body, code, param string
	}{
		"model is a number":         {schema.OpChat, `{"model":1,"messages":[]}`, "invalid_type", "model"},
		"model is null":             {schema.OpChat, `{"model":null,"messages":[]}`, "invalid_type", "model"},
		"model is a list":           {schema.OpChat, `{"model":["a"],"messages":[]}`, "invalid_type", "model"},
		"models holds a number":     {schema.OpChat, `{"models":[1],"messages":[]}`, "invalid_type", "models"},
		"messages is a string":      {schema.OpChat, `{"model":"a","messages":"hi"}`, "invalid_type", "messages"},
		"a message is a string":     {schema.OpChat, `{"model":"a","messages":["hi"]}`, "invalid_type", "messages"},
		"a role is a number":        {schema.OpChat, `{"model":"a","messages":[{"role":1}]}`, "invalid_type", "messages.role"},
		"stream is a string":        {schema.OpChat, `{"model":"a","messages":[],"stream":"yes"}`, "invalid_type", "stream"},
		"max_tokens is negative":    {schema.OpChat, `{"model":"a","messages":[],"max_tokens":-1}`, "invalid_type", "max_tokens"},
		"max_tokens is a fraction":  {schema.OpChat, `{"model":"a","messages":[],"max_tokens":1.5}`, "invalid_type", "max_tokens"},
		"no messages":               {schema.OpChat, `{"model":"a"}`, "missing_field", "messages"},
		"no input for embeddings":   {schema.OpEmbeddings, `{"model":"a"}`, "missing_field", "input"},
		"two models":                {schema.OpChat, `{"model":"a","model":"b","messages":[]}`, "duplicate_field", "model"},
		"two models, one escaped":   {schema.OpChat, `{"model":"a","mod\u0065l":"b","messages":[]}`, "duplicate_field", "model"},
		"a model in another case":   {schema.OpChat, `{"model":"a","Model":"b","messages":[]}`, "ambiguous_field", "Model"},
		"two contents of a message": {schema.OpChat, `{"model":"a","messages":[{"role":"user","content":"a","content":"b"}]}`, "duplicate_field", "messages.content"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Client{}.Scan(schema.Target{Op: tc.op}, []byte(tc.body))
			e, ok := err.(*schema.Error)
			if !ok || e.Code != tc.code || e.Param != tc.param {
				t.Fatalf("got %#v, want code %s at %s", err, tc.code, tc.param)
			}
			if e.HTTPStatus() != 400 {
				t.Errorf("status %d", e.HTTPStatus())
			}
		})
	}
}

func TestScanReadsTheOtherOperations(t *testing.T) {
	for name, tc := range map[string]struct {
		op   schema.Op
		body string
		text int
		ids  int
	}{
		"a prompt":                {schema.OpCompletions, `{"model":"a","prompt":"hello"}`, 5, 0},
		"prompts":                 {schema.OpCompletions, `{"model":"a","prompt":["hello","you"]}`, 8, 0},
		"token ids":               {schema.OpCompletions, `{"model":"a","prompt":[1,2,3]}`, 0, 3},
		"embeddings":              {schema.OpEmbeddings, `{"model":"a","input":["hello","you"]}`, 8, 0},
		"embeddings of token ids": {schema.OpEmbeddings, `{"model":"a","input":[[1,2],[3]]}`, 0, 3},
		"a responses string":      {schema.OpResponses, `{"model":"a","input":"hello","instructions":"be kind"}`, 12, 0},
		"responses items":         {schema.OpResponses, `{"model":"a","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]},{"type":"function_call_output","call_id":"1","output":"yes"}]}`, 8, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Client{}.Scan(schema.Target{Op: tc.op}, []byte(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if f.TextBytes != tc.text || f.TokenIDs != tc.ids {
				t.Errorf("got %d bytes of text and %d token ids, want %d and %d", f.TextBytes, f.TokenIDs, tc.text, tc.ids)
			}
		})
	}
}

func FuzzScan(f *testing.F) {
	f.Add("chat_completions", []byte(`{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"tools":[],"n":1}`))
	f.Add("responses", []byte(`{"model":"a","input":[{"role":"user","content":"hi"}],"text":{"format":{"type":"json_object"}}}`))
	f.Add("embeddings", []byte(`{"model":"a","input":[[1],["x"]]}`))
	f.Fuzz(func(t *testing.T, op string, body []byte) {
		target := schema.Target{Op: schema.Op(op)}
		facts, err := Client{}.Scan(target, body)
		if err != nil {
			return
		}
		patched, err := Client{}.Patch(target, body, &facts, &schema.Edit{Model: "x/y", Remove: []string{"n"}, MaxOutputTokens: 7})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Client{}.Scan(target, patched)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, patched, err)
		}
		if again.Model != "x/y" || again.Member("n") != nil {
			t.Fatalf("%q became %q", body, patched)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	body := []byte(`{"model":"gpt-5-mini","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"` +
		strings.Repeat("Tell me about routing. ", 40) + `"}],"temperature":0.7,"stream":true}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Client{}).Scan(schema.Target{Op: schema.OpChat}, body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestScanTellsWhatOtherProvidersLeftInTheHistory(t *testing.T) {
	for name, tc := range map[string]struct {
		op      schema.Op
		body    string
		foreign bool
	}{
		"a plain history":          {schema.OpChat, `{"messages":[{"role":"assistant","content":"a","refusal":null,"reasoning_content":null}]}`, false},
		"thoughts in text":         {schema.OpChat, `{"messages":[{"role":"assistant","content":"a","reasoning_content":"hm"}]}`, true},
		"thoughts with signatures": {schema.OpChat, `{"messages":[{"role":"assistant","reasoning_details":[{"type":"reasoning.text"}]}]}`, true},
		"Google's signature":       {schema.OpChat, `{"messages":[{"role":"assistant","tool_calls":[{"id":"a","extra_content":{"google":{"thought_signature":"a"}}}]}]}`, true},
		"OpenAI's reasoning":       {schema.OpResponses, `{"input":[{"type":"reasoning","id":"rs_68af4030","encrypted_content":"gAAAAABo","summary":[]}]}`, false},
		"another's reasoning":      {schema.OpResponses, `{"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"anthropic:abc","summary":[]}]}`, true},
		"blacked out":              {schema.OpResponses, `{"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"redacted:anthropic:abc","summary":[]}]}`, true},
		"without proof":            {schema.OpResponses, `{"input":[{"type":"reasoning","id":"rs_1_0","summary":[]}]}`, true},
	} {
		f, err := Client{}.Scan(schema.Target{Op: tc.op}, []byte(tc.body))
		if err != nil || f.Foreign != tc.foreign {
			t.Errorf("%s: %v, %v", name, f.Foreign, err)
		}
	}
}
