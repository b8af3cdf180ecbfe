package replay

import (
	"errors"
	"math/rand/v2"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/recording"
	"github.com/llmroute/llmroute/policy"
)

// request is what a line of traffic holds.
type request struct {
	line *recording.Line // nil: a plain body
	body []byte
}

// parse reads a line of a recording, or the body of a request.
func parse(text []byte) (request, error) {
	line, err := recording.Parse(text)
	if errors.Is(err, recording.ErrNotRecorded) {
		return request{body: text}, nil
	}
	return request{line: line}, err
}

// features are what a decision looks at, as a configuration reads them. refused: it never comes to a decision. The error
// is a fault of the line: no request could be read from it. around is what a plain body lacks.
func (r request) features(snapshot *extproc.Snapshot, around extproc.Question) (f *policy.Features, refused *recording.Refusal, err error) {
	q := around
	switch {
	case r.line == nil:
		q.Body = r.body
	case r.line.Content == recording.ContentFull:
		from := r.line.Request
		q = extproc.Question{Path: from.Path, Headers: from.Headers, Route: from.Route, Body: from.Body}
	default:
		return r.line.Features.Policy(r.line.Recorded), nil, nil
	}
	f, fault := snapshot.Read(q)
	switch {
	case f == nil:
		return nil, nil, fault
	case fault != nil: // a header of llmroute's own is wrong
		return f, &recording.Refusal{Code: fault.Code}, nil
	case r.line != nil:
		r.line.Request.Complete(f, r.line.Recorded)
	}
	return f, nil, nil
}

// decide makes the decision under a configuration. The error is a fault of the line.
func decide(snapshot *extproc.Snapshot, r request, around extproc.Question, random *rand.Rand) (*policy.Features, *recording.Decision, error) {
	f, refused, err := r.features(snapshot, around)
	if err != nil {
		return nil, nil, err
	}
	if refused != nil {
		return f, &recording.Decision{Refused: refused}, nil
	}
	return f, judged(snapshot, f, random), nil
}

func judged(snapshot *extproc.Snapshot, f *policy.Features, random *rand.Rand) *recording.Decision {
	d, err := snapshot.Router.Decide(f, random)
	if err == nil {
		return recording.DecisionOf(d)
	}
	refusal := &recording.Refusal{Code: err.Error()}
	if e := (*policy.Error)(nil); errors.As(err, &e) {
		refusal.Code, refusal.Policy = string(e.Code), e.Policy
	}
	return &recording.Decision{Refused: refusal}
}
