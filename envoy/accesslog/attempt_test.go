package accesslog

import (
	"testing"
	"time"

	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRetryAfterIsReadInEveryForm(t *testing.T) {
	for name, tc := range map[string]struct {
		headers map[string]string
		want    time.Duration
	}{
		"seconds":                       {map[string]string{"retry-after": "7"}, 7 * time.Second},
		"a fraction":                    {map[string]string{"retry-after": " 0.5 "}, 500 * time.Millisecond},
		"a date":                        {map[string]string{"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30 * time.Second},
		"a date that has passed":        {map[string]string{"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0},
		"milliseconds, which are finer": {map[string]string{"retry-after": "2", "retry-after-ms": "1200"}, 1200 * time.Millisecond},
		"milliseconds that make none":   {map[string]string{"retry-after": "2", "retry-after-ms": "soon"}, 2 * time.Second},
		"never":                         {map[string]string{"retry-after": "1e300"}, 24 * time.Hour},
		"words":                         {map[string]string{"retry-after": "soon"}, 0},
		"no number":                     {map[string]string{"retry-after": "NaN"}, 0},
		"below zero":                    {map[string]string{"retry-after": "-3"}, 0},
		"nothing":                       {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := retryAfter(tc.headers["retry-after"], tc.headers["retry-after-ms"], noon); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"7", "1e9", "Sun, 01 Mar 2026 12:00:30 GMT", "-1", "NaN", "Inf", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, seconds, millis string) {
		if d := retryAfter(seconds, millis, noon); d < 0 || d > longestRetryAfter {
			t.Errorf("%q and %q make %v", seconds, millis, d)
		}
	})
}

func TestAnAttemptFailedIfItsProviderIsToBlame(t *testing.T) {
	for name, tc := range map[string]struct {
		status uint32
		flags  *logv3.ResponseFlags
		kind   logv3.AccessLogType
		want   bool
	}{
		"an answer":             {200, nil, logv3.AccessLogType_UpstreamEnd, false},
		"a bad request":         {400, nil, logv3.AccessLogType_UpstreamEnd, false},
		"a rate limit":          {429, nil, logv3.AccessLogType_UpstreamEnd, true},
		"an error":              {503, nil, logv3.AccessLogType_UpstreamEnd, true},
		"Anthropic's overload":  {529, nil, logv3.AccessLogType_UpstreamEnd, true},
		"no connection":         {0, &logv3.ResponseFlags{UpstreamConnectionFailure: true}, logv3.AccessLogType_UpstreamEnd, true},
		"no answer in time":     {0, &logv3.ResponseFlags{UpstreamRequestTimeout: true}, logv3.AccessLogType_UpstreamEnd, true},
		"a client that left":    {0, &logv3.ResponseFlags{DownstreamConnectionTermination: true}, logv3.AccessLogType_UpstreamEnd, false},
		"an attempt under way":  {0, nil, logv3.AccessLogType_UpstreamPeriodic, false},
		"a connection just got": {0, nil, logv3.AccessLogType_UpstreamPoolReady, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := read(t, KindAttempt, &logv3.HTTPAccessLogEntry{
				CommonProperties: &logv3.AccessLogCommon{ResponseFlags: tc.flags, AccessLogType: tc.kind},
				Response:         &logv3.HTTPResponseProperties{ResponseCode: wrapperspb.UInt32(tc.status)},
			})
			if e.Failure() != tc.want {
				t.Errorf("got %v", e.Failure())
			}
		})
	}
}
