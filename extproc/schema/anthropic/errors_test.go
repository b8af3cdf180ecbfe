package anthropic

import (
	"testing"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestDecodeError(t *testing.T) {
	errorBody := func(kind, message string) string {
		return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_1"}`
	}
	for name, tc := range map[string]struct {
		status int
		body   string
		kind   schema.Kind
	}{
		"invalid":             {400, errorBody("invalid_request_error", "max_tokens: required"), schema.KindInvalidRequest},
		"context too long":    {400, errorBody("invalid_request_error", "prompt is too long: 201000 tokens > 200000 maximum"), schema.KindContextTooLong},
		"context with output": {400, errorBody("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 3"), schema.KindContextTooLong},
		"filtered":            {400, errorBody("invalid_request_error", "Output blocked by content filtering policy"), schema.KindContentFilter},
		"no credit":           {400, errorBody("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), schema.KindBilling},
		"billing":             {402, errorBody("billing_error", "x"), schema.KindBilling},
		"auth":                {401, errorBody("authentication_error", "invalid x-api-key"), schema.KindAuth},
		"permission":          {403, errorBody("permission_error", "x"), schema.KindPermission},
		"not found":           {404, errorBody("not_found_error", "model: x"), schema.KindNotFound},
		"too large":           {413, errorBody("request_too_large", "x"), schema.KindTooLarge},
		"rate":                {429, errorBody("rate_limit_error", "x"), schema.KindRateLimit},
		"internal":            {500, errorBody("api_error", "x"), schema.KindInternal},
		"timeout":             {504, errorBody("timeout_error", "x"), schema.KindTimeout},
		"overloaded":          {529, errorBody("overloaded_error", "Overloaded"), schema.KindOverloaded},
		"a cloud's envelope":  {429, `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}`, schema.KindRateLimit},
		"a bare message":      {403, `{"message":"denied"}`, schema.KindPermission},
		"no JSON":             {503, `upstream connect error`, schema.KindUnavailable},
		"nothing":             {502, ``, schema.KindBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			e := Provider{}.DecodeError(tc.status, func(h string) string {
				if h == "retry-after" {
					return "7"
				}
				return ""
			}, []byte(tc.body))
			if e.Kind != tc.kind || e.Status != tc.status || e.Message == "" || e.Code == "" || e.RetryAfter != 7*time.Second {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	for name, tc := range map[string]struct {
		e      schema.Error
		status int
		body   string
	}{
		"plain": {schema.Error{Kind: schema.KindNotFound, Code: "model_not_found", Message: "no model <x>", Param: "model"}, 404,
			`{"type":"error","error":{"type":"not_found_error","message":"no model <x>","code":"model_not_found","param":"model"}}`},
		"overload has its own status": {schema.Error{Kind: schema.KindOverloaded, Status: 503, Message: "x"}, 529,
			`{"type":"error","error":{"type":"overloaded_error","message":"x"}}`},
		"clients look for the sentence": {schema.Error{Kind: schema.KindContextTooLong, Status: 400, Message: "maximum context length is 8192 tokens"}, 400,
			`{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: maximum context length is 8192 tokens"}}`},
		"a status that was set": {schema.Error{Kind: schema.KindInvalidRequest, Status: 422, Message: "x"}, 422,
			`{"type":"error","error":{"type":"invalid_request_error","message":"x"}}`},
		"an unknown kind": {schema.Error{Message: "x"}, 500, `{"type":"error","error":{"type":"api_error","message":"x"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := Client{}.EncodeError(&tc.e)
			if status != tc.status {
				t.Errorf("status %d", status)
			}
			sameJSON(t, string(body), tc.body)
		})
	}
}

func TestEveryKindHasAType(t *testing.T) {
	for kind := range codes {
		if errorTypes[kind].word == "" {
			t.Errorf("%s has no type", kind)
		}
	}
	for word, kind := range errorKinds {
		if errorTypes[kind].word != word {
			t.Errorf("%s comes back as %s", word, errorTypes[kind].word)
		}
	}
}
