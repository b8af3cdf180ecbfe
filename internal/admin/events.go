package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/llmroute/llmroute/internal/status"
)

// How often the page is told what is new, and how long it may hear nothing while nothing is.
const (
	tick  = time.Second
	quiet = 15 * time.Second
)

// events sends views as server-sent events, until the reader leaves or done is closed.
func events(w http.ResponseWriter, r *http.Request, view func() status.View, done <-chan struct{}) {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{})
	w.Header().Set("content-type", "text/event-stream")
	w.Header().Set("cache-control", "no-store")
	w.Header().Set("x-accel-buffering", "no")
	var before []byte
	var sent time.Time
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		v := view()
		now := v.Now
		v.Now = time.Time{}
		text, err := json.Marshal(v)
		if err != nil {
			return
		}
		if !bytes.Equal(text, before) || now.Sub(sent) >= quiet {
			if _, err := fmt.Fprintf(w, "event: view\ndata: %s\n\n", text); err != nil || out.Flush() != nil {
				return
			}
			before, sent = text, now
		}
		select {
		case <-r.Context().Done():
			return
		case <-done:
			return
		case <-ticker.C:
		}
	}
}
