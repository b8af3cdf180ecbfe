package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy/tokens"
)

func TestScanReadsTheFacts(t *testing.T) {
	const body = `{"model":"claude-haiku-4-5","max_tokens":100,"stream":true,
		"system":[{"type":"text","text":"sys","cache_control":{"type":"ephemeral"}}],
		"messages":[{"role":"user","content":"hello"},
			{"role":"user","content":[{"source":{"data":"AAAA","type":"base64","media_type":"image/png"},"type":"image"},
				{"type":"document","source":{"type":"text","media_type":"text/plain","data":"doc"},"title":"t"}]},
			{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"tool_use","id":"toolu_a","name":"f","input":{"a":1}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a","content":[{"type":"text","text":"res"},{"type":"image","source":{"type":"url","url":"https://a"}}]},{"type":"text","text":"end"}]}],
		"tools":[{"name":"f","input_schema":{"Model":1}},{"type":"web_search_20250305","name":"web_search"}],
		"tool_choice":{"type":"auto","disable_parallel_tool_use":false},
		"thinking":{"type":"adaptive"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}}}`
	f, err := Client{}.Scan(schema.Target{Op: schema.OpMessages}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Facts{
		Model: "claude-haiku-4-5", Stream: true, MaxOutputTokens: 100, Messages: 4, Tools: 1, Images: 2, Files: 1,
		JSONSchema: true, ParallelTools: true, Reasoning: true, WebSearch: true, PromptCache: true, IncludeUsage: true,
		TextBytes: len("sys") + len("hello") + len("doc") + len(`"hm"`) + len(`{"a":1}`) + len("res") + len("end"), MediaBytes: 4,
		ImageSizes: make([]tokens.Image, 2), // neither says
	}
	if diff := cmp.Diff(want, f, cmpopts.IgnoreFields(schema.Facts{}, "Texts", "FirstSystem", "FirstUser", "Members", "ToolBytes", "TextTokens")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if f.ToolBytes < len(`[{"name":"f","input_schema":{"Model":1}}]`) {
		t.Errorf("ToolBytes %d", f.ToolBytes)
	}
	if f.TextTokens < 30 || f.TextTokens > 70 { // 13 of the texts, 40 of the rest
		t.Errorf("TextTokens %d", f.TextTokens)
	}
	var texts []string
	for _, text := range f.Texts {
		texts = append(texts, string(text.Role)+" "+string(text.Raw.Of([]byte(body))))
	}
	if diff := cmp.Diff([]string{"system sys", "user hello", "user doc", "tool res", "user end"}, texts); diff != "" {
		t.Errorf("texts (-want +got)\n%s", diff)
	}
	if m := f.Member("thinking"); m == nil || string(m.Value.Of([]byte(body))) != `{"type":"adaptive"}` {
		t.Errorf("member thinking: %+v", m)
	}
}

func TestSpacesBetweenTokensChangeNoFact(t *testing.T) {
	for name, body := range roundTrips {
		var compact, spaced bytes.Buffer
		if err := errors.Join(json.Compact(&compact, []byte(body)), json.Indent(&spaced, []byte(body), " ", "\t")); err != nil {
			t.Fatal(err)
		}
		want, err := Client{}.Scan(schema.Target{Op: schema.OpMessages}, compact.Bytes())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := Client{}.Scan(schema.Target{Op: schema.OpMessages}, spaced.Bytes())
		if err != nil {
			t.Errorf("%s, with spaces: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(schema.Span{}), cmpopts.IgnoreFields(schema.Facts{}, "TextBytes", "ToolBytes", "TextTokens")); diff != "" {
			t.Errorf("%s (-compact +spaced)\n%s", name, diff)
		}
	}
}

func TestReasoningIsAskedForByThinkingOrEffort(t *testing.T) {
	for members, want := range map[string]bool{
		``: false,
		`,"thinking":{"type":"enabled","budget_tokens":1024}`:              true,
		`,"thinking":{"type":"disabled"}`:                                  false,
		`,"output_config":{"effort":"low"}`:                                true,
		`,"output_config":{"effort":"low"},"thinking":{"type":"disabled"}`: false,
		`,"thinking":null,"output_config":null`:                            false,
	} {
		f, err := Client{}.Scan(schema.Target{}, []byte(`{"messages":[]`+members+`}`))
		if err != nil || f.Reasoning != want {
			t.Errorf("%s: %v, %v", members, f.Reasoning, err)
		}
	}
}

func TestNoBodyReadsTwoWays(t *testing.T) {
	for name, tc := range map[string]struct{ body, code string }{
		"two models":            {`{"model":"a","model":"b","messages":[]}`, "duplicate_field"},
		"an escaped second one": {`{"model":"a","mod\u0065l":"b","messages":[]}`, "duplicate_field"},
		"another case":          {`{"Model":"a","messages":[]}`, "ambiguous_field"},
		"two contents":          {`{"messages":[{"role":"user","content":"a","content":"b"}]}`, "duplicate_field"},
		"a model that is none":  {`{"model":["a"],"messages":[]}`, "invalid_type"},
		"a second document":     {`{"messages":[]}{}`, "invalid_json"},
		"an end too early":      {`{"messages":[`, "invalid_json"},
		"nothing":               {``, "invalid_json"},
		"no messages":           {`{"model":"a"}`, "missing_field"},
		"content of a number":   {`{"messages":[{"content":1}]}`, "invalid_type"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Client{}.Scan(schema.Target{}, []byte(tc.body))
			if e := asError(t, err); e.Code != tc.code {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestPatchChangesWhatItNames(t *testing.T) {
	body := []byte(`{ "model": "a", "messages": [] , "x": 1.0 }`)
	for _, tc := range []struct {
		op   schema.Op
		want string
	}{
		{schema.OpMessages, `{ "model": "b", "messages": [] , "x": 1.0,"max_tokens":5 }`},
		{schema.OpCountTokens, `{ "model": "b", "messages": [] , "x": 1.0 }`},
	} {
		target := schema.Target{Op: tc.op}
		f, err := Client{}.Scan(target, body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Client{}.Patch(target, body, &f, &schema.Edit{Model: "b", MaxOutputTokens: 5})
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %s, %v", tc.op, got, err)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, body := range roundTrips {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		facts, err := Client{}.Scan(schema.Target{}, body)
		if err != nil {
			asError(t, err)
			return
		}
		for _, text := range facts.Texts {
			if text.Raw.Start < 0 || text.Raw.End > len(body) || text.Raw.Start > text.Raw.End {
				t.Fatalf("span %v of %d bytes", text.Raw, len(body))
			}
		}
		patched, err := Client{}.Patch(schema.Target{}, body, &facts, &schema.Edit{Model: "other", MaxOutputTokens: 9})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Client{}.Scan(schema.Target{}, patched)
		if err != nil || again.Model != "other" || again.MaxOutputTokens != 9 || again.Messages != facts.Messages {
			t.Fatalf("%v: %+v of %s", err, again, patched)
		}
		if r, err := (Client{}).DecodeRequest(schema.Target{}, body); err == nil && r.Model != facts.Model {
			t.Fatalf("scan reads model %q, translation %q", facts.Model, r.Model)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	body := []byte(`{"model":"claude-haiku-4-5","max_tokens":100,"messages":[{"role":"user","content":"` + strings.Repeat("word ", 200) + `"}]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (Client{}).Scan(schema.Target{}, body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestScanTellsWhatOtherProvidersLeftInTheHistory(t *testing.T) {
	const thinks = `"thinking":{"type":"enabled","budget_tokens":2000},`
	for name, tc := range map[string]struct {
		more, block string
		foreign     bool
	}{
		"Claude's thought":                  {thinks, `{"type":"thinking","thinking":"a","signature":"EqQBCkYIBxgC"}`, false},
		"another's thought":                 {thinks, `{"type":"thinking","thinking":"a","signature":"gemini:abc"}`, true},
		"another's thought, blacked out":    {thinks, `{"type":"redacted_thinking","data":"bedrock:abc"}`, true},
		"Claude's call":                     {thinks, `{"type":"tool_use","id":"toolu_01","name":"f","input":{}}`, false},
		"another's call while thinking":     {thinks, `{"id":"call_1","name":"f","input":{},"type":"tool_use"}`, true},
		"another's call without thinking":   {"", `{"type":"tool_use","id":"call_1","name":"f","input":{}}`, false},
		"an image, whose data are no proof": {thinks, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aaaa"}}`, false},
	} {
		f, err := Client{}.Scan(schema.Target{Op: schema.OpMessages}, []byte(`{`+tc.more+`"messages":[{"role":"assistant","content":[`+tc.block+`]}]}`))
		if err != nil || f.Foreign != tc.foreign {
			t.Errorf("%s: %v, %v", name, f.Foreign, err)
		}
	}
}
