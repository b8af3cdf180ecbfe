package e2e

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

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
