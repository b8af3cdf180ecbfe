package demo_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"

	"github.com/llmroute/llmroute/internal/demo"
)

func openAIClient(t *testing.T, o demo.Options, more ...option.RequestOption) (*demo.Provider, openai.Client) {
	t.Helper()
	o.Schema, o.Key = "openai", testKey
	p, url := start(t, o)
	return p, openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(url + "/v1"), option.WithAPIKey(testKey), option.WithMaxRetries(0),
	}, more...)...)
}

func hello() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    "gpt-5-mini",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be kind."), openai.UserMessage("Hello there")},
	}
}

func weatherTool() openai.ChatCompletionToolUnionParam {
	var schema shared.FunctionParameters
	_ = json.Unmarshal([]byte(weatherSchema), &schema)
	return openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "get_weather", Parameters: schema})
}

func TestOpenAIChatSaysWhoAnsweredAndWhatWasSaid(t *testing.T) {
	p, c := openAIClient(t, demo.Options{})
	r, err := c.Chat.Completions.New(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	want := `demo provider "alpha", model gpt-5-mini: you said “Hello there”. My instructions are “Be kind.”.`
	if got := r.Choices[0].Message.Content; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	cost := charged(t, p)
	if r.Choices[0].FinishReason != "stop" || r.Usage.TotalTokens != r.Usage.PromptTokens+r.Usage.CompletionTokens || r.Usage.PromptTokens == 0 {
		t.Errorf("finish %q, usage %+v", r.Choices[0].FinishReason, r.Usage)
	}
	if cost.ID != r.ID || int64(cost.Usage.Output) != r.Usage.CompletionTokens || int64(cost.Usage.Input) != r.Usage.PromptTokens || cost.Outcome != demo.Complete {
		t.Errorf("charged %+v for %+v", cost, r.Usage)
	}
}

func TestOpenAIStreamAddsUpToTheWholeAnswer(t *testing.T) {
	p, c := openAIClient(t, demo.Options{})
	whole, err := c.Chat.Completions.New(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	p.Forget()
	params := hello()
	params.StreamOptions.IncludeUsage = param.NewOpt(true)
	params.N = param.NewOpt[int64](1)
	s := c.Chat.Completions.NewStreaming(t.Context(), params)
	var acc openai.ChatCompletionAccumulator
	chunks := 0
	for s.Next() {
		chunks++
		if !acc.AddChunk(s.Current()) {
			t.Fatal("the accumulator refuses a chunk")
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	if got, want := acc.Choices[0].Message.Content, whole.Choices[0].Message.Content; got != want || acc.Choices[0].FinishReason != "stop" {
		t.Errorf("got %q (%s), want %q", got, acc.Choices[0].FinishReason, want)
	}
	if chunks < 10 || acc.Usage.CompletionTokens != whole.Usage.CompletionTokens {
		t.Errorf("%d chunks, usage %+v, want %+v", chunks, acc.Usage, whole.Usage)
	}
	if cost := charged(t, p); int64(cost.Usage.Output) != acc.Usage.CompletionTokens || cost.Outcome != demo.Complete || !cost.Stream {
		t.Errorf("charged %+v", cost)
	}
}

func TestOpenAIStreamWithoutIncludeUsageHasNone(t *testing.T) {
	_, c := openAIClient(t, demo.Options{})
	s := c.Chat.Completions.NewStreaming(t.Context(), hello())
	for s.Next() {
		if chunk := s.Current(); chunk.JSON.Usage.Valid() || len(chunk.Choices) == 0 {
			t.Errorf("unexpected chunk %s", chunk.RawJSON())
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
}

func TestOpenAIToolsAreCalledInParallelAndTheirResultsQuoted(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		_, c := openAIClient(t, demo.Options{})
		params := hello()
		params.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is the weather in both Paris and Rome?")}
		params.Tools = []openai.ChatCompletionToolUnionParam{weatherTool()}
		answer := completeChat(t, c, params, streamed)
		calls := answer.Choices[0].Message.ToolCalls
		if answer.Choices[0].FinishReason != "tool_calls" || len(calls) != 2 || calls[0].ID == calls[1].ID {
			t.Fatalf("streamed %v: %+v", streamed, answer.Choices[0])
		}
		if got := calls[1].Function.Arguments; got != `{"city":"Rome","unit":"f"}` {
			t.Errorf("streamed %v: arguments %s", streamed, got)
		}
		params.Messages = append(params.Messages, answer.Choices[0].Message.ToParam(),
			openai.ToolMessage("sunny", calls[0].ID), openai.ToolMessage("rainy", calls[1].ID))
		text := completeChat(t, c, params, streamed).Choices[0].Message.Content
		if !strings.Contains(text, "get_weather returned “sunny” and get_weather returned “rainy”") {
			t.Errorf("streamed %v: %s", streamed, text)
		}
		params.Messages = params.Messages[:3]
		if _, err := c.Chat.Completions.New(t.Context(), params); statusOf(err) != 400 {
			t.Errorf("a missing tool result gives %v", err)
		}
	}
}

func completeChat(t *testing.T, c openai.Client, params openai.ChatCompletionNewParams, streamed bool) openai.ChatCompletion {
	t.Helper()
	if !streamed {
		r, err := c.Chat.Completions.New(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		return *r
	}
	s := c.Chat.Completions.NewStreaming(t.Context(), params)
	var acc openai.ChatCompletionAccumulator
	for s.Next() {
		acc.AddChunk(s.Current())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return acc.ChatCompletion
}

func statusOf(err error) int {
	var e *openai.Error
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}

func TestOpenAIParametersShapeTheAnswer(t *testing.T) {
	imagePart := openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64,AAAA"})
	tests := map[string]struct {
		change  func(*openai.ChatCompletionNewParams)
		control string
		check   func(*openai.ChatCompletion) bool
	}{
		"max_completion_tokens cuts the answer": {
			change: func(p *openai.ChatCompletionNewParams) { p.MaxCompletionTokens = param.NewOpt[int64](5) },
			check: func(r *openai.ChatCompletion) bool {
				return r.Choices[0].FinishReason == "length" && r.Usage.CompletionTokens == 5
			},
		},
		"stop cuts before the sequence": {
			change: func(p *openai.ChatCompletionNewParams) {
				p.Stop = openai.ChatCompletionNewParamsStopUnion{OfString: param.NewOpt(" you")}
			},
			check: func(r *openai.ChatCompletion) bool {
				return strings.HasSuffix(r.Choices[0].Message.Content, "model gpt-5-mini:") && r.Choices[0].FinishReason == "stop"
			},
		},
		"n gives several answers": {
			change: func(p *openai.ChatCompletionNewParams) { p.N = param.NewOpt[int64](3) },
			check: func(r *openai.ChatCompletion) bool {
				return len(r.Choices) == 3 && r.Choices[2].Index == 2 && strings.HasSuffix(r.Choices[2].Message.Content, "(answer 3)")
			},
		},
		"logprobs come a word each": {
			change: func(p *openai.ChatCompletionNewParams) {
				p.Logprobs, p.TopLogprobs = param.NewOpt(true), param.NewOpt[int64](2)
			},
			check: func(r *openai.ChatCompletion) bool {
				l := r.Choices[0].Logprobs.Content
				return len(l) > 5 && l[0].Token == "demo" && len(l[0].TopLogprobs) == 2
			},
		},
		"images are counted": {
			change: func(p *openai.ChatCompletionNewParams) {
				p.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
					openai.TextContentPart("look"), imagePart, imagePart,
				})}
			},
			check: func(r *openai.ChatCompletion) bool {
				return strings.Contains(r.Choices[0].Message.Content, "I see 2 images.")
			},
		},
		"a JSON schema is met": {
			change: func(p *openai.ChatCompletionNewParams) {
				p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
					JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "w", Schema: json.RawMessage(weatherSchema)},
				}
			},
			check: func(r *openai.ChatCompletion) bool {
				return r.Choices[0].Message.Content == `{"city":"demo city","unit":"c"}`
			},
		},
		"reasoning effort costs reasoning tokens": {
			change: func(p *openai.ChatCompletionNewParams) { p.ReasoningEffort = "medium" },
			check: func(r *openai.ChatCompletion) bool {
				return r.Usage.CompletionTokensDetails.ReasoningTokens == 64 && r.Usage.CompletionTokens > 64
			},
		},
		"the control header sets the counts": {
			control: "alpha: tokens=500; reasoning=20; cached=30",
			check: func(r *openai.ChatCompletion) bool {
				return r.Usage.CompletionTokens == 520 && r.Usage.PromptTokensDetails.CachedTokens == 30 && r.Usage.PromptTokens > 30
			},
		},
		"a refusal stands apart from the content": {
			control: "refuse",
			check: func(r *openai.ChatCompletion) bool {
				return r.Choices[0].Message.Refusal != "" && r.Choices[0].Message.Content == ""
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := openAIClient(t, demo.Options{}, option.WithHeader(demo.ControlHeader, test.control))
			params := hello()
			if test.change != nil {
				test.change(&params)
			}
			r, err := c.Chat.Completions.New(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			if !test.check(r) {
				t.Errorf("unexpected answer %s", r.RawJSON())
			}
			streamed := completeChat(t, c, params, true)
			if got, want := streamed.Choices[0].Message.Content, r.Choices[0].Message.Content; got != want {
				t.Errorf("the stream says %q, want %q", got, want)
			}
			if len(streamed.Choices) != len(r.Choices) || streamed.Choices[0].FinishReason != r.Choices[0].FinishReason {
				t.Errorf("the stream ends otherwise: %+v", streamed.Choices)
			}
		})
	}
}

func TestOpenAIOtherEndpoints(t *testing.T) {
	_, c := openAIClient(t, demo.Options{Models: []string{"gpt-5-mini", "org/embed"}})
	t.Run("models are listed and found, unknown ones are not", func(t *testing.T) {
		list, err := c.Models.List(t.Context())
		if err != nil || len(list.Data) != 2 || list.Data[0].ID != "gpt-5-mini" {
			t.Errorf("%+v, %v", list, err)
		}
		if m, err := c.Models.Get(t.Context(), "org/embed"); err != nil || m.ID != "org/embed" {
			t.Errorf("%+v, %v", m, err)
		}
		if _, err := c.Models.Get(t.Context(), "gpt-9"); statusOf(err) != 404 {
			t.Errorf("want 404, got %v", err)
		}
	})
	t.Run("embeddings are unit vectors, alike for like texts", func(t *testing.T) {
		r, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
			Model: "org/embed", Dimensions: param.NewOpt[int64](64),
			Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"the red cat", "the red dog", "quite otherwise here"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		a, b, c := r.Data[0].Embedding, r.Data[1].Embedding, r.Data[2].Embedding
		if math.Abs(dot(a, a)-1) > 1e-5 || dot(a, b) < dot(a, c)+0.2 || len(a) != 64 || r.Usage.PromptTokens != 11 {
			t.Errorf("a·a %v, a·b %v, a·c %v, usage %+v", dot(a, a), dot(a, b), dot(a, c), r.Usage)
		}
	})
	t.Run("legacy completions answer, streamed as well", func(t *testing.T) {
		params := openai.CompletionNewParams{
			Model: "gpt-5-mini", MaxTokens: param.NewOpt[int64](100),
			Prompt: openai.CompletionNewParamsPromptUnion{OfArrayOfStrings: []string{"one", "two"}},
		}
		r, err := c.Completions.New(t.Context(), params)
		if err != nil || len(r.Choices) != 2 || !strings.Contains(r.Choices[1].Text, "you said “two”") {
			t.Fatalf("%+v, %v", r, err)
		}
		s := c.Completions.NewStreaming(t.Context(), params)
		text := map[int64]string{}
		for s.Next() {
			for _, ch := range s.Current().Choices {
				text[ch.Index] += ch.Text
			}
		}
		if s.Err() != nil || text[1] != r.Choices[1].Text {
			t.Errorf("%v, %v", text, s.Err())
		}
	})
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func TestOpenAIErrorsAreTheSDKsOwn(t *testing.T) {
	tests := map[string]struct {
		control string
		change  func(*openai.ChatCompletionNewParams)
		opts    []option.RequestOption
		status  int
		code    string
	}{
		"wrong key":          {opts: []option.RequestOption{option.WithAPIKey("another")}, status: 401, code: "invalid_api_key"},
		"unknown model":      {change: func(p *openai.ChatCompletionNewParams) { p.Model = "gpt-9" }, status: 404, code: "model_not_found"},
		"rate limit":         {control: "status=429; retry-after=2", status: 429, code: "rate_limit_exceeded"},
		"quota":              {control: "error=quota", status: 429, code: "insufficient_quota"},
		"context length":     {control: "error=context-length", status: 400, code: "context_length_exceeded"},
		"any status":         {control: "beta: hang, *: status=507", status: 507},
		"bad control":        {control: "alpha: explode", status: 400},
		"unknown member":     {opts: []option.RequestOption{option.WithJSONSet("models", []string{"a"})}, status: 400},
		"two limits":         {opts: []option.RequestOption{option.WithJSONSet("max_tokens", 3), option.WithJSONSet("max_completion_tokens", 3)}, status: 400},
		"options, no stream": {opts: []option.RequestOption{option.WithJSONSet("stream_options.include_usage", true)}, status: 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, c := openAIClient(t, demo.Options{Models: []string{"gpt-5-mini"}}, append(test.opts, option.WithHeader(demo.ControlHeader, test.control))...)
			params := hello()
			if test.change != nil {
				test.change(&params)
			}
			_, err := c.Chat.Completions.New(t.Context(), params)
			var e *openai.Error
			if !errors.As(err, &e) || e.StatusCode != test.status || test.code != "" && e.Code != test.code || e.Message == "" {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(test.control, "retry-after") && e.Response.Header.Get("Retry-After") != "2" {
				t.Error("no retry-after")
			}
			if len(p.Charged()) != 0 {
				t.Errorf("an error was charged: %+v", p.Charged())
			}
		})
	}
}
