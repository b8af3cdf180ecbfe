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

// broken reports whether the provider was not reached, did not answer in time, or broke off.
func broken(f *logv3.ResponseFlags) bool {
	return f.GetUpstreamConnectionFailure() || f.GetUpstreamConnectionTermination() || f.GetUpstreamRemoteReset() ||
		f.GetUpstreamRequestTimeout() || f.GetUpstreamProtocolError() || f.GetNoHealthyUpstream() || f.GetUpstreamOverflow() ||
		f.GetStreamIdleTimeout() || f.GetUpstreamMaxStreamDurationReached() || f.GetLocalReset()
}

// underWay reports whether the entry tells of an attempt that has not ended.
func underWay(common *logv3.AccessLogCommon) bool {
	switch common.GetAccessLogType() {
	case logv3.AccessLogType_UpstreamPeriodic, logv3.AccessLogType_UpstreamPoolReady:
		return true
	default:
		return false
	}
}

// retryAfter reads for how long a provider asks to be left alone, as of now. 0: it does not ask, or says nothing sensible.
func retryAfter(headers map[string]string, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(headers[retryAfterMilliHeader]), 64); err == nil && ms > 0 {
		return bounded(ms / 1000)
	}
	text := strings.TrimSpace(headers[retryAfterHeader])
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
