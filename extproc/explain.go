package extproc

import (
	"math/rand/v2"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// Question is a request to explain rather than serve.
type Question struct {
	Path    string      // default: /v1/chat/completions
	Headers [][2]string // names in any case
	Route   string      // as Envoy's route metadata would name it
	Body    []byte
}

// Explain decides for q just as serving does, and serves nothing. Features and decision are returned as far as they
// came; the error is what the client would see.
func (s *Snapshot) Explain(q Question, random *rand.Rand) (*policy.Features, *policy.Decision, *schema.Error) {
	if q.Path == "" {
		q.Path = "/v1/chat/completions"
	}
	head := headers{{Key: ":path", Value: q.Path}, {Key: ":method", Value: "POST"}}
	for _, h := range q.Headers {
		head = append(head, &corev3.HeaderValue{Key: strings.ToLower(h[0]), Value: h[1]})
	}
	st := &stream{server: &Server{random: random}, snapshot: s, head: head, route: q.Route, body: q.Body}
	path := st.setPath(q.Path)
	e, ok := match(path, st.query, head)
	if !ok || e.list {
		return nil, nil, unknownPath(st.path)
	}
	st.client, st.target = e.client, e.target
	if int64(len(q.Body)) > s.MaxBodyBytes {
		return nil, nil, tooLarge(s.MaxBodyBytes)
	}
	_, f, d, err := st.judge()
	if err != nil {
		return f, d, asError(err)
	}
	return f, d, nil
}
