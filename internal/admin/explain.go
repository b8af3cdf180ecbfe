package admin

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy"
)

// explain decides for the request in the body as serving would: the headers count as the request's own, the query
// parameter path is its path (default /v1/chat/completions), and route the name that Envoy's route metadata gives.
// The answer is 200 also where the request would be refused; its error says so.
func explain(w http.ResponseWriter, r *http.Request, snapshot *extproc.Snapshot) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, snapshot.MaxBodyBytes))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		writeFault(w, status, "unreadable_body", err.Error())
		return
	}
	q := extproc.Question{Path: r.URL.Query().Get("path"), Route: r.URL.Query().Get("route"), Body: body}
	for name, values := range r.Header {
		for _, v := range values {
			q.Headers = append(q.Headers, [2]string{name, v})
		}
	}
	writeJSON(w, http.StatusOK, Explain(snapshot, q, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))))
}

// Explain is the record of the decision for q, also when it is a refusal.
func Explain(snapshot *extproc.Snapshot, q extproc.Question, random *rand.Rand) *policy.Record {
	f, d, refused := snapshot.Explain(q, random)
	if f == nil {
		f = &policy.Features{Path: q.Path}
	}
	if d == nil {
		d = &policy.Decision{}
	}
	if refused == nil {
		return policy.Explain(f, d, nil)
	}
	return policy.Explain(f, d, &policy.Error{Code: policy.Code(refused.Code), Message: refused.Message, Param: refused.Param})
}
