package schema

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// keyLike matches what providers' error texts repeat of a credential: "sk-…", "Bearer …", long hex or base64 runs
// after the word key or token.
var keyLike = regexp.MustCompile(`(?i)\b(sk|pk|rk|gsk|xai|key|AIza|AKIA|ASIA)[-_]?[A-Za-z0-9_*\-]{8,}|\bBearer\s+\S+|\b(api[ -]?key|token)( provided)?[:=]\s*\S+`)

// Mask replaces what looks like a credential in a provider's words.
func Mask(message string) string { return keyLike.ReplaceAllString(message, "••••") }

// RetryAfter reads when a provider allows the next try, from the headers that providers use: retry-after-ms,
// retry-after in seconds or as an HTTP date. 0: not said. header looks up by lower-case name; nil is allowed.
//
// Source: RFC 9110, section 10.2.3; https://platform.openai.com/docs/guides/rate-limits
func RetryAfter(header func(name string) string) time.Duration {
	if header == nil {
		return 0
	}
	if ms, err := strconv.ParseFloat(header("retry-after-ms"), 64); err == nil && ms > 0 {
		return bounded(ms / 1000)
	}
	if s, err := strconv.ParseFloat(header("retry-after"), 64); err == nil && s > 0 {
		return bounded(s)
	}
	return untilDate(header("retry-after"), header("date"))
}

// bounded converts seconds, at most a day.
func bounded(seconds float64) time.Duration {
	return time.Duration(min(seconds, 86400) * float64(time.Second))
}

// A date needs a clock to compare with, which this package does not have; the answer's own Date header serves.
func untilDate(retryAfter, date string) time.Duration {
	at, err := http.ParseTime(retryAfter)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(date)
	if err != nil || !at.After(now) {
		return 0
	}
	return bounded(at.Sub(now).Seconds())
}
