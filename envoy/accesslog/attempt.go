package accesslog

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
)

// The response headers by which providers say when to come back, as far as Envoy is told to log them.
const (
	retryAfterHeader      = "retry-after"    // RFC 9110, section 10.2.3: seconds, or a date
	retryAfterMilliHeader = "retry-after-ms" // OpenAI's and Azure's, finer
)

// Failure reports whether an attempt that has ended has failed and Envoy may have gone on to the plan's next entry. The provider may have
// refused it for its rate limit too. An attempt that ended since the client left is none.
func (e *Entry) Failure() bool {
	const overloaded = 529 // Anthropic's
	switch {
	case e.UnderWay:
		return false
	case e.Status == 0:
		return e.Broken
	}
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status == overloaded
}

// flagSet has the numbers of fields of Envoy's ResponseFlags.
type flagSet uint64

func (s flagSet) has(number uint64) bool { return number < 64 && s>>number&1 != 0 }

// What the flags tell: https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/data/accesslog/v3/accesslog.proto.
const (
	// A provider was not reached, did not answer in time, or broke off.
	brokenFlags flagSet = 1<<2 | // no healthy upstream
		1<<3 | // upstream request timeout
		1<<4 | // local reset
		1<<5 | // upstream remote reset
		1<<6 | // upstream connection failure
		1<<7 | // upstream connection termination
		1<<8 | // upstream overflow
		1<<17 | // stream idle timeout
		1<<20 | // upstream max stream duration reached
		1<<24 // upstream protocol error
	// The client left.
	clientFlags flagSet = 1<<15 | // downstream connection termination
		1<<28 // downstream remote reset
)

// underWay reports whether an entry of that type tells of an attempt that has not ended.
func underWay(t logv3.AccessLogType) bool {
	return t == logv3.AccessLogType_UpstreamPeriodic || t == logv3.AccessLogType_UpstreamPoolReady
}

// retryAfter reads for how long a provider asks to be left alone, as of now, from its two headers. 0: it does not ask, or says
// nothing sensible.
func retryAfter(text, millis string, now time.Time) time.Duration {
	text, millis = strings.TrimSpace(text), strings.TrimSpace(millis)
	if text == "" && millis == "" { // as most; reading nothing makes errors, which cost
		return 0
	}
	if ms, err := strconv.ParseFloat(millis, 64); err == nil && ms > 0 {
		return bounded(ms / 1000)
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		return bounded(s)
	}
	if at, err := http.ParseTime(text); err == nil {
		return bounded(at.Sub(now).Seconds())
	}
	return 0
}

// longestRetryAfter is far beyond what anybody would wait for.
const longestRetryAfter = 24 * time.Hour

func bounded(seconds float64) time.Duration {
	if math.IsNaN(seconds) || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, longestRetryAfter.Seconds()) * float64(time.Second))
}
