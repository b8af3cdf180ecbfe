package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"google.golang.org/genai"
)

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
