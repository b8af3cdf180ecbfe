package schema

import (
	"fmt"
	"time"
)

// Kind says what an error means, whatever format it comes in or goes out in.
type Kind string

// The kinds, each with the status that OpenAI gives it. Faces hold the table to their own types.
const (
	KindInvalidRequest Kind = "invalid_request"  // 400
	KindContextTooLong Kind = "context_too_long" // 400
	KindContentFilter  Kind = "content_filter"   // 400
	KindAuth           Kind = "authentication"   // 401
	KindBilling        Kind = "billing"          // 402, quota used up
	KindPermission     Kind = "permission"       // 403
	KindNotFound       Kind = "not_found"        // 404
	KindMethod         Kind = "method"           // 405
	KindConflict       Kind = "conflict"         // 409
	KindTooLarge       Kind = "too_large"        // 413
	KindMediaType      Kind = "media_type"       // 415
	KindRateLimit      Kind = "rate_limit"       // 429
	KindInternal       Kind = "internal"         // 500
	KindBadGateway     Kind = "bad_gateway"      // 502: the provider's answer makes no sense
	KindTruncated      Kind = "truncated"        // 502: the provider's answer broke off
	KindUnavailable    Kind = "unavailable"      // 503: nothing healthy
	KindOverloaded     Kind = "overloaded"       // 503; Anthropic 529
	KindTimeout        Kind = "timeout"          // 504
)

// Error is a refusal, llmroute's own or a provider's. It holds no secret and no part of a body.
type Error struct {
	Kind    Kind
	Status  int    // HTTP; 0: what the format gives Kind
	Code    string // stable, for programs: "model_not_found"
	Message string // what happened and what to do
	Param   string // the request field at fault, if one is: "messages[2].content"
	// RetryAfter says when to try again; 0: not said.
	RetryAfter time.Duration
	// Type is a provider's own word for the error, kept between like formats.
	Type  string
	Cause error // for logs; never sent
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Cause }

// HTTPStatus is e.Status, or the usual status of e.Kind.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	if s, ok := statusOf[e.Kind]; ok {
		return s
	}
	return 500
}

var statusOf = map[Kind]int{
	KindInvalidRequest: 400, KindContextTooLong: 400, KindContentFilter: 400, KindAuth: 401, KindBilling: 402,
	KindPermission: 403, KindNotFound: 404, KindMethod: 405, KindConflict: 409, KindTooLarge: 413, KindMediaType: 415,
	KindRateLimit: 429, KindInternal: 500, KindBadGateway: 502, KindTruncated: 502, KindUnavailable: 503,
	KindOverloaded: 503, KindTimeout: 504,
}

// Code is the word by which programs tell errors of this kind, where a provider has no better one: clients test it,
// whichever provider failed.
func (k Kind) Code() string {
	if code, ok := codeOf[k]; ok {
		return code
	}
	return string(k)
}

// codeOf holds OpenAI's words, as far as it has them.
//
// Source: https://platform.openai.com/docs/guides/error-codes
var codeOf = map[Kind]string{
	KindContextTooLong: "context_length_exceeded", KindAuth: "invalid_api_key", KindBilling: "insufficient_quota",
	KindPermission: "permission_denied", KindTooLarge: "request_too_large", KindRateLimit: "rate_limit_exceeded",
	KindInternal: "internal_error", KindTruncated: "upstream_truncated", KindUnavailable: "service_unavailable",
}

// KindOfStatus is the kind that an HTTP status stands for when nothing better is known.
func KindOfStatus(status int) Kind {
	switch status {
	case 400, 422:
		return KindInvalidRequest
	case 401:
		return KindAuth
	case 402:
		return KindBilling
	case 403:
		return KindPermission
	case 404:
		return KindNotFound
	case 405:
		return KindMethod
	case 408, 504:
		return KindTimeout
	case 409:
		return KindConflict
	case 413:
		return KindTooLarge
	case 415:
		return KindMediaType
	case 429:
		return KindRateLimit
	case 502:
		return KindBadGateway
	case 503:
		return KindUnavailable
	case 529:
		return KindOverloaded
	}
	if status >= 400 && status < 500 {
		return KindInvalidRequest
	}
	return KindInternal
}
