package demo_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/llmroute/llmroute/internal/demo"
)

func anthropicClient(t *testing.T, o demo.Options, more ...option.RequestOption) (*demo.Provider, anthropic.Client) {
	t.Helper()
	o.Schema, o.Key = "anthropic", testKey
	p, url := start(t, o)
	return p, anthropic.NewClient(append([]option.RequestOption{
		option.WithBaseURL(url), option.WithAPIKey(testKey), option.WithMaxRetries(0),
	}, more...)...)
}

func message(text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: "claude-haiku-4-5", MaxTokens: 4096, System: []anthropic.TextBlockParam{{Text: "Be kind."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

func completeMessage(t *testing.T, c anthropic.Client, params anthropic.MessageNewParams, streamed bool) anthropic.Message {
	t.Helper()
	if !streamed {
		m, err := c.Messages.New(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		return *m
	}
	s := c.Messages.NewStreaming(t.Context(), params)
	var m anthropic.Message
	for s.Next() {
		if err := m.Accumulate(s.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return m
}

func TestAnthropicMessagesWholeAndStreamed(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		p, c := anthropicClient(t, demo.Options{}, option.WithHeader(demo.ControlHeader, "cached=30; cache-write=7"))
		m := completeMessage(t, c, message("Hello there"), streamed)
		want := `demo provider "alpha", model claude-haiku-4-5: you said “Hello there”. My instructions are “Be kind.”.`
		if len(m.Content) != 1 || m.Content[0].Text != want || m.StopReason != "end_turn" {
			t.Errorf("streamed %v: %+v", streamed, m)
		}
		cost := charged(t, p)
		u := m.Usage
		if int64(cost.Usage.Input) != u.InputTokens+u.CacheReadInputTokens+u.CacheCreationInputTokens || u.CacheReadInputTokens != 30 ||
			int64(cost.Usage.Output) != u.OutputTokens || cost.ID != m.ID {
			t.Errorf("streamed %v: charged %+v, usage %s", streamed, cost, u.RawJSON())
		}
	}
}

func TestAnthropicThinksUsesToolsAndWantsItsThoughtsBack(t *testing.T) {
	var schema anthropic.ToolInputSchemaParam
	if err := json.Unmarshal([]byte(weatherSchema), &schema); err != nil {
		t.Fatal(err)
	}
	for _, streamed := range []bool{false, true} {
		_, c := anthropicClient(t, demo.Options{})
		params := message("What is the weather in both Paris and Rome?")
		params.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
		params.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "get_weather", InputSchema: schema}}}
		m := completeMessage(t, c, params, streamed)
		if len(m.Content) != 3 || m.Content[0].Type != "thinking" || m.StopReason != "tool_use" || string(m.Content[2].Input) != `{"city":"Rome","unit":"f"}` {
			t.Fatalf("streamed %v: %+v", streamed, m)
		}
		params.Messages = append(params.Messages, m.ToParam(), anthropic.NewUserMessage(
			anthropic.NewToolResultBlock(m.Content[1].ID, "sunny", false), anthropic.NewToolResultBlock(m.Content[2].ID, "no data", true)))
		text := completeMessage(t, c, params, streamed).Content[1].Text
		if !strings.Contains(text, "get_weather returned “sunny” and get_weather failed with “no data”") {
			t.Errorf("streamed %v: %s", streamed, text)
		}
		params.Messages[1].Content[0].OfThinking.Signature = "forged"
		if _, err := c.Messages.New(t.Context(), params); anthropicStatus(err) != 400 {
			t.Errorf("a forged signature gives %v", err)
		}
	}
}

func TestAnthropicOtherEndpoints(t *testing.T) {
	_, c := anthropicClient(t, demo.Options{Models: []string{"claude-haiku-4-5"}})
	n, err := c.Messages.CountTokens(t.Context(), anthropic.MessageCountTokensParams{Model: "claude-haiku-4-5", Messages: message("Hello there").Messages})
	if err != nil || n.InputTokens != 6 {
		t.Errorf("%+v, %v", n, err)
	}
	list, err := c.Models.List(t.Context(), anthropic.ModelListParams{})
	if err != nil || len(list.Data) != 1 || list.Data[0].ID != "claude-haiku-4-5" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := c.Models.Get(t.Context(), "claude-9", anthropic.ModelGetParams{}); anthropicStatus(err) != 404 {
		t.Errorf("want 404, got %v", err)
	}
}

func anthropicStatus(err error) int {
	var e *anthropic.Error
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}

func TestAnthropicErrorsAreTheSDKsOwn(t *testing.T) {
	tests := map[string]struct {
		control string
		change  func(*anthropic.MessageNewParams)
		opts    []option.RequestOption
		status  int
		text    string
	}{
		"wrong key":      {opts: []option.RequestOption{option.WithAPIKey("another")}, status: 401, text: "authentication_error"},
		"no version":     {opts: []option.RequestOption{option.WithHeaderDel("anthropic-version")}, status: 400, text: "anthropic-version"},
		"overloaded":     {control: "error=overloaded", status: 529, text: "overloaded_error"},
		"rate limit":     {control: "status=429; retry-after=3", status: 429, text: "rate_limit_error"},
		"unknown member": {opts: []option.RequestOption{option.WithJSONSet("n", 2)}, status: 400, text: "n: Extra inputs are not permitted"},
		"both samplings": {change: func(p *anthropic.MessageNewParams) { p.Temperature, p.TopP = anthropic.Float(1), anthropic.Float(1) }, status: 400, text: "cannot both"},
		"no max_tokens":  {opts: []option.RequestOption{option.WithJSONDel("max_tokens")}, status: 400, text: "max_tokens: Field required"},
		"blank stop":     {change: func(p *anthropic.MessageNewParams) { p.StopSequences = []string{"\n"} }, status: 400, text: "non-whitespace"},
		"empty text": {change: func(p *anthropic.MessageNewParams) {
			p.Messages = append(p.Messages, anthropic.NewAssistantMessage(anthropic.NewTextBlock("")))
		}, status: 400, text: "non-empty"},
		"lost result": {change: func(p *anthropic.MessageNewParams) {
			p.Messages = append(p.Messages, anthropic.NewAssistantMessage(anthropic.NewToolUseBlock("toolu_1", map[string]any{}, "f")), p.Messages[0])
		}, status: 400, text: "tool_result"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := anthropicClient(t, demo.Options{}, append(test.opts, option.WithHeader(demo.ControlHeader, test.control))...)
			params := message("Hello there")
			if test.change != nil {
				test.change(&params)
			}
			_, err := c.Messages.New(t.Context(), params)
			var e *anthropic.Error
			if !errors.As(err, &e) || e.StatusCode != test.status || !strings.Contains(e.RawJSON(), test.text) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestAnthropicStreamReportsErrors(t *testing.T) {
	p, c := anthropicClient(t, demo.Options{}, option.WithHeader(demo.ControlHeader, "error-in-stream=3"))
	s := c.Messages.NewStreaming(t.Context(), message("Hello there"))
	var m anthropic.Message
	for s.Next() {
		if err := m.Accumulate(s.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Err() == nil || !strings.Contains(s.Err().Error(), "overloaded_error") || m.Content[0].Text != `demo provider "alpha",` {
		t.Errorf("%q, %v", m.Content[0].Text, s.Err())
	}
	if cost := charged(t, p); cost.Outcome != demo.Broken || cost.Usage.Output != 7 {
		t.Errorf("charged %+v", cost)
	}
}
