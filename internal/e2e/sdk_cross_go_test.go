package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
	"google.golang.org/genai"
)

// goSDK does with one SDK for Go what applications do.
type goSDK struct {
	name string
	// run asks model everything, with the control header deed.
	run func(ctx context.Context, url, model, deed string) (crossSeen, error)
	// ask asks for a short answer, whole or streamed.
	ask func(ctx context.Context, url, model, deed string, stream bool) error
}

const (
	crossAsk    = "What is the weather in both Paris and London?"
	crossResult = "21 degrees"
)

var cityProperties = map[string]any{"city": map[string]any{"type": "string"}}

var goSDKs = []goSDK{
	{"chat", goChat, func(ctx context.Context, url, model, deed string, stream bool) error {
		client, params := chatClient(url, deed), openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello!")}}
		if stream {
			_, err := chatStream(ctx, client, params)
			return err
		}
		_, err := client.Chat.Completions.New(ctx, params)
		return err
	}},
	{"responses", goResponses, func(ctx context.Context, url, model, deed string, stream bool) error {
		client, params := chatClient(url, deed), responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt("Hello!")}}
		if stream {
			_, err := responseStream(ctx, client, params)
			return err
		}
		_, err := client.Responses.New(ctx, params)
		return err
	}},
	{"messages", goMessages, func(ctx context.Context, url, model, deed string, stream bool) error {
		client, params := messagesClient(url, deed), anthropic.MessageNewParams{Model: model, MaxTokens: 4096, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hello!"))}}
		if stream {
			_, err := messageStream(ctx, client, params)
			return err
		}
		_, err := client.Messages.New(ctx, params)
		return err
	}},
	{"generate", goGenerate, func(ctx context.Context, url, model, deed string, stream bool) error {
		client, err := generateClient(ctx, url, deed)
		if err != nil {
			return err
		}
		if stream {
			_, err = generateStream(ctx, client, model, genai.Text("Hello!"), nil)
			return err
		}
		_, err = client.Models.GenerateContent(ctx, model, genai.Text("Hello!"), nil)
		return err
	}},
}

// statusOf is the status that an SDK's error tells, or "error".
func statusOf(err error) [2]string {
	var o *openai.Error
	var a *anthropic.Error
	var g genai.APIError
	switch {
	case err == nil:
		return [2]string{"none"}
	case errors.As(err, &o):
		return [2]string{strconv.Itoa(o.StatusCode)}
	case errors.As(err, &a):
		return [2]string{strconv.Itoa(a.StatusCode)}
	case errors.As(err, &g):
		return [2]string{strconv.Itoa(g.Code)}
	}
	return [2]string{"error"}
}

func TestGoSDKsOfEveryProviderReachEveryProvider(t *testing.T) {
	s := matrixStack(t)
	for _, sdk := range goSDKs {
		for _, p := range matrixProviders {
			t.Run(sdk.name+" to "+p.name, func(t *testing.T) {
				t.Parallel()
				model := "m-" + p.name
				seen, err := sdk.run(t.Context(), s.url, model, "")
				if err != nil {
					t.Fatal(err)
				}
				seen.Limited = statusOf(sdk.ask(t.Context(), s.url, model, "error=rate-limit; retry-after=7", false))
				seen.Unknown = statusOf(sdk.ask(t.Context(), s.url, "nonesuch", "", false))
				if seen.Broken = [2]string{"error"}; sdk.ask(t.Context(), s.url, model, "error-in-stream=2; chunk-delay=20ms", true) == nil {
					seen.Broken[0] = "none"
				}
				seen.check(t, "Go "+sdk.name, model)
			})
		}
	}
}

func chatClient(url, deed string) openai.Client {
	return openai.NewClient(option.WithBaseURL(url+"/v1"), option.WithAPIKey("not-used"), option.WithMaxRetries(0), option.WithHeader("x-demo", deed))
}

func chatStream(ctx context.Context, client openai.Client, params openai.ChatCompletionNewParams) (openai.ChatCompletionMessage, error) {
	stream := client.Chat.Completions.NewStreaming(ctx, params)
	var whole openai.ChatCompletionAccumulator
	for stream.Next() {
		whole.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil {
		return openai.ChatCompletionMessage{}, err
	}
	if len(whole.Choices) == 0 {
		return openai.ChatCompletionMessage{}, errors.New("no choices")
	}
	return whole.Choices[0].Message, nil
}

func goChat(ctx context.Context, url, model, deed string) (crossSeen, error) {
	client, seen := chatClient(url, deed), crossSeen{}
	params := openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be kind."), openai.UserMessage("Hello!")}}
	whole, err := client.Chat.Completions.New(ctx, params)
	if err != nil {
		return seen, err
	}
	seen.Text, seen.Usage = whole.Choices[0].Message.Content, int(whole.Usage.TotalTokens)
	streamed, err := chatStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	seen.Stream = streamed.Content

	params.Messages = []openai.ChatCompletionMessageParamUnion{openai.UserMessage(crossAsk)}
	params.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
		Name: "get_weather", Parameters: shared.FunctionParameters{"type": "object", "properties": cityProperties, "required": []string{"city"}},
	})}
	asked, err := chatStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	params.Messages = append(params.Messages, asked.ToParam())
	for _, c := range asked.ToolCalls {
		seen.call(c.Function.Name, []byte(c.Function.Arguments))
		params.Messages = append(params.Messages, openai.ToolMessage(crossResult, c.ID))
	}
	answered, err := chatStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	seen.Answer = answered.Content

	picture := openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{
		openai.TextContentPart("Look!"), openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: "data:image/png;base64," + png}),
	})
	shown, err := chatStream(ctx, client, openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{picture}})
	seen.Image = shown.Content
	return seen, err
}

func (s *crossSeen) call(name string, args []byte) {
	var v any
	if err := json.Unmarshal(args, &v); err != nil {
		v = err.Error()
	}
	s.Calls = append(s.Calls, [2]any{name, v})
}

func responseStream(ctx context.Context, client openai.Client, params responses.ResponseNewParams) (*responses.Response, error) {
	stream := client.Responses.NewStreaming(ctx, params)
	var whole *responses.Response
	for stream.Next() {
		switch e := stream.Current(); e.Type {
		case "response.completed":
			whole = &e.Response
		case "response.failed", "error":
			return nil, errors.New(e.Type)
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	if whole == nil {
		return nil, errors.New("not completed")
	}
	return whole, nil
}

func goResponses(ctx context.Context, url, model, deed string) (crossSeen, error) {
	client, seen := chatClient(url, deed), crossSeen{}
	params := responses.ResponseNewParams{Model: model, Instructions: param.NewOpt("Be kind."), Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt("Hello!")}}
	whole, err := client.Responses.New(ctx, params)
	if err != nil {
		return seen, err
	}
	seen.Text, seen.Usage = whole.OutputText(), int(whole.Usage.TotalTokens)
	streamed, err := responseStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	seen.Stream = streamed.OutputText()

	talk := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(crossAsk, responses.EasyInputMessageRoleUser)}
	tools := []responses.ToolUnionParam{responses.ToolParamOfFunction("get_weather", map[string]any{"type": "object", "properties": cityProperties, "required": []string{"city"}}, false)}
	asked, err := responseStream(ctx, client, responses.ResponseNewParams{Model: model, Tools: tools, Input: responses.ResponseNewParamsInputUnion{OfInputItemList: talk}})
	if err != nil {
		return seen, err
	}
	for _, item := range asked.Output {
		if item.Type != "function_call" {
			continue
		}
		c := item.AsFunctionCall()
		seen.call(c.Name, []byte(c.Arguments))
		talk = append(talk, responses.ResponseInputItemParamOfFunctionCall(c.Arguments, c.CallID, c.Name))
		talk = append(talk, responses.ResponseInputItemUnionParam{OfFunctionCallOutput: &responses.ResponseInputItemFunctionCallOutputParam{
			CallID: param.NewOpt(c.CallID), Output: responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfString: param.NewOpt(crossResult)},
		}})
	}
	answered, err := responseStream(ctx, client, responses.ResponseNewParams{Model: model, Tools: tools, Input: responses.ResponseNewParamsInputUnion{OfInputItemList: talk}})
	if err != nil {
		return seen, err
	}
	seen.Answer = answered.OutputText()

	image := responses.ResponseInputContentParamOfInputImage(responses.ResponseInputImageDetailAuto)
	image.OfInputImage.ImageURL = param.NewOpt("data:image/png;base64," + png)
	picture := responses.ResponseInputItemParamOfMessage(responses.ResponseInputMessageContentListParam{responses.ResponseInputContentParamOfInputText("Look!"), image}, responses.EasyInputMessageRoleUser)
	shown, err := responseStream(ctx, client, responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{picture}}})
	if err != nil {
		return seen, err
	}
	seen.Image = shown.OutputText()
	return seen, nil
}

func messagesClient(url, deed string) anthropic.Client {
	return anthropic.NewClient(anthropicoption.WithBaseURL(url), anthropicoption.WithAPIKey("not-used"), anthropicoption.WithMaxRetries(0), anthropicoption.WithHeader("x-demo", deed))
}

func messageStream(ctx context.Context, client anthropic.Client, params anthropic.MessageNewParams) (anthropic.Message, error) {
	stream := client.Messages.NewStreaming(ctx, params)
	var whole anthropic.Message
	for stream.Next() {
		if err := whole.Accumulate(stream.Current()); err != nil {
			return whole, err
		}
	}
	if err := stream.Err(); err != nil {
		return whole, err
	}
	if len(whole.Content) == 0 {
		return whole, errors.New("no content")
	}
	return whole, nil
}

func goMessages(ctx context.Context, url, model, deed string) (crossSeen, error) {
	client, seen := messagesClient(url, deed), crossSeen{}
	params := anthropic.MessageNewParams{
		Model: model, MaxTokens: 4096, System: []anthropic.TextBlockParam{{Text: "Be kind."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Hello!"))},
	}
	whole, err := client.Messages.New(ctx, params)
	if err != nil {
		return seen, err
	}
	seen.Text, seen.Usage = whole.Content[0].Text, int(whole.Usage.InputTokens+whole.Usage.OutputTokens)
	streamed, err := messageStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	seen.Stream = streamed.Content[0].Text

	params.System = nil
	params.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(crossAsk))}
	params.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
		Name: "get_weather", InputSchema: anthropic.ToolInputSchemaParam{Properties: cityProperties, Required: []string{"city"}},
	}}}
	asked, err := messageStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	var results []anthropic.ContentBlockParamUnion
	for _, b := range asked.Content {
		if b.Type == "tool_use" {
			seen.call(b.Name, b.Input)
			results = append(results, anthropic.NewToolResultBlock(b.ID, crossResult, false))
		}
	}
	params.Messages = append(params.Messages, asked.ToParam(), anthropic.NewUserMessage(results...))
	answered, err := messageStream(ctx, client, params)
	if err != nil {
		return seen, err
	}
	seen.Answer = answered.Content[0].Text

	picture := anthropic.NewUserMessage(anthropic.NewTextBlock("Look!"), anthropic.NewImageBlockBase64("image/png", png))
	shown, err := messageStream(ctx, client, anthropic.MessageNewParams{Model: model, MaxTokens: 4096, Messages: []anthropic.MessageParam{picture}})
	if err != nil {
		return seen, err
	}
	seen.Image = shown.Content[0].Text
	return seen, nil
}

func generateClient(ctx context.Context, url, deed string) (*genai.Client, error) {
	return genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: "not-used", Backend: genai.BackendGeminiAPI, HTTPOptions: genai.HTTPOptions{BaseURL: url, Headers: http.Header{"X-Demo": {deed}}},
	})
}

// generateStream returns the parts, neighbouring texts as one.
func generateStream(ctx context.Context, client *genai.Client, model string, contents []*genai.Content, config *genai.GenerateContentConfig) ([]*genai.Part, error) {
	var parts []*genai.Part
	finished := false
	for r, err := range client.Models.GenerateContentStream(ctx, model, contents, config) {
		if err != nil {
			return nil, err
		}
		for _, c := range r.Candidates {
			finished = finished || c.FinishReason != ""
			if c.Content == nil {
				continue
			}
			for _, p := range c.Content.Parts {
				last := len(parts) - 1
				switch {
				case p.Text == "" && p.FunctionCall == nil:
				case p.FunctionCall == nil && last >= 0 && parts[last].FunctionCall == nil:
					parts[last].Text += p.Text
				default:
					parts = append(parts, p)
				}
			}
		}
	}
	if !finished || len(parts) == 0 {
		return nil, errors.New("not finished")
	}
	return parts, nil
}

func goGenerate(ctx context.Context, url, model, deed string) (crossSeen, error) {
	seen := crossSeen{}
	client, err := generateClient(ctx, url, deed)
	if err != nil {
		return seen, err
	}
	kind := &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("Be kind.", genai.RoleUser)}
	whole, err := client.Models.GenerateContent(ctx, model, genai.Text("Hello!"), kind)
	if err != nil {
		return seen, err
	}
	seen.Text, seen.Usage = whole.Text(), int(whole.UsageMetadata.TotalTokenCount)
	streamed, err := generateStream(ctx, client, model, genai.Text("Hello!"), kind)
	if err != nil {
		return seen, err
	}
	seen.Stream = streamed[0].Text

	talk := genai.Text(crossAsk)
	tools := &genai.GenerateContentConfig{Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
		Name: "get_weather", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}, Required: []string{"city"}},
	}}}}}
	asked, err := generateStream(ctx, client, model, talk, tools)
	if err != nil {
		return seen, err
	}
	results := &genai.Content{Role: genai.RoleUser}
	for _, p := range asked {
		if c := p.FunctionCall; c != nil {
			args, _ := json.Marshal(c.Args)
			seen.call(c.Name, args)
			results.Parts = append(results.Parts, &genai.Part{FunctionResponse: &genai.FunctionResponse{ID: c.ID, Name: c.Name, Response: map[string]any{"output": crossResult}}})
		}
	}
	talk = append(talk, &genai.Content{Role: genai.RoleModel, Parts: asked}, results)
	answered, err := generateStream(ctx, client, model, talk, tools)
	if err != nil {
		return seen, err
	}
	seen.Answer = answered[0].Text

	data, err := base64.StdEncoding.DecodeString(png)
	if err != nil {
		return seen, err
	}
	picture := genai.NewContentFromParts([]*genai.Part{genai.NewPartFromText("Look!"), genai.NewPartFromBytes(data, "image/png")}, genai.RoleUser)
	shown, err := generateStream(ctx, client, model, []*genai.Content{picture}, nil)
	if err != nil {
		return seen, err
	}
	seen.Image = shown[0].Text
	return seen, nil
}
