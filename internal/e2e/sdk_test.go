package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

const forSDKs = `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
models:
  fast: {provider: alpha, name: gpt-5-mini}
  secret: {provider: alpha, name: gpt-5}
  embed: {provider: alpha, name: text-embedding-3-small}
routes: [{name: default, models: ["*"], strategy: priority}]
aliases: {auto: default}
policies: [{name: interns, match: 'team == "interns"', deny: {models: [secret]}}]
identity: {team: {header: x-team}}
`

// seen is what an SDK's script reports.
type seen struct {
	ModelHeader    string `json:"model_header"`
	Chat           string
	Usage          int
	Stream         string
	StreamUsage    int `json:"stream_usage"`
	Finish, Tool   string
	ToolAnswer     string `json:"tool_answer"`
	Embedding      int
	Response       string
	ResponseStream string `json:"response_stream"`
	Completion     string
	Models         []string
	Model          string
	Error, Denied  string
}

func (s *seen) check(t *testing.T) {
	t.Helper()
	for name, ok := range map[string]bool{
		"model header":    s.ModelHeader == "fast",
		"chat":            strings.Contains(s.Chat, "alpha"),
		"usage":           s.Usage > 0,
		"stream":          s.Stream == s.Chat,
		"stream usage":    s.StreamUsage > 0,
		"tools":           s.Finish == "tool_calls" && s.Tool == "get_weather",
		"tool answer":     strings.Contains(s.ToolAnswer, "21 degrees"),
		"embeddings":      s.Embedding == 8,
		"response":        strings.Contains(s.Response, "alpha"),
		"response stream": s.ResponseStream == s.Response,
		"completion":      s.Completion != "",
		"models":          slices.Contains(s.Models, "fast") && slices.Contains(s.Models, "auto"),
		"one model":       s.Model == "fast",
		"error":           s.Error == "model_not_found",
		"denied":          s.Denied == "policy_denied",
	} {
		if !ok {
			t.Errorf("%s is wrong in %+v", name, *s)
		}
	}
}

func TestPythonAndNodeSDKs(t *testing.T) {
	sdks, err := exec.Command("../../scripts/sdks").Output()
	if err != nil {
		t.Fatalf("scripts/sdks: %v", err)
	}
	dir := strings.TrimSpace(string(sdks))
	s := start(t, forSDKs, farEnd{name: "alpha", schema: "openai"})
	for name, command := range map[string][]string{
		"Python": {filepath.Join(dir, "python/bin/python"), "sdks/chat.py"},
		"Node":   {"node", "sdks/chat.mjs"},
	} {
		t.Run(name, func(t *testing.T) { s.script(t, dir, command).check(t) })
	}
}

// script runs an SDK's script against the stack.
func (s *stack) script(t *testing.T, sdks string, command []string) *seen {
	t.Helper()
	var got seen
	if out := s.printed(t, sdks, command); json.Unmarshal(out, &got) != nil {
		t.Fatalf("%v printed %q", command, out)
	}
	return &got
}

// printed is what an SDK's script prints.
func (s *stack) printed(t *testing.T, sdks string, command []string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "BASE_URL="+s.url+"/v1", "SDKS="+sdks, "NO_PROXY=*", "no_proxy=*")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, stderr.String())
	}
	return out
}

func TestGoSDK(t *testing.T) {
	s := start(t, forSDKs, farEnd{name: "alpha", schema: "openai", h2: true})
	ctx := context.Background()
	client := openai.NewClient(option.WithBaseURL(s.url+"/v1"), option.WithAPIKey("not-used"), option.WithMaxRetries(0))
	got := seen{ModelHeader: "fast"} // the raw header is looked at elsewhere
	hello := []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello!")}

	chat, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "auto", Messages: hello})
	if err != nil {
		t.Fatal(err)
	}
	got.Chat, got.Usage = chat.Choices[0].Message.Content, int(chat.Usage.TotalTokens)

	stream := client.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model: "auto", Messages: hello, StreamOptions: openai.ChatCompletionStreamOptionsParam{IncludeUsage: param.NewOpt(true)},
	})
	var whole openai.ChatCompletionAccumulator
	for stream.Next() {
		whole.AddChunk(stream.Current())
	}
	if stream.Err() != nil {
		t.Fatal(stream.Err())
	}
	got.Stream, got.StreamUsage = whole.Choices[0].Message.Content, int(whole.Usage.TotalTokens)

	tools := []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
		Name: "get_weather",
		Parameters: shared.FunctionParameters{
			"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"},
		},
	})}
	asked := []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is the weather in Paris?")}
	call, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model: "auto", Messages: asked, Tools: tools,
		ToolChoice: openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: param.NewOpt("required")},
	})
	if err != nil {
		t.Fatal(err)
	}
	message := call.Choices[0].Message
	got.Finish, got.Tool = call.Choices[0].FinishReason, message.ToolCalls[0].Function.Name
	asked = append(asked, message.ToParam(), openai.ToolMessage("21 degrees", message.ToolCalls[0].ID))
	said, err := client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "auto", Messages: asked, Tools: tools})
	if err != nil {
		t.Fatal(err)
	}
	got.ToolAnswer = said.Choices[0].Message.Content

	vectors, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{
		Model: "embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}}, Dimensions: param.NewOpt(int64(8)),
	})
	if err != nil {
		t.Fatal(err)
	}
	got.Embedding = len(vectors.Data[1].Embedding)

	ask := responses.ResponseNewParams{Model: "auto", Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt("Hello!")}}
	response, err := client.Responses.New(ctx, ask)
	if err != nil {
		t.Fatal(err)
	}
	got.Response = response.OutputText()
	events := client.Responses.NewStreaming(ctx, ask)
	for events.Next() {
		if e := events.Current(); e.Type == "response.completed" {
			done := e.AsResponseCompleted().Response
			got.ResponseStream = done.OutputText()
		}
	}
	if events.Err() != nil {
		t.Fatal(events.Err())
	}
	completion, err := client.Completions.New(ctx, openai.CompletionNewParams{Model: "auto", Prompt: openai.CompletionNewParamsPromptUnion{OfString: param.NewOpt("Hello!")}})
	if err != nil {
		t.Fatal(err)
	}
	got.Completion = completion.Choices[0].Text

	for pager := client.Models.ListAutoPaging(ctx); pager.Next(); {
		got.Models = append(got.Models, pager.Current().ID)
	}
	model, err := client.Models.Get(ctx, "fast")
	if err != nil {
		t.Fatal(err)
	}
	got.Model = model.ID
	got.Error = errorCode(client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "nonesuch", Messages: hello}))
	got.Denied = errorCode(client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "secret", Messages: hello}, option.WithHeader("x-team", "interns")))
	got.check(t)

	for pager := client.Models.ListAutoPaging(ctx, option.WithHeader("x-team", "interns")); pager.Next(); {
		if id := pager.Current().ID; id == "secret" {
			t.Error("a model that the caller may not use is listed")
		}
	}
}

func errorCode(_ *openai.ChatCompletion, err error) string {
	if e := (*openai.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}
