package openai

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// errorTypes are the `type` words of OpenAI's error objects.
// Source: https://platform.openai.com/docs/guides/error-codes
var errorTypes = map[schema.Kind]string{
	schema.KindInvalidRequest: "invalid_request_error",
	schema.KindContextTooLong: "invalid_request_error",
	schema.KindContentFilter:  "invalid_request_error",
	schema.KindAuth:           "authentication_error",
	schema.KindBilling:        "insufficient_quota",
	schema.KindPermission:     "permission_error",
	schema.KindNotFound:       "invalid_request_error",
	schema.KindMethod:         "invalid_request_error",
	schema.KindConflict:       "invalid_request_error",
	schema.KindTooLarge:       "invalid_request_error",
	schema.KindMediaType:      "invalid_request_error",
	schema.KindRateLimit:      "rate_limit_error",
	schema.KindInternal:       "server_error",
	schema.KindBadGateway:     "server_error",
	schema.KindTruncated:      "server_error",
	schema.KindUnavailable:    "server_error",
	schema.KindOverloaded:     "server_error",
	schema.KindTimeout:        "server_error",
}

// errorCodes are the `code` words for errors that have none of their own.
var errorCodes = map[schema.Kind]string{
	schema.KindContextTooLong: "context_length_exceeded",
	schema.KindContentFilter:  "content_filter",
	schema.KindAuth:           "invalid_api_key",
	schema.KindBilling:        "insufficient_quota",
	schema.KindPermission:     "permission_denied",
	schema.KindNotFound:       "not_found",
	schema.KindRateLimit:      "rate_limit_exceeded",
	schema.KindInternal:       "internal_error",
	schema.KindBadGateway:     "bad_gateway",
	schema.KindTruncated:      "upstream_truncated",
	schema.KindUnavailable:    "service_unavailable",
	schema.KindOverloaded:     "overloaded",
	schema.KindTimeout:        "timeout",
}

// errorObject is what stands under "error".
type errorObject struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// EncodeError implements schema.Client.
func (Client) EncodeError(e *schema.Error) (int, []byte) {
	status := e.HTTPStatus()
	if status == 529 { // Anthropic's own
		status = http.StatusServiceUnavailable
	}
	return status, appendError(nil, e)
}

// appendError appends {"error":{"message":…,"type":…,"param":…,"code":…}}.
func appendError(dst []byte, e *schema.Error) []byte {
	object := errorObject{Message: e.Message, Type: errorTypes[e.Kind]}
	if object.Type == "" {
		object.Type = "server_error"
	}
	if e.Param != "" {
		object.Param = &e.Param
	}
	if code := e.Code; code != "" {
		object.Code = &code
	} else if code := errorCodes[e.Kind]; code != "" {
		object.Code = &code
	}
	body, err := json.Marshal(map[string]errorObject{"error": object})
	if err != nil { // strings always marshal
		return dst
	}
	return append(dst, body...)
}

// DecodeError implements schema.Provider.
func (Provider) DecodeError(status int, header func(string) string, body []byte) *schema.Error {
	return decodeErrorObject(status, header, body)
}

// kindsOfCode tell errors apart that share a status. Azure and compatible servers use the same words.
var kindsOfCode = map[string]schema.Kind{
	"context_length_exceeded":  schema.KindContextTooLong,
	"string_above_max_length":  schema.KindContextTooLong,
	"content_filter":           schema.KindContentFilter,
	"content_policy_violation": schema.KindContentFilter,
	"invalid_api_key":          schema.KindAuth,
	"insufficient_quota":       schema.KindBilling,
	"model_not_found":          schema.KindNotFound,
	"DeploymentNotFound":       schema.KindNotFound,
	"rate_limit_exceeded":      schema.KindRateLimit,
	"server_overloaded":        schema.KindOverloaded,
	"overloaded_error":         schema.KindOverloaded,
}

// decodeErrorObject reads an error body: OpenAI's {"error":{…}}, vLLM's older {"object":"error",…}, a bare
// {"detail":…} (FastAPI), or {"error":"…"} (Ollama).
func decodeErrorObject(status int, header func(string) string, body []byte) *schema.Error {
	root := gjson.ParseBytes(body)
	object := root.Get("error")
	if !object.IsObject() {
		object = root
	}
	e := &schema.Error{
		Kind:    schema.KindOfStatus(status),
		Status:  status,
		Code:    object.Get("code").String(),
		Type:    object.Get("type").String(),
		Param:   object.Get("param").String(),
		Message: firstString(object.Get("message")),
	}
	if e.Message == "" {
		e.Message = firstString(root.Get("error"), root.Get("detail"), root.Get("message"))
	}
	if e.Message == "" {
		e.Message = details(root)
	}
	if e.Message == "" {
		e.Message = "the provider answered " + strconv.Itoa(status) + " " + http.StatusText(status)
	}
	e.Message = schema.Mask(e.Message)
	if kind, ok := kindsOfCode[e.Code]; ok {
		e.Kind = kind
	} else if e.Kind == schema.KindInvalidRequest && isContextOverflow(e.Message) {
		e.Kind, e.Code = schema.KindContextTooLong, "context_length_exceeded"
	} else if e.Kind == schema.KindUnavailable && isOverload(e.Message) {
		e.Kind = schema.KindOverloaded
	}
	if e.Kind == schema.KindBilling && status == http.StatusTooManyRequests {
		e.Status = status
	}
	e.RetryAfter = schema.RetryAfter(header)
	return e
}

// isContextOverflow knows the sentence that compatible servers write without a code.
func isContextOverflow(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "maximum context length") || strings.Contains(m, "context length") && strings.Contains(m, "exceed") ||
		strings.Contains(m, "context window")
}

// isOverload knows OpenAI's sentence: "That model is currently overloaded with other requests."
//
// Source: https://platform.openai.com/docs/guides/error-codes
func isOverload(message string) bool { return strings.Contains(strings.ToLower(message), "overloaded") }

// details reads what FastAPI says of a body that it refuses, [{"loc":["body","messages"],"msg":"Field required",…}],
// under "detail", or, as Mistral has it, {"message":{"detail":[…]}}: "messages: Field required".
func details(root gjson.Result) string {
	list := root.Get("detail")
	if !list.IsArray() {
		list = root.Get("message.detail")
	}
	var said []string
	list.ForEach(func(_, v gjson.Result) bool {
		var at []string
		v.Get("loc").ForEach(func(i, name gjson.Result) bool {
			if i.Int() > 0 || name.String() != "body" {
				at = append(at, name.String())
			}
			return true
		})
		message := v.Get("msg").String()
		if len(at) > 0 && message != "" {
			message = strings.Join(at, ".") + ": " + message
		}
		if message != "" {
			said = append(said, message)
		}
		return len(said) < 4
	})
	return strings.Join(said, "; ")
}

func firstString(values ...gjson.Result) string {
	for _, v := range values {
		if v.Type == gjson.String {
			return v.Str
		}
	}
	return ""
}
