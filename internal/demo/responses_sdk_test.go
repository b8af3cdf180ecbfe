package demo_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/llmroute/llmroute/internal/demo"
)

func input(text string) responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: "gpt-5-mini", Instructions: param.NewOpt("Be kind."),
		Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt(text)},
	}
}

func weatherFunction() responses.ToolUnionParam {
	var schema map[string]any
	_ = json.Unmarshal([]byte(weatherSchema), &schema)
	return responses.ToolParamOfFunction("get_weather", schema, false)
}

// events reads a stream: the kinds in their order, each once, and the last response.
func events(t *testing.T, c openai.Client, params responses.ResponseNewParams) (kinds []string, text string, last responses.Response) {
	t.Helper()
	s := c.Responses.NewStreaming(t.Context(), params)
	seq := int64(0)
	for s.Next() {
		e := s.Current()
		if e.SequenceNumber != seq {
			t.Errorf("event %s has number %d, want %d", e.Type, e.SequenceNumber, seq)
		}
		seq++
		if len(kinds) == 0 || kinds[len(kinds)-1] != e.Type {
			kinds = append(kinds, e.Type)
		}
		if e.Type == "response.output_text.delta" || e.Type == "response.function_call_arguments.delta" {
			text += e.Delta
		}
		last = e.Response
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return kinds, text, last
}

func TestResponsesStreamHasTheWholeSequenceOfEvents(t *testing.T) {
	p, c := openAIClient(t, demo.Options{})
	whole, err := c.Responses.New(t.Context(), input("Hello there"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(whole.OutputText(), "you said “Hello there”. My instructions are “Be kind.”") {
		t.Errorf("%s", whole.RawJSON())
	}
	p.Forget()
	kinds, text, last := events(t, c, input("Hello there"))
	want := []string{
		"response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
		"response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done",
		"response.completed",
	}
	if !slices.Equal(kinds, want) || text != whole.OutputText() || last.OutputText() != text {
		t.Errorf("%v\n%q", kinds, text)
	}
	if cost := charged(t, p); int64(cost.Usage.Output) != last.Usage.OutputTokens || cost.ID != last.ID {
		t.Errorf("charged %+v, usage %+v", cost, last.Usage)
	}
}

func TestResponsesCallFunctionsAndQuoteTheirOutput(t *testing.T) {
	_, c := openAIClient(t, demo.Options{})
	params := input("What is the weather in Paris?")
	params.Tools = []responses.ToolUnionParam{weatherFunction()}
	kinds, args, last := events(t, c, params)
	if !slices.Contains(kinds, "response.function_call_arguments.done") || args != `{"city":"Paris","unit":"c"}` {
		t.Fatalf("%v %s", kinds, args)
	}
	call := last.Output[0].AsFunctionCall()
	if call.Name != "get_weather" || call.Arguments != args {
		t.Errorf("%+v", call)
	}
	params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{
		responses.ResponseInputItemParamOfMessage("What is the weather in Paris?", "user"),
		responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name),
		functionOutput(call.CallID, "sunny"),
	}}
	r, err := c.Responses.New(t.Context(), params)
	if err != nil || !strings.Contains(r.OutputText(), "get_weather returned “sunny”") {
		t.Errorf("%s %v", r.OutputText(), err)
	}
}

func TestResponsesReasonAndStopAtTheLimit(t *testing.T) {
	_, c := openAIClient(t, demo.Options{})
	params := input("Hello there")
	params.Reasoning = shared.ReasoningParam{Effort: "low", Summary: "auto"}
	params.MaxOutputTokens = param.NewOpt[int64](20)
	kinds, _, last := events(t, c, params)
	if !slices.Contains(kinds, "response.reasoning_summary_text.delta") || kinds[len(kinds)-1] != "response.incomplete" {
		t.Errorf("%v", kinds)
	}
	if last.Usage.OutputTokensDetails.ReasoningTokens != 16 || last.Usage.OutputTokens != 20 || last.IncompleteDetails.Reason != "max_output_tokens" {
		t.Errorf("%+v %+v", last.Usage, last.IncompleteDetails)
	}
}

func TestResponsesStreamReportsErrors(t *testing.T) {
	_, c := openAIClient(t, demo.Options{}, option.WithHeader(demo.ControlHeader, "error-in-stream=2"))
	s := c.Responses.NewStreaming(t.Context(), input("Hello there"))
	deltas, seq := 0, int64(0)
	for ; s.Next(); seq++ {
		switch e := s.Current(); e.Type {
		case "response.output_text.delta":
			deltas++
		case "error":
			if deltas != 2 || e.Message == "" || e.SequenceNumber != seq {
				t.Errorf("after %d deltas: %s", deltas, e.RawJSON())
			}
			return
		}
	}
	t.Errorf("no error event, %v", s.Err())
}

func functionOutput(callID, output string) responses.ResponseInputItemUnionParam {
	item := responses.ResponseInputItemParamOfFunctionCallOutput(output)
	item.OfFunctionCallOutput.CallID = param.NewOpt(callID)
	return item
}
