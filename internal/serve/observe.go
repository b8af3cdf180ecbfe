package serve

import (
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/policy/learn"
)

// bytesPerToken turns the size of a body into a rough count of tokens.
const bytesPerToken = 4

// observations are what a request's entry shows of the providers that it was sent to: those tried before the last one
// failed, and the last one answered, or did not.
func observations(e *accesslog.Entry) []learn.Observation {
	if e.Kind != accesslog.KindRequest || e.Provider == "" || e.Model == "" {
		return nil
	}
	out := make([]learn.Observation, 0, len(e.Failed)+1)
	each := e.Elapsed / time.Duration(len(e.Failed)+1)
	for _, t := range e.Failed {
		out = append(out, learn.Observation{
			Provider: t.Provider, Model: t.Model, Route: e.Route, Stream: e.Stream, Outcome: learn.Failed, Done: true, Elapsed: each,
		})
	}
	last := learn.Observation{
		Provider: e.Provider, Model: e.Model, Route: e.Route, Stream: e.Stream, Done: true, Elapsed: e.Elapsed,
		Outcome: learn.OutcomeOf(e.Status, e.RetryAfter, e.ClientLeft), InputTokens: int(e.RequestBytes / bytesPerToken), RetryAfter: e.RetryAfter,
	}
	if len(e.Failed) == 0 { // else it counts from the first attempt
		last.FirstByte = e.FirstByte
	}
	if u := e.Usage; u != nil {
		last.InputTokens, last.OutputTokens = int(u.Input), int(u.Output)
	}
	return append(out, last)
}
