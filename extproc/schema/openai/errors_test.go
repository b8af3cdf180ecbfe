package openai

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestErrorsOfOpenAIAndItsFollowersKeepTheirMeaning(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		body   string
		kind   schema.Kind
	}{
		"OpenAI's rate limit":    {429, map[string]string{"retry-after": "2"}, `{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}`, schema.KindRateLimit},
		"quota used up":          {429, nil, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`, schema.KindBilling},
		"context too long":       {400, nil, `{"error":{"message":"…","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, schema.KindContextTooLong},
		"vLLM's context":         {400, nil, `{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","code":400}`, schema.KindContextTooLong},
		"Azure's content filter": {400, nil, `{"error":{"message":"The response was filtered","code":"content_filter","status":400}}`, schema.KindContentFilter},
		"FastAPI":                {422, nil, `{"detail":"field required"}`, schema.KindInvalidRequest},
		"FastAPI, each fault":    {422, nil, `{"detail":[{"loc":["body","x"],"msg":"field required","type":"missing"}]}`, schema.KindInvalidRequest},
		"Ollama":                 {404, nil, `{"error":"model 'x' not found"}`, schema.KindNotFound},
		"OpenAI's overload":      {503, nil, `{"error":{"message":"That model is currently overloaded with other requests. You can retry your request.","type":"server_error"}}`, schema.KindOverloaded},
		"an HTML page":           {502, nil, `<html>Bad Gateway</html>`, schema.KindBadGateway},
		"nothing":                {503, nil, ``, schema.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			e := Provider{}.DecodeError(tc.status, func(n string) string { return tc.header[n] }, []byte(tc.body))
			if e.Kind != tc.kind {
				t.Errorf("kind %s, want %s (%v)", e.Kind, tc.kind, e)
			}
			status, body := Client{}.EncodeError(e)
			if status != tc.status {
				t.Errorf("status %d, want %d", status, tc.status)
			}
			var out struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal(body, &out); err != nil || out.Error.Message == "" || out.Error.Type == "" {
				t.Errorf("%s: %v", body, err)
			}
			if tc.header != nil && e.RetryAfter != 2*time.Second {
				t.Errorf("retry after %v", e.RetryAfter)
			}
		})
	}
}

func TestProvidersErrorsLeakNoKey(t *testing.T) {
	e := Provider{}.DecodeError(401, nil, []byte(`{"error":{"message":"Incorrect API key provided: sk-proj-abcdefgh1234. You can find your key at …","code":"invalid_api_key"}}`))
	if strings.Contains(e.Message, "abcdefgh") || e.Kind != schema.KindAuth {
		t.Errorf("got %v", e)
	}
}

func TestOverloadInsideAnAnswerIsOverload(t *testing.T) {
	var events []schema.Event
	d := Provider{}.NewDecoder(nil)
	events, err := d.Append(events, []byte("data: {\"error\":{\"message\":\"That model is currently overloaded with other requests.\",\"type\":\"server_error\",\"code\":null}}\n\n"))
	if err != nil || len(events) == 0 || events[len(events)-1].Err == nil || events[len(events)-1].Err.Kind != schema.KindOverloaded {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestAnthropicsStatusForOverloadIsNotShownToOpenAIsClients(t *testing.T) {
	if status, _ := (Client{}).EncodeError(&schema.Error{Kind: schema.KindOverloaded, Status: 529, Message: "busy"}); status != 503 {
		t.Errorf("status %d", status)
	}
}
