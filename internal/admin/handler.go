package admin

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/status"
)

// Options are what the server shows.
type Options struct {
	Requests *extproc.Server
	Metrics  http.Handler
	Ready    func(context.Context) bool
	Status   func() status.View
	Access   Access
	// Done ends what would go on for ever, when the server is told to stop.
	Done <-chan struct{}
}

// Handler serves /, /v1/status, /v1/events and /v1/explain to those whom o.Access lets in, and /metrics, /healthz and
// /readyz to all, since machines ask for them.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", o.Metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !o.Ready(r.Context()) {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	mux.Handle("POST /v1/explain", o.Access.guard(func(w http.ResponseWriter, r *http.Request) { explain(w, r, o.Requests.Snapshot()) }))
	if o.Status != nil {
		mux.Handle("GET /v1/status", o.Access.guard(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, o.Status()) }))
		mux.Handle("GET /v1/events", o.Access.guard(func(w http.ResponseWriter, r *http.Request) { events(w, r, o.Status, o.Done) }))
		mux.Handle("GET /", o.Access.guard(servePage))
	}
	return mux
}

// fault is the body of an answer that is an error.
type fault struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func writeFault(w http.ResponseWriter, status int, code, message string) {
	var f fault
	f.Error.Code, f.Error.Message = code, message
	writeJSON(w, status, f)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value)
}
