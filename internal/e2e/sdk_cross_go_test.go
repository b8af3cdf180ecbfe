package e2e

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
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
