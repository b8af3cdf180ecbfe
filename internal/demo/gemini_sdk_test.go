package demo_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/llmroute/llmroute/internal/demo"
)

func geminiClient(t *testing.T, control, version string) (*demo.Provider, *genai.Client) {
	t.Helper()
	p, url := start(t, demo.Options{Schema: "gemini", Key: testKey, Models: []string{"gemini-2.5-flash", "gemini-3-pro"}})
	c, err := genai.NewClient(t.Context(), &genai.ClientConfig{
		APIKey: testKey, Backend: genai.BackendGeminiAPI,
		HTTPOptions: genai.HTTPOptions{BaseURL: url, APIVersion: version, Headers: http.Header{demo.ControlHeader: {control}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// generate returns the parts, the finish reason and the last usage.
func generate(t *testing.T, c *genai.Client, model string, contents []*genai.Content, config *genai.GenerateContentConfig, streamed bool) ([]*genai.Part, genai.FinishReason, *genai.GenerateContentResponseUsageMetadata) {
	t.Helper()
	if !streamed {
		r, err := c.Models.GenerateContent(t.Context(), model, contents, config)
		if err != nil {
			t.Fatal(err)
		}
		return r.Candidates[0].Content.Parts, r.Candidates[0].FinishReason, r.UsageMetadata
	}
	var parts []*genai.Part
	var finish genai.FinishReason
	var usage *genai.GenerateContentResponseUsageMetadata
	for r, err := range c.Models.GenerateContentStream(t.Context(), model, contents, config) {
		if err != nil {
			t.Fatal(err)
		}
		usage, finish = r.UsageMetadata, r.Candidates[0].FinishReason
		for _, p := range r.Candidates[0].Content.Parts {
			last := len(parts) - 1
			switch {
			case p.FunctionCall == nil && p.Text == "":
			case p.FunctionCall == nil && last >= 0 && parts[last].FunctionCall == nil && parts[last].Thought == p.Thought:
				parts[last].Text += p.Text
			default:
				parts = append(parts, p)
			}
		}
	}
	return parts, finish, usage
}

func TestGeminiGeneratesContentWholeAndStreamed(t *testing.T) {
	for _, version := range []string{"v1beta", "v1"} {
		for _, streamed := range []bool{false, true} {
			p, c := geminiClient(t, "cached=30; reasoning=20", version)
			parts, finish, u := generate(t, c, "gemini-2.5-flash", genai.Text("Hello there"), &genai.GenerateContentConfig{
				SystemInstruction: genai.NewContentFromText("Be kind.", genai.RoleUser),
			}, streamed)
			want := `demo provider "alpha", model gemini-2.5-flash: you said “Hello there”. My instructions are “Be kind.”.`
			if len(parts) != 1 || parts[0].Text != want || finish != genai.FinishReasonStop {
				t.Errorf("%s, streamed %v: %+v %s", version, streamed, parts, finish)
			}
			cost := charged(t, p)
			if int32(cost.Usage.Output) != u.CandidatesTokenCount+u.ThoughtsTokenCount || int32(cost.Usage.Input) != u.PromptTokenCount ||
				u.ThoughtsTokenCount != 20 || u.CachedContentTokenCount != 30 || cost.Outcome != demo.Complete {
				t.Errorf("%s, streamed %v: charged %+v, usage %+v", version, streamed, cost, u)
			}
		}
	}
}

func TestGeminiCallsFunctionsAndWantsItsSignatureBack(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		_, c := geminiClient(t, "", "v1beta")
		config := &genai.GenerateContentConfig{
			ThinkingConfig: &genai.ThinkingConfig{IncludeThoughts: true, ThinkingBudget: genai.Ptr[int32](320)},
			Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
				Name: "get_weather", Parameters: &genai.Schema{
					Type: genai.TypeObject, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}, Required: []string{"city"},
				},
			}}}},
		}
		contents := genai.Text("What is the weather in both Paris and Rome?")
		parts, _, _ := generate(t, c, "gemini-3-pro", contents, config, streamed)
		if len(parts) != 3 || !parts[0].Thought || parts[1].ThoughtSignature == nil || parts[2].FunctionCall.Args["city"] != "Rome" {
			t.Fatalf("streamed %v: %+v", streamed, parts)
		}
		contents = append(contents, &genai.Content{Role: genai.RoleModel, Parts: parts}, &genai.Content{Role: genai.RoleUser, Parts: []*genai.Part{
			genai.NewPartFromFunctionResponse("get_weather", map[string]any{"output": "sunny"}),
			genai.NewPartFromFunctionResponse("get_weather", map[string]any{"output": "rainy"}),
		}})
		answer, _, _ := generate(t, c, "gemini-3-pro", contents, config, streamed)
		if text := answer[len(answer)-1].Text; !strings.Contains(text, "get_weather returned “sunny” and get_weather returned “rainy”") {
			t.Errorf("streamed %v: %s", streamed, text)
		}
		parts[1].ThoughtSignature = nil
		if _, err := c.Models.GenerateContent(t.Context(), "gemini-3-pro", contents, config); geminiStatus(err) != 400 {
			t.Errorf("a lost signature gives %v", err)
		}
		contents[2].Parts = contents[2].Parts[:1]
		if _, err := c.Models.GenerateContent(t.Context(), "gemini-2.5-flash", contents, config); geminiStatus(err) != 400 {
			t.Errorf("a lost response gives %v", err)
		}
	}
}

func TestGeminiOtherEndpoints(t *testing.T) {
	p, c := geminiClient(t, "", "v1beta")
	n, err := c.Models.CountTokens(t.Context(), "gemini-2.5-flash", genai.Text("Hello there"), nil)
	if err != nil || n.TotalTokens != 6 {
		t.Errorf("%+v, %v", n, err)
	}
	e, err := c.Models.EmbedContent(t.Context(), "gemini-2.5-flash", genai.Text("Hello there"), &genai.EmbedContentConfig{OutputDimensionality: genai.Ptr[int32](8)})
	if err != nil || len(e.Embeddings) != 1 || len(e.Embeddings[0].Values) != 8 || charged(t, p).Usage.Input != 3 {
		t.Errorf("%+v, %v", e, err)
	}
	if m, err := c.Models.Get(t.Context(), "gemini-2.5-flash", nil); err != nil || m.Name != "models/gemini-2.5-flash" {
		t.Errorf("%+v, %v", m, err)
	}
	json := &genai.GenerateContentConfig{ResponseMIMEType: "application/json", ResponseSchema: &genai.Schema{
		Type: genai.TypeObject, Properties: map[string]*genai.Schema{"ok": {Type: genai.TypeBoolean}}, Required: []string{"ok"},
	}}
	if parts, _, _ := generate(t, c, "gemini-2.5-flash", genai.Text("Hello"), json, false); parts[0].Text != `{"ok":true}` {
		t.Errorf("%+v", parts)
	}
}

func geminiStatus(err error) int {
	var e genai.APIError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestGeminiErrorsAreTheSDKsOwn(t *testing.T) {
	tests := map[string]struct {
		control string
		model   string
		config  *genai.GenerateContentConfig
		code    int
		status  string
	}{
		"unknown model": {model: "gemini-9", code: 404, status: "NOT_FOUND"},
		"rate limit":    {control: "status=429; retry-after=2", code: 429, status: "RESOURCE_EXHAUSTED"},
		"overloaded":    {control: "error=overloaded", code: 503, status: "UNAVAILABLE"},
		"wrong key":     {control: "error=auth", code: 400, status: "INVALID_ARGUMENT"},
		"not of the schema subset": {config: &genai.GenerateContentConfig{Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{
			{Name: "a b"},
		}}}}, code: 400, status: "INVALID_ARGUMENT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := geminiClient(t, test.control, "v1beta")
			model := "gemini-2.5-flash"
			if test.model != "" {
				model = test.model
			}
			_, err := c.Models.GenerateContent(t.Context(), model, genai.Text("Hello"), test.config)
			var e genai.APIError
			if !errors.As(err, &e) || e.Code != test.code || e.Status != test.status || e.Message == "" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestGeminiRefusesWhatItsJSONDoesNotHave(t *testing.T) {
	_, url := start(t, demo.Options{Schema: "gemini"})
	tests := map[string]struct {
		body string
		want int
	}{
		"plain":                {`{"contents":[{"parts":[{"text":"a"}]}]}`, 200},
		"snake case":           {`{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"AAAA"}}]}],"generation_config":{"max_output_tokens":5}}`, 200},
		"unknown at the top":   {`{"contents":[{"parts":[{"text":"a"}]}],"model_list":[]}`, 400},
		"unknown in a part":    {`{"contents":[{"parts":[{"text":"a","cache_control":{}}]}]}`, 400},
		"unknown in config":    {`{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"n":2}}`, 400},
		"additionalProperties": {`{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","additionalProperties":false}}]}]}`, 400},
		"nested $ref":          {`{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","properties":{"x":{"$ref":"#"}}}}]}]}`, 400},
		"JSON schema":          {`{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","additionalProperties":false}}]}]}`, 200},
		"no contents":          {`{}`, 400},
		"not JSON":             {`{`, 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			res, err := http.Post(url+"/v1beta/models/m:generateContent", "application/json", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if got, _ := io.ReadAll(res.Body); res.StatusCode != test.want {
				t.Errorf("%d %s", res.StatusCode, got)
			}
		})
	}
}

func TestGeminiStreamsAnArrayWithoutAltSSE(t *testing.T) {
	_, url := start(t, demo.Options{Schema: "gemini"})
	res, err := http.Post(url+"/v1beta/models/m:streamGenerateContent", "application/json", strings.NewReader(`{"contents":[{"parts":[{"text":"a"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var chunks []genai.GenerateContentResponse
	if err := json.NewDecoder(res.Body).Decode(&chunks); err != nil || len(chunks) < 5 {
		t.Errorf("%d chunks, %v", len(chunks), err)
	}
}
