package anthropic

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// tooLong begins Anthropic's own sentence; its clients look for it to know when to shorten a conversation.
const tooLong = "prompt is too long"

// threadCodes begins the words in `details.error_code` by which clients know what became of a message thread.
const threadCodes = "thread_"

// EncodeError implements schema.Client. The error object also has the stable code, and the field at fault, which
// Anthropic's SDKs pass over.
func (Client) EncodeError(e *schema.Error) (int, []byte) {
	status := errorTypes[e.Kind].status
	if e.Kind != schema.KindOverloaded && (e.Status != 0 || status == 0) { // overload has a status of its own here
		status = e.HTTPStatus()
	}
	return status, appendError(nil, e)
}

// appendError appends {"type":"error","error":{"type":…,"message":…}}.
func appendError(dst []byte, e *schema.Error) []byte {
	word := errorTypes[e.Kind].word
	if word == "" {
		word = "api_error"
	}
	message := e.Message
	if e.Kind == schema.KindContextTooLong && !strings.Contains(message, tooLong) {
		message = tooLong + ": " + message
	}
	w := jsonout.Writer{B: dst}
	w.Open('{')
	w.Key("type").String("error")
	w.Key("error").Open('{')
	w.Key("type").String(word)
	w.Key("message").String(message)
	if e.Code != "" {
		w.Key("code").String(e.Code)
	}
	if e.Param != "" {
		w.Key("param").String(e.Param)
	}
	if strings.HasPrefix(e.Code, threadCodes) {
		w.Key("details").Open('{')
		w.Key("error_code").String(e.Code)
		w.Close('}')
	}
	w.Close('}')
	w.Close('}')
	return w.B
}

// DecodeError implements schema.Provider.
func (Provider) DecodeError(status int, header func(string) string, body []byte) *schema.Error {
	e := decodeError(gjson.ParseBytes(body), status)
	e.RetryAfter = schema.RetryAfter(header)
	return e
}

// decodeError reads {"type":"error","error":{"type":…,"message":…},"request_id":…}, and what stands before the API:
// a cloud's {"error":{"code":…,"message":…,"status":…}}, a bare {"message":…}, or no JSON at all.
// A status of 0, as within a stream, leaves the kind to the type.
func decodeError(root gjson.Result, status int) *schema.Error {
	object := root.Get("error")
	if !object.IsObject() {
		object = root
	}
	e := &schema.Error{Status: status, Type: object.Get("type").String(), Message: object.Get("message").String()}
	kind, known := errorKinds[e.Type]
	switch {
	case known:
		e.Kind = kind
	case status != 0:
		e.Kind = schema.KindOfStatus(status)
	default:
		e.Kind = schema.KindInternal
	}
	if e.Message == "" {
		e.Message = "the provider answered with an error"
		if status != 0 {
			e.Message = "the provider answered " + strconv.Itoa(status) + " " + http.StatusText(status)
		}
	}
	if e.Kind == schema.KindInvalidRequest {
		e.Kind = kindOfMessage(e.Message)
	}
	e.Code = codes[e.Kind]
	if code := object.Get("details.error_code").String(); strings.HasPrefix(code, threadCodes) {
		e.Code = code
	}
	e.Message = schema.Mask(e.Message)
	return e
}

// messages tells errors apart that share the type invalid_request_error. The API has no codes; these are its own words.
//
// Source: https://platform.claude.com/docs/en/api/errors; https://platform.claude.com/docs/en/build-with-claude/context-windows
var messages = []struct {
	words string
	kind  schema.Kind
}{
	{tooLong, schema.KindContextTooLong},
	{"exceed context limit", schema.KindContextTooLong},
	{"context window", schema.KindContextTooLong},
	{"content filtering policy", schema.KindContentFilter},
	{"credit balance is too low", schema.KindBilling},
	{"usage limits", schema.KindBilling},
}

func kindOfMessage(message string) schema.Kind {
	lower := strings.ToLower(message)
	for _, m := range messages {
		if strings.Contains(lower, m.words) {
			return m.kind
		}
	}
	return schema.KindInvalidRequest
}

// codes are stable words for programs; the API gives none.
var codes = map[schema.Kind]string{
	schema.KindInvalidRequest: "invalid_request",
	schema.KindContextTooLong: "context_length_exceeded",
	schema.KindContentFilter:  "content_filter",
	schema.KindAuth:           "invalid_api_key",
	schema.KindBilling:        "insufficient_quota",
	schema.KindPermission:     "permission_denied",
	schema.KindNotFound:       "not_found",
	schema.KindTooLarge:       "request_too_large",
	schema.KindRateLimit:      "rate_limit_exceeded",
	schema.KindInternal:       "internal_error",
	schema.KindBadGateway:     "bad_gateway",
	schema.KindUnavailable:    "service_unavailable",
	schema.KindOverloaded:     "overloaded",
	schema.KindTimeout:        "timeout",
}

// broken is a provider's answer that makes no sense.
func broken(message string) *schema.Error {
	return &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_response", Message: message}
}
