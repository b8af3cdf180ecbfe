package main

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

// quietFor is how long a provider's failures of one kind stay out of the log after a line about them: a provider that is
// down fails with every request, and /metrics counts them all.
const quietFor = 10 * time.Second

// failures tells the log of requests that a provider failed, with the request's id and no more of it. Safe for concurrent use.
type failures struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last map[failureKind]*failureLine // bounded by providers and statuses
}

type failureKind struct {
	provider string
	status   int
	message  string
}

type failureLine struct {
	at     time.Time
	unsaid int // since then
}

func newFailures(log *slog.Logger, now func() time.Time) *failures {
	return &failures{log: log, now: now, last: map[failureKind]*failureLine{}}
}

// ended logs what went wrong with a request, if it was a provider's doing.
func (f *failures) ended(r *usage.Record) {
	message := whatFailed(r)
	if message == "" {
		return
	}
	provider := r.Provider
	if len(r.Failed) > 0 && r.Status < http.StatusBadRequest {
		provider = r.Failed[0].Provider
	}
	more, say := f.due(failureKind{provider, r.Status, message})
	if !say {
		return
	}
	fields := []any{"request_id", r.RequestID, "model", r.Model, "provider", r.Provider, "status", r.Status, "attempts", r.Attempts, "elapsed_ms", r.Elapsed.Milliseconds()}
	if len(r.Failed) > 0 {
		fields = append(fields, "failed", attempted(r.Failed))
	}
	if more > 0 {
		fields = append(fields, "more", more)
	}
	f.log.Warn(message, fields...)
}

// whatFailed is empty where no provider failed: it answered, the client left or was wrong, or llmroute refused.
func whatFailed(r *usage.Record) string {
	switch {
	case r.Code != "" || r.Provider == "":
		return ""
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return "the provider refused the request's credential; it is the one under its auth, which Envoy adds"
	case r.Status == http.StatusTooManyRequests:
		return "the provider limits the rate, and no other answered"
	case r.Status >= http.StatusInternalServerError:
		return "no provider answered"
	case len(r.Failed) > 0 && r.Status != 0:
		return "a fallback answered"
	}
	return ""
}

// due reports whether a line is to be written, and how many of its kind were left out before it.
func (f *failures) due(kind failureKind) (more int, say bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	line, known := f.last[kind]
	if known && now.Sub(line.at) < quietFor {
		line.unsaid++
		return 0, false
	}
	if known {
		more = line.unsaid
	}
	f.last[kind] = &failureLine{at: now}
	return more, true
}

func attempted(failed []usage.Attempt) string {
	names := make([]string, len(failed))
	for i, a := range failed {
		names[i] = a.Model + " at " + a.Provider
	}
	return strings.Join(names, ", ")
}
