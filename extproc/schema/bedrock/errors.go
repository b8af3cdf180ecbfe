package bedrock

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// exceptions holds what Bedrock's and AWS's exceptions mean, by lower-case name without "exception".
// Source: API_runtime_Converse, Errors; https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
var exceptions = map[string]schema.Kind{
	"validation":                 schema.KindInvalidRequest,
	"validationerror":            schema.KindInvalidRequest,
	"serialization":              schema.KindInvalidRequest,
	"throttling":                 schema.KindRateLimit,
	"toomanyrequests":            schema.KindRateLimit,
	"servicequotaexceeded":       schema.KindRateLimit,
	"accessdenied":               schema.KindPermission,
	"notauthorized":              schema.KindPermission,
	"optinrequired":              schema.KindPermission,
	"unrecognizedclient":         schema.KindAuth,
	"invalidsignature":           schema.KindAuth,
	"incompletesignature":        schema.KindAuth,
	"expiredtoken":               schema.KindAuth,
	"missingauthenticationtoken": schema.KindAuth,
	"invalidclienttokenid":       schema.KindAuth,
	"requestexpired":             schema.KindAuth,
	"resourcenotfound":           schema.KindNotFound,
	"unknownoperation":           schema.KindNotFound,
	"conflict":                   schema.KindConflict,
	"modeltimeout":               schema.KindTimeout,
	"modelnotready":              schema.KindOverloaded,
	"serviceunavailable":         schema.KindOverloaded,
	"modelstreamerror":           schema.KindBadGateway,
	"modelerror":                 schema.KindBadGateway,
	"internalserver":             schema.KindInternal,
	"internalfailure":            schema.KindInternal,
}

// DecodeError implements schema.Provider. The exception's name stands in the header x-amzn-errortype or in "__type",
// each with more around it at times: "ThrottlingException:http://…", "com.amazon.coral.service#ThrottlingException".
func (Provider) DecodeError(status int, header func(name string) string, body []byte) *schema.Error {
	root, name := gjson.Result{}, ""
	if gjson.ValidBytes(body) {
		root = gjson.ParseBytes(body)
	}
	if header != nil {
		name = header("x-amzn-errortype")
	}
	e := decodeError(name, status, root)
	e.RetryAfter = schema.RetryAfter(header)
	return e
}

// decodeError reads an exception. status is 0 within a stream.
func decodeError(name string, status int, v gjson.Result) *schema.Error {
	if name == "" {
		name = v.Get("__type").String()
	}
	name, _, _ = strings.Cut(name, ":")
	name = name[strings.LastIndexByte(name, '#')+1:]
	message := v.Get("message").String()
	for _, other := range []string{"Message", "originalMessage"} {
		if message == "" {
			message = v.Get(other).String()
		}
	}
	if message == "" {
		message = "the provider refused the request without saying why"
	}
	word := strings.TrimSuffix(strings.ToLower(name), "exception")
	kind, known := exceptions[word]
	if !known {
		kind = schema.KindOfStatus(status)
	}
	e := &schema.Error{Kind: kind, Status: status, Type: name, Message: schema.Mask(message)}
	refine(e, word)
	return e
}

// refine finds the meanings that Bedrock tells in the message alone, and statuses that mean another thing elsewhere.
func refine(e *schema.Error, word string) {
	message := strings.ToLower(e.Message)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(message, w) {
				return true
			}
		}
		return false
	}
	switch {
	case e.Kind == schema.KindInvalidRequest && has("too long", "too many input tokens", "context limit", "context window",
		"maximum number of tokens", "maximum context length", "exceeds the maximum input"):
		e.Kind = schema.KindContextTooLong
	case e.Kind == schema.KindInvalidRequest && has("content filter"): // "Output blocked by content filtering policy"
		e.Kind = schema.KindContentFilter
	case e.Kind == schema.KindInvalidRequest && has("model identifier is invalid", "model not found"):
		e.Kind, e.Code, e.Status = schema.KindNotFound, "model_not_found", 404
	case word == "servicequotaexceeded", word == "modelnotready", e.Kind == schema.KindAuth: // 400, 429 and 403
		e.Status = 0
	case e.Status == 424: // the model failed
		e.Kind, e.Status = schema.KindBadGateway, 0
	}
	if e.Code == "" {
		e.Code = e.Kind.Code()
	}
}
