package e2e

import (
	"fmt"
	"net/http"
	"strings"
)

var answerFeatures = []feature{
	{name: "stop at the output limit", deed: "tokens=400", ask: four{`"max_completion_tokens":40`, `"max_output_tokens":40`, `"max_tokens":40`, generation(`"maxOutputTokens":40`)},
		got: func(r *reply, _ *crossing) string {
			if r.stop != "length" || r.usage.output > 41 {
				return fmt.Sprintf("stopped for %s after %d tokens", r.stop, r.usage.output)
			}
			return ""
		}},
	{name: "safety stop", deed: "filter", got: func(r *reply, _ *crossing) string {
		if r.stop != "filter" {
			return "stopped for " + r.stop
		}
		return ""
	}},
	{name: "refusal", deed: "refuse", got: func(r *reply, _ *crossing) string {
		if !strings.Contains(r.said()+r.refusal, "cannot help") {
			return fmt.Sprintf("text %q, refusal %q", r.said(), r.refusal)
		}
		return ""
	}},
	{name: "usage: cached input", deed: "cached=64", got: func(r *reply, _ *crossing) string {
		if r.usage.cached != 64 || r.usage.input <= 64 {
			return fmt.Sprintf("%+v", *r.usage)
		}
		return ""
	}},
	{name: "usage: input written to a cache", deed: "cache-write=32; cached=64", got: func(r *reply, x *crossing) string {
		counts := x.wire != "generate" && x.wire != "chat" && x.wire != "responses" // these do not count writes
		if counts && x.client.name != "generate" && r.usage.written != 32 || r.usage.cached != 64 || r.usage.input <= 96 {
			return fmt.Sprintf("%+v", *r.usage)
		}
		return ""
	}},
	{name: "usage: reasoning", deed: "reasoning=48", got: func(r *reply, x *crossing) string {
		if r.usage.output <= 48 || x.client.name != "messages" && x.wire != "messages" && x.wire != "converse" && r.usage.reasoning != 48 {
			return fmt.Sprintf("%+v", *r.usage)
		}
		return ""
	}},
	{name: "usage, exact", deed: "tokens=100", got: func(r *reply, _ *crossing) string {
		if r.usage.output != 100 {
			return fmt.Sprintf("%+v", *r.usage)
		}
		return ""
	}},
	{name: "many calls", deed: "calls=7", ask: saying("What is the weather in Paris?").and(weather), got: func(r *reply, _ *crossing) string {
		ids := map[string]bool{}
		for _, c := range r.calls {
			ids[c.id+c.args] = true
		}
		if len(r.calls) != 7 || r.stop != "tools" {
			return fmt.Sprintf("%d calls %+v, stopped for %s", len(r.calls), r.calls, r.stop)
		}
		return ""
	}},
	{name: "gzip answer", deed: "gzip", got: says("Hello!")},
	{name: "deflate answer", deed: "deflate", got: says("Hello!")},
	{name: "brotli answer", deed: "br", got: says("Hello!")},
	{name: "long answer", deed: "tokens=2000", got: func(r *reply, _ *crossing) string {
		if r.usage.output != 2000 || len(r.said()) < 4000 {
			return fmt.Sprintf("%d bytes, %+v", len(r.said()), r.usage)
		}
		return ""
	}},
	{name: "long compressed answer", deed: "tokens=2000; gzip", got: func(r *reply, _ *crossing) string {
		if len(r.said()) < 4000 {
			return fmt.Sprintf("%d bytes", len(r.said()))
		}
		return ""
	}},
	{name: "Azure's filter results in chunks of their own", deed: "late-filter", once: "stream", got: says("Hello!")},
}

// failing wants an error with one of these "status word" in the client's schema.
func failing(openai, anthropic, gemini string) func(*reply, *crossing) string {
	return func(r *reply, x *crossing) string {
		want := map[string]string{"chat": openai, "responses": openai, "messages": anthropic, "generate": gemini}[x.client.name]
		if r.fault == nil {
			return fmt.Sprintf("status %d and no error (%v)", r.status, r.broken)
		}
		got := fmt.Sprintf("%d %s", r.status, r.fault.word)
		for alternative := range strings.SplitSeq(want, ", ") {
			if got == alternative {
				if r.fault.message == "" || strings.Contains(r.raw, "key-of-") {
					return "message: " + r.fault.message
				}
				return ""
			}
		}
		return fmt.Sprintf("%s, want %s", got, want)
	}
}

// failsMidway wants an error event after some text, and no proper end.
func failsMidway(r *reply, x *crossing) string {
	switch {
	case r.status != http.StatusOK || r.said() == "":
		return fmt.Sprintf("status %d, text %q", r.status, r.said())
	case r.ended:
		return "ends as if it were complete"
	case r.fault == nil && !x.direct:
		return "no error event"
	}
	return ""
}

var errorFeatures = []feature{
	{name: "error: rate limit", deed: "error=rate-limit; retry-after=7", fails: true, got: func(r *reply, x *crossing) string {
		if r.retryAfter != "7" {
			return "retry-after: " + r.retryAfter
		}
		return failing("429 rate_limit_exceeded, 429 429", "429 rate_limit_error", "429 RESOURCE_EXHAUSTED")(r, x)
	}},
	{name: "error: context too long", deed: "error=context-length", fails: true,
		got: func(r *reply, x *crossing) string {
			if x.client.name == "messages" && !strings.Contains(r.fault.message, "prompt is too long") {
				return r.fault.message
			}
			return failing("400 context_length_exceeded", "400 invalid_request_error", "400 INVALID_ARGUMENT")(r, x)
		}},
	{name: "error: content filter", deed: "error=content-filter", fails: true, got: func(r *reply, x *crossing) string {
		if x.wire == "generate" { // an answer without candidates
			if r.status == http.StatusOK && (r.stop == "filter" || x.direct && strings.Contains(r.raw, "blockReason")) {
				return ""
			}
		}
		return failing("400 content_filter, 400 content_policy_violation", "400 invalid_request_error", "400 INVALID_ARGUMENT")(r, x)
	}},
	{name: "error: the provider's credential", deed: "error=auth", fails: true,
		got: func(r *reply, x *crossing) string {
			if x.direct && x.wire == "generate" { // whose own way this is
				return failing("", "", "400 INVALID_ARGUMENT")(r, x)
			}
			return failing("401 invalid_api_key, 401 401", "401 authentication_error", "401 UNAUTHENTICATED")(r, x)
		}},
	{name: "error: no permission", deed: "error=permission", fails: true, got: failing("403 permission_denied, 403 model_not_found", "403 permission_error, 403 not_found_error", "403 PERMISSION_DENIED, 403 NOT_FOUND")},
	{name: "error: no such model", deed: "error=unknown-model", fails: true, got: failing("404 model_not_found, 404 DeploymentNotFound, 404 not_found", "404 not_found_error", "404 NOT_FOUND")},
	{name: "error: quota used up", deed: "error=quota", fails: true, got: func(r *reply, x *crossing) string {
		if r.status < 400 || r.status > 429 || r.fault == nil {
			return fmt.Sprintf("status %d", r.status)
		}
		return ""
	}},
	{name: "error: overloaded", deed: "error=overloaded", fails: true, got: failing("503 overloaded, 503 server_error", "529 overloaded_error", "503 UNAVAILABLE")},
	{name: "error: the provider's own", deed: "error=server", fails: true, got: failing("500 internal_error, 500 server_error", "500 api_error", "500 INTERNAL")},
	{name: "error: invalid request", deed: "status=400", fails: true, got: func(r *reply, x *crossing) string {
		if r.status != 400 || r.fault == nil || !strings.Contains(r.fault.message, "injected") {
			return fmt.Sprintf("%d %+v", r.status, r.fault)
		}
		return ""
	}},
	{name: "overload reported inside a 200 stream, before any content", deed: "error-in-stream=0", once: "stream", fails: true, got: func(r *reply, x *crossing) string {
		if x.direct {
			return ifEnded(r)
		}
		return failing("503 overloaded, 529 overloaded", "529 overloaded_error", "503 UNAVAILABLE")(r, x)
	}},
	{name: "overload reported inside a 200 stream, after some content", deed: "error-in-stream=3; chunk-delay=20ms", once: "stream", fails: true, got: failsMidway},
	{name: "rate limit reported inside a 200 stream", deed: "error-in-stream=3; error=rate-limit; chunk-delay=20ms", once: "stream", fails: true, got: failsMidway},
	{name: "stream that breaks off", deed: "truncate=3; chunk-delay=20ms", once: "stream", fails: true, got: failsMidway},
	{name: "stream that breaks off, compressed", deed: "truncate=3; gzip; chunk-delay=20ms", once: "stream", fails: true, got: failsMidway},
	{name: "connection lost in a stream", deed: "reset-after=3", once: "stream", fails: true, got: func(r *reply, _ *crossing) string { return ifEnded(r) }},
	{name: "JSON answer that breaks off", deed: "truncate", once: "json", fails: true, got: func(r *reply, x *crossing) string {
		if x.direct || r.status >= 500 && r.fault != nil {
			return ""
		}
		return fmt.Sprintf("status %d", r.status)
	}},
}

func ifEnded(r *reply) string {
	if r.ended {
		return "ends as if it were complete"
	}
	return ""
}
