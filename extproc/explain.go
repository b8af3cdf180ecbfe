package extproc

import (
	"math/rand/v2"
	"strings"
	"time"

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

	Claims      [][2]string // of the JWT, by name or path with dots
	Certificate [][2]string // of the client, by "uri_san", "dns_san" or "subject"
	Now         time.Time   // when it comes; zero: now
}

// Explain decides for q just as serving does, and serves nothing. Features and decision are returned as far as they
// came; the error is what the client would see.
func (s *Snapshot) Explain(q Question, random *rand.Rand) (*policy.Features, *policy.Decision, *schema.Error) {
	st, refused := s.ask(q)
	if refused != nil {
		return nil, nil, refused
	}
	st.server.random = random
	view := *s
	view.Router = s.Router.ReadOnly() // explaining must not take a probe away from a request
	st.snapshot = &view
	_, f, d, err := st.judge()
	if err == nil {
		err = st.bill.explain(f, d)
	}
	if err != nil {
		return f, d, asError(err)
	}
	return f, d, nil
}

// Read finds out what the decision for q would look at, without deciding. Features are returned as far as they came.
func (s *Snapshot) Read(q Question) (*policy.Features, *schema.Error) {
	st, refused := s.ask(q)
	if refused != nil {
		return nil, refused
	}
	_, f, err := st.read()
	if err != nil {
		return f, asError(err)
	}
	return f, nil
}

// ask makes a stream of q on which no message has come.
func (s *Snapshot) ask(q Question) (*stream, *schema.Error) {
	if q.Path == "" {
		q.Path = "/v1/chat/completions"
	}
	head := headers{{Key: ":path", Value: q.Path}, {Key: ":method", Value: "POST"}}
	for _, h := range q.Headers {
		head = append(head, &corev3.HeaderValue{Key: strings.ToLower(h[0]), Value: h[1]})
	}
	st := &stream{
		server: &Server{}, snapshot: s, head: head, route: q.Route, body: q.Body,
		metadata: claimsMetadata(q.Claims), attributes: certificateFields(q.Certificate), now: q.Now,
	}
	path := st.setPath(q.Path)
	e, ok := match(path, st.query, head)
	if !ok || e.list {
		return nil, unknownPath(st.path, e.client.Format())
	}
	st.client, st.target = e.client, e.target
	if int64(len(q.Body)) > s.MaxBodyBytes {
		return nil, tooLarge(s.MaxBodyBytes)
	}
	return st, nil
}
