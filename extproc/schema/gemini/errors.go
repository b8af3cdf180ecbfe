package gemini

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// kinds holds Google's status words.
// Source: https://cloud.google.com/apis/design/errors#error_model and https://ai.google.dev/gemini-api/docs/troubleshooting
var kinds = map[string]schema.Kind{
	"INVALID_ARGUMENT":    schema.KindInvalidRequest,
	"FAILED_PRECONDITION": schema.KindPermission, // the region or plan does not have the API
	"OUT_OF_RANGE":        schema.KindInvalidRequest,
	"UNAUTHENTICATED":     schema.KindAuth,
	"PERMISSION_DENIED":   schema.KindPermission,
	"NOT_FOUND":           schema.KindNotFound,
	"ABORTED":             schema.KindConflict,
	"ALREADY_EXISTS":      schema.KindConflict,
	"RESOURCE_EXHAUSTED":  schema.KindRateLimit,
	"CANCELLED":           schema.KindInternal,
	"DATA_LOSS":           schema.KindInternal,
	"UNKNOWN":             schema.KindInternal,
	"INTERNAL":            schema.KindInternal,
	"UNIMPLEMENTED":       schema.KindInvalidRequest,
	"UNAVAILABLE":         schema.KindOverloaded,
	"DEADLINE_EXCEEDED":   schema.KindTimeout,
}

// statuses is the reverse: the word, and the status code that goes with it.
var statuses = map[schema.Kind]struct {
	code int
	word string
}{
	schema.KindInvalidRequest: {400, "INVALID_ARGUMENT"},
	schema.KindContextTooLong: {400, "INVALID_ARGUMENT"},
	schema.KindContentFilter:  {400, "INVALID_ARGUMENT"},
	schema.KindAuth:           {401, "UNAUTHENTICATED"},
	schema.KindBilling:        {402, "FAILED_PRECONDITION"}, // 429 would be tried again
	schema.KindPermission:     {403, "PERMISSION_DENIED"},
	schema.KindNotFound:       {404, "NOT_FOUND"},
	schema.KindMethod:         {405, "UNIMPLEMENTED"},
	schema.KindConflict:       {409, "ABORTED"},
	schema.KindTooLarge:       {413, "INVALID_ARGUMENT"},
	schema.KindMediaType:      {415, "INVALID_ARGUMENT"},
	schema.KindRateLimit:      {429, "RESOURCE_EXHAUSTED"},
	schema.KindInternal:       {500, "INTERNAL"},
	schema.KindBadGateway:     {502, "INTERNAL"},
	schema.KindTruncated:      {502, "INTERNAL"},
	schema.KindUnavailable:    {503, "UNAVAILABLE"},
	schema.KindOverloaded:     {503, "UNAVAILABLE"},
	schema.KindTimeout:        {504, "DEADLINE_EXCEEDED"},
}

// DecodeError implements schema.Provider. The body is {"error":{"code":429,"message":"…","status":"…","details":[…]}},
// within an array if a stream was asked for.
func (Provider) DecodeError(status int, header func(name string) string, body []byte) *schema.Error {
	root := gjson.Result{}
	if gjson.ValidBytes(body) {
		root = gjson.ParseBytes(body)
	}
	if root.IsArray() {
		root = root.Get("0")
	}
	e := decodeError(root.Get("error"), status)
	if e.RetryAfter == 0 {
		e.RetryAfter = schema.RetryAfter(header)
	}
	return e
}

// decodeError reads the value of "error". status is the HTTP status, 0 within a stream.
func decodeError(v gjson.Result, status int) *schema.Error {
	word, message := v.Get("status").String(), v.Get("message").String()
	if code := int(v.Get("code").Int()); status == 0 && code >= 400 && code < 600 {
		status = code
	}
	kind, known := kinds[word]
	if !known {
		kind = schema.KindOfStatus(status)
	}
	if message == "" {
		message = "the provider refused the request without saying why"
	}
	e := &schema.Error{Kind: kind, Status: status, Type: word, Message: schema.Mask(message)}
	v.Get("details").ForEach(func(_, d gjson.Result) bool {
		readDetail(e, d)
		return true
	})
	refine(e)
	return e
}

// readDetail reads google.rpc.RetryInfo {"retryDelay":"34.07s"} and google.rpc.ErrorInfo {"reason":"API_KEY_INVALID"}.
func readDetail(e *schema.Error, d gjson.Result) {
	switch kind := d.Get("@type").String(); {
	case strings.HasSuffix(kind, "google.rpc.RetryInfo"):
		if delay, err := time.ParseDuration(d.Get("retryDelay").String()); err == nil && delay > 0 {
			e.RetryAfter = min(delay, 24*time.Hour)
		}
	case strings.HasSuffix(kind, "google.rpc.ErrorInfo"):
		if reason := d.Get("reason").String(); reason != "" && !codeless[reason] {
			e.Code = strings.ToLower(reason)
		}
	case strings.HasSuffix(kind, "google.rpc.BadRequest"):
		e.Param = d.Get("fieldViolations.0.field").String()
	}
}

// codeless are reasons that say no more than the kind, for which clients of all schemas know one word.
var codeless = map[string]bool{"RATE_LIMIT_EXCEEDED": true, "RESOURCE_EXHAUSTED": true}

// refine finds the meanings for which Google has no status word of its own.
func refine(e *schema.Error) {
	message := strings.ToLower(e.Message)
	switch {
	case e.Code == "api_key_invalid" || strings.Contains(message, "api key not valid") || strings.Contains(message, "api key expired"):
		e.Kind, e.Code, e.Status = schema.KindAuth, "", 0 // the API says 400
	case e.Kind != schema.KindInvalidRequest:
	case strings.Contains(message, "token count") && strings.Contains(message, "exceed"):
		// "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."
		e.Kind, e.Code = schema.KindContextTooLong, ""
	case strings.Contains(message, "request payload size exceeds"):
		e.Kind = schema.KindTooLarge
	}
	if e.Code == "" {
		e.Code = e.Kind.Code()
	}
}

// EncodeError implements schema.Client. The code that programs test is an ErrorInfo's reason.
func (Client) EncodeError(e *schema.Error) (int, []byte) {
	status := e.Status
	if status == 0 || status == 529 { // 529 is Anthropic's own
		status = statusOf(e.Kind)
	}
	return status, appendError(nil, e, status)
}

func statusOf(kind schema.Kind) int {
	if s, ok := statuses[kind]; ok {
		return s.code
	}
	return 500
}

func appendError(dst []byte, e *schema.Error, status int) []byte {
	word := "INTERNAL"
	if s, ok := statuses[e.Kind]; ok {
		word = s.word
	}
	if kinds[e.Type] != "" { // Google's own
		word = e.Type
	}
	w := jsonout.Writer{B: dst}
	w.Open('{')
	w.Key("error").Open('{')
	w.Key("code").Int(int64(status))
	w.Key("message").String(e.Message)
	w.Key("status").String(word)
	w.Key("details").Open('[')
	w.Open('{')
	w.Key("@type").String("type.googleapis.com/google.rpc.ErrorInfo")
	w.Key("reason").String(reasonOf(e))
	w.Key("domain").String("llmroute")
	w.Close('}')
	if e.Param != "" {
		w.Open('{')
		w.Key("@type").String("type.googleapis.com/google.rpc.BadRequest")
		w.Key("fieldViolations").Open('[')
		w.Open('{')
		w.Key("field").String(e.Param)
		w.Key("description").String(e.Message)
		w.Close('}')
		w.Close(']')
		w.Close('}')
	}
	if e.RetryAfter > 0 {
		w.Open('{')
		w.Key("@type").String("type.googleapis.com/google.rpc.RetryInfo")
		w.Key("retryDelay").String(strconv.FormatFloat(e.RetryAfter.Seconds(), 'f', -1, 64) + "s")
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	w.Close('}')
	return w.B
}

// reasonOf is the error's code as Google spells reasons: UPPER_SNAKE_CASE.
func reasonOf(e *schema.Error) string {
	code := e.Code
	if code == "" {
		code = string(e.Kind)
	}
	return strings.ToUpper(code)
}
