package demo_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/llmroute/llmroute/internal/demo"
)

// azureClient is what the SDK's Azure options make, which need a further library.
func azureClient(t *testing.T, deployment string, more ...option.RequestOption) (*demo.Provider, openai.Client) {
	t.Helper()
	p, url := start(t, demo.Options{Schema: "azure", Key: testKey, Models: []string{"gpt-5-mini"}})
	return p, openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(url + "/openai/deployments/" + deployment), option.WithQuery("api-version", "2024-10-21"),
		option.WithHeaderDel("Authorization"), option.WithHeader("api-key", testKey), option.WithMaxRetries(0),
	}, more...)...)
}

func TestAzureServesADeployment(t *testing.T) {
	p, c := azureClient(t, "gpt-5-mini")
	r, err := c.Chat.Completions.New(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Choices[0].Message.Content, "you said “Hello there”") || !strings.Contains(r.RawJSON(), "prompt_filter_results") {
		t.Errorf("%s", r.RawJSON())
	}
	if got := p.Requests()[0]; got.Path != "/openai/deployments/gpt-5-mini/chat/completions" || got.Query != "api-version=2024-10-21" {
		t.Errorf("%+v", got)
	}
	streamed := completeChat(t, c, hello(), true)
	if streamed.Choices[0].Message.Content != r.Choices[0].Message.Content {
		t.Errorf("%+v", streamed)
	}
}

func TestAzureStreamsHaveFilterChunks(t *testing.T) {
	_, url := start(t, demo.Options{Schema: "azure"})
	for control, want := range map[string]string{
		"":            `data: {"id":"","object":"","created":0,"model":"","system_fingerprint":"","choices":[],"prompt_filter_results":`,
		"late-filter": `"choices":[{"index":0,"logprobs":null,"finish_reason":null,"content_filter_results":`,
	} {
		body := `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/openai/v1/chat/completions", strings.NewReader(body))
		r.Header.Set(demo.ControlHeader, control)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%q: %v\n%s\nlacks %s", control, err, got, want)
		}
	}
}

func TestAzureErrorsAreTheSDKsOwn(t *testing.T) {
	tests := map[string]struct {
		opts   []option.RequestOption
		status int
		code   string
	}{
		"wrong key":           {[]option.RequestOption{option.WithHeader("api-key", "another")}, 401, "401"},
		"client's bearer too": {[]option.RequestOption{option.WithHeader("Authorization", "Bearer another")}, 401, "401"},
		"unknown deployment":  {nil, 404, "DeploymentNotFound"},
		"no api-version":      {[]option.RequestOption{option.WithQueryDel("api-version")}, 404, "404"},
		"blocked prompt":      {[]option.RequestOption{option.WithHeader(demo.ControlHeader, "error=content-filter")}, 400, "content_filter"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			deployment := "gpt-5-mini"
			if name == "unknown deployment" {
				deployment = "gpt-9"
			}
			_, c := azureClient(t, deployment, test.opts...)
			_, err := c.Chat.Completions.New(t.Context(), hello())
			var e *openai.Error
			if !errors.As(err, &e) || e.StatusCode != test.status || e.Code != test.code {
				t.Fatalf("got %v", err)
			}
		})
	}
}
