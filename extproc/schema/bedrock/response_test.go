package bedrock

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestClaudeVersionsAreRead(t *testing.T) {
	for model, want := range map[string]int{
		sonnet: 405, "anthropic.claude-opus-4-1-20250805-v1:0": 401, "anthropic.claude-3-7-sonnet-20250219-v1:0": 307,
		"anthropic.claude-sonnet-4-20250514-v1:0": 400, "anthropic.claude-opus-4-7": 407, "anthropic.claude-3-haiku-20240307-v1:0": 300,
		"anthropic.claude-v2": 0, "amazon.nova-lite-v1:0": 0,
	} {
		if got := claudeVersion(model); got != want {
			t.Errorf("%s: got %d, want %d", model, got, want)
		}
	}
}

func TestResponsesAreRead(t *testing.T) {
	r := &schema.Request{Model: sonnet, Tools: []schema.Tool{{Kind: schema.ToolFunction, Name: "mcp/x"}}}
	got, err := Provider{}.DecodeResponse(r, []byte(`{"metrics":{"latencyMs":1},"output":{"message":{"role":"assistant","content":[
		{"reasoningContent":{"reasoningText":{"text":"hm","signature":"s"}}},{"reasoningContent":{"redactedContent":"QQ=="}},
		{"citationsContent":{"content":[{"text":"a"}],"citations":[{"title":"T","location":{"web":{"url":"https://a.example"}},"sourceContent":[{"text":"src"}]}]}},
		{"text":"b"},{"toolUse":{"toolUseId":"t1","name":"`+toolNames.Fit("mcp/x")+`","input":{"a":1}}}]}},
		"stopReason":"tool_use","usage":{"inputTokens":10,"cacheReadInputTokens":5,"cacheWriteInputTokens":3,"outputTokens":7,"totalTokens":25,"cacheDetails":[{"ttl":"1h","inputTokens":2}]},"serviceTier":{"type":"flex"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &schema.Response{
		Model: sonnet, ServiceTier: "flex",
		Usage: &schema.Usage{Input: 18, CachedInput: 5, CacheWrite: 3, CacheWrite1h: 2, Output: 7, Total: 25},
		Choices: []schema.Choice{{Stop: schema.StopToolCalls, Parts: []schema.Part{
			{Kind: schema.PartThinking, Text: "hm", Signature: "anthropic:s", SignedBy: schema.Anthropic},
			{Kind: schema.PartThinking, Redacted: true, Signature: "anthropic:QQ==", SignedBy: schema.Anthropic},
			{Kind: schema.PartText, Text: "a", Citations: []schema.Citation{{Title: "T", URL: "https://a.example", CitedText: "src"}}},
			{Kind: schema.PartText, Text: "b"},
			{Kind: schema.PartToolCall, ID: "t1", Name: "mcp/x", Args: `{"a":1}`},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for body, kind := range map[string]schema.Kind{`{}`: schema.KindTruncated, `{`: schema.KindBadGateway, `{"__type":"ThrottlingException"}`: schema.KindRateLimit} {
		var fault *schema.Error
		if _, err := (Provider{}).DecodeResponse(r, []byte(body)); !errors.As(err, &fault) || fault.Kind != kind {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestStopReasons(t *testing.T) {
	for reason, want := range map[string]schema.StopReason{
		"end_turn": schema.StopEnd, "max_tokens": schema.StopLength, "guardrail_intervened": schema.StopContentFilter,
		"model_context_window_exceeded": schema.StopContextWindow, "malformed_tool_use": schema.StopMalformedCall, "tired": schema.StopOther,
	} {
		if got, _ := stopOf(reason); got != want {
			t.Errorf("%s: got %s", reason, got)
		}
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		header string
		body   string
		kind   schema.Kind
	}{
		"throttled, named in the header":  {429, "ThrottlingException:http://internal.amazon.com/coral/", `{"message":"Too many requests"}`, schema.KindRateLimit},
		"throttled, named in the body":    {429, "", `{"__type":"com.amazon.coral.service#ThrottlingException","message":"Too many requests"}`, schema.KindRateLimit},
		"too long for the model":          {400, "ValidationException", `{"message":"Input is too long for requested model."}`, schema.KindContextTooLong},
		"too long for Claude":             {400, "ValidationException", `{"message":"prompt is too long: 210000 tokens > 200000 maximum"}`, schema.KindContextTooLong},
		"no such model":                   {400, "ValidationException", `{"message":"The provided model identifier is invalid."}`, schema.KindNotFound},
		"no access to the model":          {403, "AccessDeniedException", `{"Message":"You don't have access"}`, schema.KindPermission},
		"a wrong signature":               {403, "InvalidSignatureException", `{"message":"The request signature"}`, schema.KindAuth},
		"an expired token":                {403, "ExpiredTokenException", `{"message":"expired"}`, schema.KindAuth},
		"the model took too long":         {408, "ModelTimeoutException", `{"message":"slow"}`, schema.KindTimeout},
		"the model is not ready":          {429, "ModelNotReadyException", `{"message":"wait"}`, schema.KindOverloaded},
		"the service is not there":        {503, "ServiceUnavailableException", `{"message":"busy"}`, schema.KindOverloaded},
		"the model failed":                {424, "ModelErrorException", `{"message":"oops"}`, schema.KindBadGateway},
		"blocked":                         {400, "ValidationException", `{"message":"The model returned the following errors: Output blocked by content filtering policy"}`, schema.KindContentFilter},
		"a proxy's page without a reason": {502, "", `<html>`, schema.KindBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			e := Provider{}.DecodeError(tc.status, func(n string) string {
				return map[string]string{"x-amzn-errortype": tc.header, "retry-after": "3"}[n]
			}, []byte(tc.body))
			if e.Kind != tc.kind || e.Code == "" || e.Message == "" || e.RetryAfter != 3*time.Second || e.HTTPStatus() < 400 {
				t.Fatalf("got %+v", e)
			}
			if e.Kind == schema.KindAuth && e.HTTPStatus() != 401 || tc.kind == schema.KindRateLimit && e.Code != "rate_limit_exceeded" {
				t.Errorf("%d %s: clients of other formats do not know what to make of it", e.HTTPStatus(), e.Code)
			}
		})
	}
}
