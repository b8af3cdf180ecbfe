package extproc

import (
	"slices"

	"github.com/llmroute/llmroute/extproc/schema"
)

// retryHeader on an answer makes Envoy try the plan's next entry, whatever the status.
const retryHeader = "x-llmroute-retry"

// elsewhere says why another entry of the plan may well serve what this provider refuses: a prompt that is too long for its
// model, or that its filter objects to. It is empty where none may, and where the request itself is at fault.
func (a *adaptation) elsewhere(e *schema.Error) string {
	if a.index+1 >= len(a.plan.Try) {
		return ""
	}
	rest := a.plan.Try[a.index+1:]
	switch e.Kind {
	case schema.KindContextTooLong:
		if slices.ContainsFunc(rest, a.longer) {
			return "context_length"
		}
	case schema.KindContentFilter:
		if slices.ContainsFunc(rest, func(t attempt) bool { return t.Provider != a.try.Provider }) {
			return "content_filter"
		}
	}
	return ""
}

// longer reports whether more fits into t than into what was tried. What is not known may be.
func (a *adaptation) longer(t attempt) bool {
	return t.Window == 0 || a.try.Window == 0 && t.Name != a.try.Name || t.Window > a.try.Window
}

// tellElsewhere tells who learns of providers that the attempt has not failed.
func (st *stream) tellElsewhere(why string) {
	if st.server.observe != nil {
		st.server.observe(&Outcome{
			Stage: st.stage, RequestID: st.head.get(requestIDHeader), ID: st.id, Op: st.target.Op, Attempt: st.adapt.index, Elsewhere: why,
		})
	}
}
