package demo_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/llmroute/llmroute/internal/demo"
)

const bedrockID = "anthropic.claude-haiku-4-5-20251001-v1:0"

// withControl adds the control header.
type withControl struct{ control string }

func (w withControl) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set(demo.ControlHeader, w.control)
	return http.DefaultClient.Do(r)
}

func awsKeys(secret string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("AKIDDEMO", secret, "")
}

func bedrockClient(t *testing.T, control, secret string) (*demo.Provider, *bedrockruntime.Client) {
	t.Helper()
	p, url := start(t, demo.Options{Schema: "bedrock", Key: "AKIDDEMO:" + testKey, Models: []string{bedrockID}})
	return p, bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: awsKeys(secret), RetryMaxAttempts: 1, HTTPClient: withControl{control},
	})
}

func converseInput(text string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId: aws.String(bedrockID), System: []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be kind."}},
		Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}}}},
	}
}

func TestBedrockConverses(t *testing.T) {
	p, c := bedrockClient(t, "cached=30", testKey)
	out, err := c.Converse(t.Context(), converseInput("Hello there"))
	if err != nil {
		t.Fatal(err)
	}
	text := blocks(t, out)[0].(*types.ContentBlockMemberText).Value
	want := `demo provider "alpha", model ` + bedrockID + `: you said “Hello there”. My instructions are “Be kind.”.`
	if text != want || out.StopReason != types.StopReasonEndTurn {
		t.Errorf("%s %s", text, out.StopReason)
	}
	cost := charged(t, p)
	if u := out.Usage; int32(cost.Usage.Input) != *u.InputTokens+*u.CacheReadInputTokens || int32(cost.Usage.Output) != *u.OutputTokens || *u.CacheReadInputTokens != 30 {
		t.Errorf("charged %+v, usage %+v", cost, u)
	}
}

func blocks(t *testing.T, out *bedrockruntime.ConverseOutput) []types.ContentBlock {
	t.Helper()
	m, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(m.Value.Content) == 0 {
		t.Fatalf("%+v", out.Output)
	}
	return m.Value.Content
}

func weatherConverse() *bedrockruntime.ConverseInput {
	var schema map[string]any
	_ = json.Unmarshal([]byte(weatherSchema), &schema)
	in := converseInput("What is the weather in both Paris and Rome?")
	in.ToolConfig = &types.ToolConfiguration{Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
		Name: aws.String("get_weather"), InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema)},
	}}}}
	return in
}

func TestBedrockUsesToolsAndQuotesTheirResults(t *testing.T) {
	_, c := bedrockClient(t, "", testKey)
	in := weatherConverse()
	out, err := c.Converse(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	uses := blocks(t, out)
	if len(uses) != 2 || out.StopReason != types.StopReasonToolUse {
		t.Fatalf("%+v", uses)
	}
	var results []types.ContentBlock
	for _, u := range uses {
		results = append(results, &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
			ToolUseId: u.(*types.ContentBlockMemberToolUse).Value.ToolUseId,
			Content:   []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "sunny"}},
		}})
	}
	in.Messages = append(in.Messages, types.Message{Role: types.ConversationRoleAssistant, Content: uses},
		types.Message{Role: types.ConversationRoleUser, Content: results})
	out, err = c.Converse(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if text := blocks(t, out)[0].(*types.ContentBlockMemberText).Value; !strings.Contains(text, "get_weather returned “sunny” and get_weather returned “sunny”") {
		t.Error(text)
	}
	in.ToolConfig = nil
	var invalid *types.ValidationException
	if _, err = c.Converse(t.Context(), in); !errors.As(err, &invalid) {
		t.Errorf("tools in the history without toolConfig give %v", err)
	}
}

func TestBedrockStreamsBinaryEvents(t *testing.T) {
	p, c := bedrockClient(t, "", testKey)
	in := weatherConverse()
	out, err := c.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: in.ModelId, Messages: in.Messages, ToolConfig: in.ToolConfig})
	if err != nil {
		t.Fatal(err)
	}
	defer out.GetStream().Close()
	var args [2]string
	var stop types.StopReason
	var usage *types.TokenUsage
	for e := range out.GetStream().Events() {
		switch e := e.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			if d, ok := e.Value.Delta.(*types.ContentBlockDeltaMemberToolUse); ok {
				args[*e.Value.ContentBlockIndex] += *d.Value.Input
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			stop = e.Value.StopReason
		case *types.ConverseStreamOutputMemberMetadata:
			usage = e.Value.Usage
		}
	}
	if err := out.GetStream().Err(); err != nil {
		t.Fatal(err)
	}
	if args[0] != `{"city":"Paris","unit":"c"}` || args[1] != `{"city":"Rome","unit":"f"}` || stop != types.StopReasonToolUse {
		t.Errorf("%q %s", args, stop)
	}
	if cost := charged(t, p); usage == nil || int32(cost.Usage.Output) != *usage.OutputTokens || cost.Outcome != demo.Complete {
		t.Errorf("charged %+v, usage %+v", cost, usage)
	}
}

func TestBedrockStreamReportsErrors(t *testing.T) {
	_, c := bedrockClient(t, "error-in-stream=2; error=rate-limit", testKey)
	in := converseInput("Hello there")
	out, err := c.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: in.ModelId, Messages: in.Messages})
	if err != nil {
		t.Fatal(err)
	}
	defer out.GetStream().Close()
	deltas := 0
	for e := range out.GetStream().Events() {
		if _, ok := e.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			deltas++
		}
	}
	var throttled *types.ThrottlingException
	if err := out.GetStream().Err(); !errors.As(err, &throttled) || deltas != 2 {
		t.Errorf("%d deltas, %v", deltas, err)
	}
}

func TestBedrockErrorsAreTheSDKsOwn(t *testing.T) {
	tests := map[string]struct {
		control string
		secret  string
		change  func(*bedrockruntime.ConverseInput)
		status  int
		text    string
	}{
		"wrong secret":  {secret: "another", status: 403, text: "UnrecognizedClientException"},
		"unknown model": {change: func(in *bedrockruntime.ConverseInput) { in.ModelId = aws.String("other.model") }, status: 400, text: "model identifier"},
		"throttled":     {control: "status=429", status: 429, text: "ThrottlingException"},
		"down":          {control: "status=503", status: 503, text: "ServiceUnavailableException"},
		"blank text": {change: func(in *bedrockruntime.ConverseInput) {
			in.Messages[0].Content[0] = &types.ContentBlockMemberText{Value: " "}
		}, status: 400, text: "blank"},
		"user twice": {change: func(in *bedrockruntime.ConverseInput) { in.Messages = append(in.Messages, in.Messages[0]) }, status: 400, text: "alternate"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			secret := testKey
			if test.secret != "" {
				secret = test.secret
			}
			_, c := bedrockClient(t, test.control, secret)
			in := converseInput("Hello there")
			if test.change != nil {
				test.change(in)
			}
			_, err := c.Converse(t.Context(), in)
			var e *smithyhttp.ResponseError
			if !errors.As(err, &e) || e.HTTPStatusCode() != test.status || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestClaudeOnBedrockIsInvoked(t *testing.T) {
	_, c := bedrockClient(t, "", testKey)
	body := []byte(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":100,"messages":[{"role":"user","content":"Hello there"}]}`)
	out, err := c.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String(bedrockID), Body: body})
	if err != nil {
		t.Fatal(err)
	}
	var whole, streamed anthropic.Message
	if err := json.Unmarshal(out.Body, &whole); err != nil || !strings.Contains(whole.Content[0].Text, "you said “Hello there”") {
		t.Errorf("%s %v", out.Body, err)
	}
	s, err := c.InvokeModelWithResponseStream(t.Context(), &bedrockruntime.InvokeModelWithResponseStreamInput{ModelId: aws.String(bedrockID), Body: body})
	if err != nil {
		t.Fatal(err)
	}
	defer s.GetStream().Close()
	for e := range s.GetStream().Events() {
		chunk, ok := e.(*types.ResponseStreamMemberChunk)
		if !ok {
			t.Fatalf("%T", e)
		}
		var event anthropic.MessageStreamEventUnion
		if err := json.Unmarshal(chunk.Value.Bytes, &event); err != nil {
			t.Fatal(err)
		}
		if err := streamed.Accumulate(event); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.GetStream().Err(); err != nil || streamed.Content[0].Text != whole.Content[0].Text {
		t.Errorf("streamed %+v, %v", streamed, err)
	}
}
