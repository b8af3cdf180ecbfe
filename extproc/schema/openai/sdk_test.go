package openai

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// answer has one of everything that a chat model can say.
func fullAnswer() *schema.Response {
	return &schema.Response{
		ID: "abc", Model: "claude", Created: 5, Fingerprint: "fp", ServiceTier: "default",
		Choices: []schema.Choice{{
			Stop: schema.StopToolCalls,
			Parts: []schema.Part{
				{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "s1")},
				{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Anthropic, "d1")},
				{Kind: schema.PartText, Text: "Grüße "},
				{Kind: schema.PartText, Text: "<b>", Citations: []schema.Citation{{URL: "https://x.test", Title: "x", Start: 0, End: 3}, {CitedText: "page 3"}}},
				{Kind: schema.PartToolCall, ID: "c1", Name: "f", Args: `{"a":"\n"}`, Signature: schema.Sign(schema.Gemini, "g1")},
				{Kind: schema.PartToolCall, ID: "c2", Name: "g"},
			},
		}},
		Usage: &schema.Usage{Input: 10, CachedInput: 4, CacheWrite: 1, Output: 7, Reasoning: 2},
	}
}

// serve answers every request with the given body.
func serve(t *testing.T, contentType, body string) sdk.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", contentType)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return sdk.NewClient(option.WithBaseURL(server.URL), option.WithAPIKey("none"), option.WithMaxRetries(0))
}

// written encodes the answer as a stream.
func written(t *testing.T, op schema.Op, r *schema.Request, events []schema.Event) string {
	t.Helper()
	return string(schematest.Encode(t, Client{}.NewEncoder(schema.Target{Op: op}, r), events))
}

func TestSDKReadsAChatCompletion(t *testing.T) {
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpChat}, fullAnswer())
	if err != nil {
		t.Fatal(err)
	}
	client := serve(t, "application/json", string(body))
	got, err := client.Chat.Completions.New(context.Background(), sdk.ChatCompletionNewParams{})
	if err != nil {
		t.Fatal(err)
	}
	checkCompletion(t, got)
	m := got.Choices[0].Message
	if len(m.Annotations) != 1 || m.Annotations[0].URLCitation.StartIndex != 6 || m.Annotations[0].URLCitation.EndIndex != 9 {
		t.Errorf("annotations %s", m.JSON.Annotations.Raw())
	}
	wantDetails := `[{"type":"reasoning.text","text":"hm","signature":"s1","format":"anthropic-claude-v1","index":0},
		{"type":"reasoning.encrypted","data":"d1","format":"anthropic-claude-v1","index":1}]`
	if diff := schematest.DiffJSON(t, wantDetails, m.JSON.ExtraFields["reasoning_details"].Raw()); diff != "" {
		t.Error(diff)
	}
	if raw := m.ToolCalls[0].RawJSON(); !strings.Contains(raw, `"extra_content":{"google":{"thought_signature":"g1"}}`) {
		t.Errorf("no signature in %s", raw)
	}
}

func checkCompletion(t *testing.T, got *sdk.ChatCompletion) {
	t.Helper()
	m := got.Choices[0].Message
	if got.ID != "abc" || got.Model != "claude" || got.Created != 5 || m.Content != "Grüße <b>" || got.Choices[0].FinishReason != "tool_calls" {
		t.Errorf("got %s", got.RawJSON())
	}
	if len(m.ToolCalls) != 2 || m.ToolCalls[0].Function.Arguments != `{"a":"\n"}` || m.ToolCalls[1].Function.Arguments != "{}" || m.ToolCalls[1].ID != "c2" {
		t.Errorf("tool calls %+v", m.ToolCalls)
	}
	u := got.Usage
	if u.PromptTokens != 10 || u.CompletionTokens != 7 || u.TotalTokens != 17 || u.PromptTokensDetails.CachedTokens != 4 ||
		u.CompletionTokensDetails.ReasoningTokens != 2 {
		t.Errorf("usage %+v", u)
	}
}

func TestSDKAccumulatesAStreamedChatCompletion(t *testing.T) {
	stream := written(t, schema.OpChat, &schema.Request{IncludeUsage: true}, schema.Replay(fullAnswer()))
	client := serve(t, "text/event-stream", ":\n\n"+stream)
	s := client.Chat.Completions.NewStreaming(context.Background(), sdk.ChatCompletionNewParams{})
	var acc sdk.ChatCompletionAccumulator
	last := sdk.ChatCompletionChunk{}
	for s.Next() {
		last = s.Current()
		if !acc.AddChunk(last) {
			t.Fatalf("the SDK refuses %s", last.RawJSON())
		}
		if last.JSON.Usage.Raw() == "" {
			t.Errorf("usage is missing, not null: %s", last.RawJSON())
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	if len(last.Choices) != 0 || last.Usage.PromptTokensDetails.CacheWriteTokens != 1 {
		t.Errorf("the last chunk is %s", last.RawJSON())
	}
	checkCompletion(t, &acc.ChatCompletion)
	if !strings.HasSuffix(stream, "data: [DONE]\n\n") {
		t.Error("no [DONE]")
	}
}

func TestStreamWithoutIncludeUsageHasNone(t *testing.T) { // FIELD 10 and 47
	stream := written(t, schema.OpChat, &schema.Request{}, schema.Replay(fullAnswer()))
	if strings.Contains(stream, `"usage"`) || strings.Contains(stream, `"choices":[]`) {
		t.Error(stream)
	}
}

func TestSDKRaisesOnAnErrorInAStream(t *testing.T) {
	fault := &schema.Error{Kind: schema.KindOverloaded, Message: "try later"}
	for _, op := range []schema.Op{schema.OpChat, schema.OpCompletions, schema.OpResponses} {
		stream := written(t, op, &schema.Request{}, []schema.Event{{Kind: schema.EventStart}, {Kind: schema.EventError, Err: fault}})
		client := serve(t, "text/event-stream", stream)
		var err error
		if op == schema.OpResponses {
			s := client.Responses.NewStreaming(context.Background(), responses.ResponseNewParams{})
			for s.Next() {
			}
			err = s.Err()
		} else {
			s := client.Chat.Completions.NewStreaming(context.Background(), sdk.ChatCompletionNewParams{})
			for s.Next() {
			}
			err = s.Err()
		}
		if err == nil || !strings.Contains(err.Error(), "try later") {
			t.Errorf("%s: error %v of %s", op, err, stream)
		}
	}
}

func TestSDKReadsAResponse(t *testing.T) {
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpResponses}, fullAnswer())
	if err != nil {
		t.Fatal(err)
	}
	client := serve(t, "application/json", string(body))
	got, err := client.Responses.New(context.Background(), responses.ResponseNewParams{})
	if err != nil {
		t.Fatal(err)
	}
	checkResponse(t, got)
}

func checkResponse(t *testing.T, got *responses.Response) {
	t.Helper()
	if got.ID != "resp_abc" || got.Status != "completed" || got.OutputText() != "Grüße <b>" || len(got.Output) != 5 {
		t.Fatalf("got %s", got.RawJSON())
	}
	thought, redacted, message, call, empty := got.Output[0], got.Output[1], got.Output[2], got.Output[3], got.Output[4]
	if thought.Summary[0].Text != "hm" || thought.EncryptedContent != "anthropic:s1" || redacted.EncryptedContent != "redacted:anthropic:d1" {
		t.Errorf("thoughts %s %s", thought.RawJSON(), redacted.RawJSON())
	}
	if len(message.Content) != 2 || len(message.Content[1].Annotations) != 1 || message.Content[1].Annotations[0].EndIndex != 3 {
		t.Errorf("message %s", message.RawJSON())
	}
	if call.CallID != "c1" || call.Arguments.OfString != `{"a":"\n"}` || empty.Arguments.OfString != "{}" {
		t.Errorf("calls %s %s", call.RawJSON(), empty.RawJSON())
	}
	u := got.Usage
	if u.InputTokens != 10 || u.OutputTokens != 7 || u.TotalTokens != 17 || u.InputTokensDetails.CachedTokens != 4 || u.OutputTokensDetails.ReasoningTokens != 2 {
		t.Errorf("usage %+v", u)
	}
}

func TestSDKReadsAStreamedResponse(t *testing.T) {
	stream := written(t, schema.OpResponses, &schema.Request{}, schema.Replay(fullAnswer()))
	client := serve(t, "text/event-stream", stream)
	s := client.Responses.NewStreaming(context.Background(), responses.ResponseNewParams{})
	seen, opened := map[string]int{}, map[int64]bool{}
	var last responses.ResponseStreamEventUnion
	for i := int64(0); s.Next(); i++ {
		last = s.Current()
		seen[last.Type]++
		if last.SequenceNumber != i {
			t.Errorf("sequence_number %d at event %d", last.SequenceNumber, i)
		}
		switch last.Type {
		case "response.output_item.added":
			opened[last.OutputIndex] = true
		case "response.output_item.done":
			delete(opened, last.OutputIndex)
		}
	}
	if s.Err() != nil || len(opened) > 0 {
		t.Fatalf("error %v, items left open %v", s.Err(), opened)
	}
	if last.Type != "response.completed" {
		t.Fatalf("the last event is %s", last.RawJSON())
	}
	checkResponse(t, &last.Response)
	for name, n := range map[string]int{
		"response.created": 1, "response.in_progress": 1, "response.output_item.added": 5, "response.output_item.done": 5,
		"response.content_part.added": 2, "response.output_text.delta": 2, "response.output_text.done": 2, "response.content_part.done": 2,
		"response.output_text.annotation.added": 1, "response.function_call_arguments.delta": 2, "response.function_call_arguments.done": 2,
		"response.reasoning_summary_part.added": 1, "response.reasoning_summary_text.delta": 1, "response.reasoning_summary_text.done": 1,
		"response.reasoning_summary_part.done": 1,
	} {
		if seen[name] != n {
			t.Errorf("%d events %s, want %d", seen[name], name, n)
		}
	}
}

func TestResponseRepeatsItsRequest(t *testing.T) {
	body := `{"model":"m","instructions":"be brief","input":"hi","temperature":0.5,"max_output_tokens":9,"metadata":{"a":"b"},
		"tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"f"},
		"text":{"format":{"type":"json_object"}},"parallel_tool_calls":false}`
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpResponses}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	answer := fullAnswer()
	answer.Request = r
	answer.Choices[0].Stop = schema.StopLength
	out, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpResponses}, answer)
	if err != nil {
		t.Fatal(err)
	}
	var got responses.Response
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Instructions.OfString != "be brief" || got.Temperature != 0.5 || got.MaxOutputTokens != 9 || got.Metadata["a"] != "b" || got.ParallelToolCalls ||
		len(got.Tools) != 1 || got.Tools[0].Name != "f" || got.ToolChoice.Name != "f" || got.Text.Format.Type != "json_object" {
		t.Errorf("%s", out)
	}
	if got.Status != "incomplete" || got.IncompleteDetails.Reason != "max_output_tokens" {
		t.Errorf("status %s %s", got.Status, got.IncompleteDetails.Reason)
	}
}

func TestSDKReadsACompletionAndItsStream(t *testing.T) {
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpCompletions}, fullAnswer())
	if err != nil {
		t.Fatal(err)
	}
	client := serve(t, "application/json", string(body))
	got, err := client.Completions.New(context.Background(), sdk.CompletionNewParams{})
	if err != nil || got.Choices[0].Text != "Grüße <b>" || got.Usage.TotalTokens != 17 {
		t.Errorf("%v of %s", err, body)
	}
	stream := written(t, schema.OpCompletions, &schema.Request{IncludeUsage: true}, schema.Replay(fullAnswer()))
	client = serve(t, "text/event-stream", stream)
	s := client.Completions.NewStreaming(context.Background(), sdk.CompletionNewParams{})
	text, finish, tokens := "", "", int64(0)
	for s.Next() {
		c := s.Current()
		tokens = c.Usage.TotalTokens
		for _, choice := range c.Choices {
			text += choice.Text
			finish += string(choice.FinishReason)
		}
	}
	if s.Err() != nil || text != "Grüße <b>" || finish != "tool_calls" || tokens != 17 {
		t.Errorf("%v: %q %q %d", s.Err(), text, finish, tokens)
	}
}

func TestEmbeddingsComeInTheEncodingAskedFor(t *testing.T) {
	floats := schema.Embedding{Float: json.RawMessage(`[0.5,-1]`)}
	packed := schema.Embedding{Base64: "AAAAPwAAgL8="}
	for _, c := range []struct {
		name   string
		asked  *schema.Request
		vector schema.Embedding
		want   string
	}{
		{"floats as they are", nil, floats, `[0.5,-1]`},
		{"base64 as it is", nil, packed, `"AAAAPwAAgL8="`},
		{"floats packed", &schema.Request{Embed: &schema.Embed{EncodingFormat: "base64"}}, floats, `"AAAAPwAAgL8="`},
		{"base64 unpacked", &schema.Request{Embed: &schema.Embed{}}, packed, `[0.5,-1]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &schema.Response{Model: "m", Embeddings: []schema.Embedding{c.vector}, Usage: &schema.Usage{Input: 3}, Request: c.asked}
			body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpEmbeddings}, r)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":` + c.want + `}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}`
			if diff := schematest.DiffJSON(t, want, string(body)); diff != "" {
				t.Error(diff)
			}
			back, err := Provider{}.DecodeResponse(&schema.Request{Embed: &schema.Embed{}}, body)
			if err != nil || len(back.Embeddings) != 1 || back.Usage.Input != 3 {
				t.Errorf("%v %+v", err, back)
			}
		})
	}
	bad := &schema.Response{Embeddings: []schema.Embedding{{Base64: "!"}}, Request: &schema.Request{Embed: &schema.Embed{}}}
	if _, err := (Client{}).EncodeResponse(schema.Target{Op: schema.OpEmbeddings}, bad); err == nil {
		t.Error("broken base64 passed")
	}
}
