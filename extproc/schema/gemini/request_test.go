package gemini

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"google.golang.org/genai"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
	"github.com/llmroute/llmroute/policy/tokens"
)

func TestPathsOfBothAPIsAreKnown(t *testing.T) {
	for path, want := range map[string]schema.Target{
		"/v1beta/models/gemini-2.5-flash:generateContent":                        {Model: "gemini-2.5-flash"},
		"/v1/models/gemini-2.5-flash:generateContent":                            {Model: "gemini-2.5-flash"},
		"/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse":          {Model: "gemini-2.5-flash", Stream: true},
		"/v1beta/models/gemini-2.5-flash:streamGenerateContent?key=x&alt=SSE":    {Model: "gemini-2.5-flash", Stream: true},
		"/v1beta/models/gemini-2.5-flash:streamGenerateContent?%24alt=sse":       {Model: "gemini-2.5-flash", Stream: true},
		"/v1beta/models/gemini-2.5-flash:streamGenerateContent":                  {Model: "gemini-2.5-flash", Stream: true, JSONArray: true},
		"/v1beta/models/route/code:generateContent":                              {Model: "route/code"},
		"/v1beta/models/route%2Fcode:generateContent":                            {Model: "route/code"},
		"/v1beta/models/llama%3A70b:generateContent":                             {Model: "llama:70b"},
		"/v1beta/models/llama:70b%3AgenerateContent":                             {},
		"/v1/projects/p/locations/eu/publishers/google/models/g:generateContent": {Model: "g"},
		"/v1beta1/publishers/google/models/g:generateContent":                    {Model: "g"},
		"/v1beta/models/:generateContent":                                        {},
		"/v1beta/models/g:countTokens":                                           {Model: "g", Op: schema.OpCountTokens},
		"/v1beta/models/g:embedContent":                                          {Model: "g", Op: schema.OpEmbeddings, Single: true},
		"/v1beta/models/g:batchEmbedContents":                                    {Model: "g", Op: schema.OpEmbeddings},
		"/v1beta/models/g:predict":                                               {},
		"/v1beta/models/g":                                                       {},
		"/v2/models/g:generateContent":                                           {},
		"/v1beta/models/../x:generateContent":                                    {},
		"/v1beta/models/%zz:generateContent":                                     {},
		"/v1beta/tunedModels/g:generateContent":                                  {},
		"":                                                                       {},
	} {
		if want.Model != "" && want.Op == "" {
			want.Op = schema.OpGenerate
		}
		got, ok := MatchPath(path)
		if got != want || ok != (want.Model != "") {
			t.Errorf("%s: got %+v %v, want %+v", path, got, ok, want)
		}
	}
}

func TestOperationsAreFoundUnderEveryPrefix(t *testing.T) {
	vertex := "/v1/projects/p/locations/eu/publishers/google"
	for _, tc := range []struct {
		prefix, model string
		op            schema.Op
		stream        bool
		want          string
	}{
		{"", "gemini-2.5-flash", schema.OpGenerate, false, "/v1beta/models/gemini-2.5-flash:generateContent"},
		{"", "models/gemini-2.5-flash", schema.OpGenerate, true, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"},
		{"/v1", "g", schema.OpGenerate, false, "/v1/models/g:generateContent"},
		{"/v1beta/", "g", schema.OpGenerate, false, "/v1beta/models/g:generateContent"},
		{vertex, "g", schema.OpGenerate, true, vertex + "/models/g:streamGenerateContent?alt=sse"},
		{"", "a b?", schema.OpGenerate, false, "/v1beta/models/a%20b%3F:generateContent"},
		{"", "e", schema.OpEmbeddings, false, "/v1beta/models/e:batchEmbedContents"},
		{vertex, "e", schema.OpEmbeddings, false, ""},
		{"", "g", schema.OpChat, false, ""},
	} {
		if got, ok := (Provider{}).Locate(tc.prefix, tc.op, tc.model, tc.stream); got != tc.want || ok != (tc.want != "") {
			t.Errorf("%+v: got %q %v", tc, got, ok)
		}
	}
}

func TestScanReadsWhatPolicyMustKnow(t *testing.T) {
	body := []byte(`{"system_instruction":{"parts":[{"text":"sys"}]},"contents":[{"parts":[{"text":"hi \"you\""},
		{"inline_data":{"data":"QUJD","mime_type":"image/png"}},{"fileData":{"mimeType":"audio/wav","fileUri":"gs://a"}},{"fileData":{"fileUri":"gs://b"}}],"role":"model"}],
		"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"}]},{"google_search":{}}],
		"generation_config":{"max_output_tokens":9,"candidateCount":2,"responseMimeType":"application/json","responseJsonSchema":{},"responseLogprobs":true,"thinkingConfig":{"thinkingBudget":-1}},
		"cachedContent":"x"}`)
	f, err := Client{}.Scan(schema.Target{Op: schema.OpGenerate, Model: "g", Stream: true}, body)
	if err != nil {
		t.Fatal(err)
	}
	f.Members = nil
	var texts []string
	for _, text := range f.Texts {
		texts = append(texts, string(text.Role)+": "+string(text.Raw.Of(body)))
	}
	f.Texts, f.FirstSystem, f.FirstUser = nil, schema.Span{}, schema.Span{}
	want := schema.Facts{
		Model: "g", Stream: true, MaxOutputTokens: 9, N: 2, Messages: 1, Tools: 2, Images: 1, Audio: 1, Files: 1,
		JSONMode: true, JSONSchema: true, Reasoning: true, Logprobs: true, WebSearch: true, PromptCache: true,
		TextBytes: 3 + 10, ToolBytes: f.ToolBytes, TextTokens: f.TextTokens, MediaBytes: 4,
		ImageSizes: make([]tokens.Image, 1), // damaged
	}
	if f.TextTokens < 15 || f.TextTokens > 40 {
		t.Errorf("TextTokens %d", f.TextTokens)
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"system: sys", `assistant: hi \"you\"`}, texts); diff != "" {
		t.Error(diff)
	}
}

func TestBothSpellingsOfOneFieldAreRefused(t *testing.T) {
	for _, body := range []string{
		`{"contents":[],"systemInstruction":{},"system_instruction":{}}`,
		`{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","mime_type":"audio/wav","data":""}}]}]}`,
		`{"contents":[],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}`,
		`{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":0,"thinking_budget":9}}}`,
	} {
		_, err := Client{}.Scan(schema.Target{Model: "g"}, []byte(body))
		_, err2 := Client{}.DecodeRequest(schema.Target{Model: "g"}, []byte(body))
		for _, err := range []error{err, err2} {
			if e, ok := err.(*schema.Error); !ok || e.Code != "duplicate_field" {
				t.Errorf("%s: got %v", body, err)
			}
		}
	}
}

func TestBodiesThatSayTwoThingsAreRefused(t *testing.T) {
	for body, code := range map[string]string{
		`{}`:                           "missing_field",
		`{"contents":[],"model":"h"}`:  "ambiguous_field",
		`{"contents":{}}`:              "invalid_type",
		`{"contents":[]} {}`:           "invalid_json",
		`{"contents":[],"Contents":1}`: "ambiguous_field",
		`{"contents":[{"parts":[1]}]}`: "invalid_type",
	} {
		_, err := Client{}.Scan(schema.Target{Model: "models/g"}, []byte(body))
		if e, ok := err.(*schema.Error); !ok || e.Code != code {
			t.Errorf("%s: got %v, want %s", body, err, code)
		}
	}
	if _, err := (Client{}).Scan(schema.Target{Model: "g"}, []byte(`{"contents":[],"model":"models/g"}`)); err != nil {
		t.Error(err)
	}
}

func TestPatchChangesTheLimitWhereverItStands(t *testing.T) {
	for body, want := range map[string]string{
		`{"contents": [] }`: `{"contents": [],"generationConfig":{"maxOutputTokens":5} }`,
		`{"generation_config": {"temperature": 1.0, "max_output_tokens": 99 }, "contents":[]}`: `{"generation_config": {"temperature": 1.0, "max_output_tokens": 5 }, "contents":[]}`,
		`{"contents":[],"generationConfig":null}`:                                              `{"contents":[],"generationConfig":{"maxOutputTokens":5}}`,
	} {
		f, err := Client{}.Scan(schema.Target{Model: "g"}, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Client{}.Patch(schema.Target{Model: "g"}, []byte(body), &f, &schema.Edit{Model: "other", MaxOutputTokens: 5})
		if err != nil {
			t.Fatal(err)
		}
		if gjson.Parse(string(got)).String() != gjson.Parse(want).String() {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
		again, err := Client{}.Scan(schema.Target{Model: "g"}, got)
		if err != nil || again.MaxOutputTokens != 5 {
			t.Errorf("%s: the patched body says %d, %v", body, again.MaxOutputTokens, err)
		}
	}
}

// text is a user's message.
func text(s string) schema.Message {
	return schema.Message{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: s}}}
}

func upstream(t testing.TB, r *schema.Request) (gjson.Result, []string) {
	t.Helper()
	if r.Format == "" {
		r.Format = schema.OpenAI
	}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out.Body) {
		t.Fatalf("not JSON: %s", out.Body)
	}
	return gjson.ParseBytes(out.Body), out.Lost
}

func TestRequestCasesThatGatewaysGotWrong(t *testing.T) {
	no, yes := false, true
	call := func(id, name, args string) schema.Part {
		return schema.Part{Kind: schema.PartToolCall, ID: id, Name: name, Args: args}
	}
	tool := schema.Tool{Kind: schema.ToolFunction, Name: "f", Parameters: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`)}
	budget := func(n int) *int { return &n }
	for name, tc := range map[string]struct {
		r    schema.Request
		path string // of the body
		want string // JSON there; "" if nothing
		lost string
	}{
		"only parallel_tool_calls set forces no call": {
			r: schema.Request{Tools: []schema.Tool{tool}, ParallelTools: &yes}, path: "toolConfig", want: ``,
		},
		"parallel_tool_calls false is named as lost": {
			r: schema.Request{Tools: []schema.Tool{tool}, ParallelTools: &no}, path: "toolConfig", lost: "parallel_tool_calls",
		},
		"tool choice none":     {r: schema.Request{Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolNone}}, path: "toolConfig.functionCallingConfig.mode", want: `"NONE"`},
		"tool choice required": {r: schema.Request{Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolRequired}}, path: "toolConfig.functionCallingConfig", want: `{"mode":"ANY"}`},
		"tool choice named":    {r: schema.Request{Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolNamed, Name: "f"}}, path: "toolConfig.functionCallingConfig", want: `{"mode":"ANY","allowedFunctionNames":["f"]}`},
		"auto among some":      {r: schema.Request{Tools: []schema.Tool{tool}, ToolChoice: schema.ToolChoice{Mode: schema.ToolAuto, Allowed: []string{"f"}}}, path: "toolConfig.functionCallingConfig", want: `{"mode":"VALIDATED","allowedFunctionNames":["f"]}`},
		"a lone system message becomes the user's": {
			r:    schema.Request{Messages: []schema.Message{{Role: schema.RoleSystem, Parts: []schema.Part{{Kind: schema.PartText, Text: "s"}}}}},
			path: "contents", want: `[{"role":"user","parts":[{"text":"s"}]}]`,
		},
		"an empty user message is not empty": {
			r: schema.Request{Messages: []schema.Message{text("")}}, path: "contents.0.parts", want: `[{"text":" "}]`,
		},
		"null content with tool calls": {
			r:    schema.Request{Messages: []schema.Message{text("q"), {Role: schema.RoleAssistant, Parts: []schema.Part{call("1", "f", "")}}}},
			path: "contents.1.parts", want: `[{"functionCall":{"id":"1","name":"f","args":{}}}]`,
		},
		"an empty tool result": {
			r: schema.Request{Messages: []schema.Message{{Role: schema.RoleAssistant, Parts: []schema.Part{call("1", "f", "{}")}},
				{Role: schema.RoleTool, Parts: []schema.Part{{Kind: schema.PartToolResult, ID: "1"}}}}},
			path: "contents.1.parts.0.functionResponse", want: `{"id":"1","name":"f","response":{"output":""}}`,
		},
		"arguments that are no object": {
			r:    schema.Request{Messages: []schema.Message{{Role: schema.RoleAssistant, Parts: []schema.Part{call("1", "f", `{"a":`)}}}},
			path: "contents.0.parts.0.functionCall.args", want: `{"arguments":"{\"a\":"}`,
		},
		"an image in a tool result follows it for older models": {
			r: schema.Request{Model: "gemini-2.5-pro", Messages: []schema.Message{{Role: schema.RoleTool, Parts: []schema.Part{{
				Kind: schema.PartToolResult, ID: "1", Name: "f", Result: []schema.Part{{Kind: schema.PartImage, Media: schema.Media{Type: "image/png", Data: "QQ=="}}},
			}}}}},
			path: "contents.0.parts.1", want: `{"inlineData":{"mimeType":"image/png","data":"QQ=="}}`,
		},
		"another provider's thought stays out": {
			r: schema.Request{Messages: []schema.Message{text("q"), {Role: schema.RoleAssistant, Parts: []schema.Part{
				{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "x")}, {Kind: schema.PartText, Text: "a"},
			}}}},
			path: "contents.1.parts", want: `[{"text":"a"}]`,
		},
		"a thought's signature goes back onto the call": {
			r: schema.Request{Model: "gemini-3-pro", Messages: []schema.Message{text("q"), {Role: schema.RoleAssistant, Parts: []schema.Part{
				{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Gemini, "c2ln")}, call("1", "f", ""), call("2", "f", ""),
			}}}},
			path: "contents.1.parts.#.thoughtSignature", want: `["c2ln"]`,
		},
		"JSON mode":                             {r: schema.Request{Output: schema.OutputFormat{Kind: schema.OutputJSON}}, path: "generationConfig.responseMimeType", want: `"application/json"`},
		"JSON mode beside tools, before 3":      {r: schema.Request{Model: "gemini-2.5-pro", Tools: []schema.Tool{tool}, Output: schema.OutputFormat{Kind: schema.OutputJSON}}, path: "generationConfig", lost: "response_format (with tools)"},
		"n above the limit":                     {r: schema.Request{N: budget(9)}, path: "generationConfig", lost: "n"},
		"no thinking":                           {r: schema.Request{Model: "gemini-2.5-flash", Reasoning: schema.Reasoning{Effort: "none"}}, path: "generationConfig.thinkingConfig", want: `{"thinkingBudget":0}`},
		"no thinking at a model that must":      {r: schema.Request{Model: "gemini-2.5-pro", Reasoning: schema.Reasoning{Effort: "none"}}, path: "generationConfig.thinkingConfig", want: `{"thinkingBudget":128}`},
		"medium effort at Gemini 3":             {r: schema.Request{Model: "publishers/google/models/gemini-3.5-flash", Reasoning: schema.Reasoning{Effort: "medium"}}, path: "generationConfig.thinkingConfig", want: `{"thinkingLevel":"MEDIUM"}`},
		"thinking at a model that cannot":       {r: schema.Request{Model: "gemini-2.0-flash", Reasoning: schema.Reasoning{Effort: "high"}}, path: "generationConfig", lost: "reasoning"},
		"a plain-text document":                 {r: schema.Request{Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartFile, Media: schema.Media{Text: "A"}}}}}}, path: "contents.0.parts.0.inlineData", want: `{"mimeType":"text/plain","data":"QQ=="}`},
		"an address that Google cannot reach":   {r: schema.Request{Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartImage, Media: schema.Media{URL: "s3://b/a.png"}}}}}}, path: "contents.0.parts", want: `[{"text":" "}]`, lost: "messages[0].content[0] (image)"},
		"another provider's upload":             {r: schema.Request{Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartFile, Media: schema.Media{FileID: "file-1"}}}}}}, path: "contents.0.parts", want: `[{"text":" "}]`, lost: "messages[0].content[0] (file)"},
		"another provider's tool":               {r: schema.Request{Tools: []schema.Tool{{Kind: schema.ToolOther, Name: "computer", Raw: json.RawMessage(`{"type":"computer"}`)}}}, path: "tools", lost: "tools[0] (computer)"},
		"web search alone":                      {r: schema.Request{Tools: []schema.Tool{{Kind: schema.ToolWebSearch}}}, path: "tools", want: `[{"googleSearch":{}}]`},
		"web search beside functions, before 3": {r: schema.Request{Model: "gemini-2.5-pro", Tools: []schema.Tool{tool, {Kind: schema.ToolWebSearch}}}, path: "tools.1", lost: "tools[1] (web_search with functions)"},
		"a cache marker":                        {r: schema.Request{Messages: []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: "a", Cache: &schema.Cache{}}}}}}, path: "contents.0.parts", want: `[{"text":"a"}]`, lost: "messages[0].content[0].cache"},
	} {
		t.Run(name, func(t *testing.T) {
			got, lost := upstream(t, &tc.r)
			if at := got.Get(tc.path).Raw; schematest.DiffJSON(t, tc.want, at) != "" {
				t.Errorf("%s is %s, want %s", tc.path, at, tc.want)
			}
			if strings.Join(lost, ", ") != tc.lost {
				t.Errorf("lost %q, want %q", lost, tc.lost)
			}
		})
	}
}

func TestToolNamesAreMadeFitAndMappedBack(t *testing.T) {
	long := strings.Repeat("x", 70)
	r := &schema.Request{Format: schema.OpenAI, Tools: []schema.Tool{
		{Kind: schema.ToolFunction, Name: "plain_name-1"}, {Kind: schema.ToolFunction, Name: "1st"}, {Kind: schema.ToolFunction, Name: "mcp/größe"},
		{Kind: schema.ToolFunction, Name: long + "a"}, {Kind: schema.ToolFunction, Name: long + "b"},
	}}
	seen := map[string]bool{}
	for _, tool := range r.Tools {
		name := toolNames.Fit(tool.Name)
		if seen[name] || !toolNames.Takes(name) {
			t.Errorf("%q became %q", tool.Name, name)
		}
		seen[name] = true
		if back := changedNames(r).Client(name); back != tool.Name {
			t.Errorf("%q came back as %q", tool.Name, back)
		}
	}
	if toolNames.Fit("plain_name-1") != "plain_name-1" {
		t.Error("a good name changed")
	}
}

func TestClientRequestsComeBackTheSame(t *testing.T) {
	body := []byte(`{"contents":[{"role":"user","parts":[{"text":"a"},{"inlineData":{"mimeType":"video/mp4","data":"QUJD"},"videoMetadata":{"fps":1}},{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}]},
		{"role":"model","parts":[{"functionCall":{"id":"1","name":"weird/name","args":{"x":[1,2]}},"thoughtSignature":"c2ln"},{"text":"t","thoughtSignature":"c2lo"}]},
		{"role":"user","parts":[{"functionResponse":{"id":"1","name":"weird/name","response":{"a":1,"b":2},"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}]}],
		"generationConfig":{"candidateCount":1,"temperature":0,"thinkingConfig":{"thinkingLevel":"HIGH"},"stopSequences":["a"]},"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},
		"tools":[{"functionDeclarations":[{"name":"weird/name","response":{"type":"STRING"}}]}],"store":false,"serviceTier":"flex"}`)
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpGenerate, Model: "gemini-3-pro"}, body)
	if err != nil {
		t.Fatal(err)
	}
	got, lost := upstream(t, r)
	if len(lost) > 0 {
		t.Errorf("lost %q", lost)
	}
	if diff := schematest.DiffJSON(t, string(body), got.Raw); diff != "" {
		t.Error(diff)
	}
}

func TestForeignSignaturesSurviveAGeminiClient(t *testing.T) {
	for _, p := range []schema.Part{
		{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "EqoB+/="), SignedBy: schema.Anthropic},
		{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Anthropic, "data"), SignedBy: schema.Anthropic},
		{Kind: schema.PartThinking, Text: "hm", Signature: "gAAAA", SignedBy: schema.OpenAI},
		{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Gemini, "c2ln"), SignedBy: schema.Gemini},
	} {
		out, err := Client{}.EncodeResponse(schema.Target{}, &schema.Response{Choices: []schema.Choice{{Parts: []schema.Part{p}}}})
		if err != nil {
			t.Fatal(err)
		}
		var answer genai.GenerateContentResponse // the SDK decodes signatures from base64
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		history, err := json.Marshal(map[string]any{"contents": []any{answer.Candidates[0].Content}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Client{}.DecodeRequest(schema.Target{Model: "g"}, history)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, r.Messages[0].Parts[0]); diff != "" {
			t.Errorf("%+v: %s", p, diff)
		}
	}
}
