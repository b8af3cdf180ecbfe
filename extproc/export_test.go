package extproc

import (
	"bytes"
	"encoding/json"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
)

// Decider does a request's whole work in the route stage but for the messages to and from Envoy.
type Decider struct {
	server *Server
	head   headers
}

// NewDecider prepares for requests with the given path and headers.
func NewDecider(path string, head [][2]string) *Decider {
	d := &Decider{server: NewServer(nil), head: headers{{Key: ":path", RawValue: []byte(path)}, {Key: ":method", RawValue: []byte("POST")}}}
	for _, h := range head {
		d.head = append(d.head, &corev3.HeaderValue{Key: h[0], RawValue: []byte(h[1])})
	}
	return d
}

func (d *Decider) decide(s *Snapshot, body []byte) (*routed, error) {
	return d.stream(s, body).decide()
}

func (d *Decider) stream(s *Snapshot, body []byte) *stream {
	st := &stream{server: d.server, snapshot: s, head: d.head, body: body}
	e, _ := match(st.setPath(d.head.get(":path")), st.query, st.head)
	st.client, st.target = e.client, e.target
	return st
}

// Here is Decide where there is an answer stage. It returns what that stage gets to know too, empty: it is not asked; and the
// request as it may be recorded.
func (d *Decider) Here(s *Snapshot, body []byte) (sent []byte, memory string, recorded Request, err error) {
	st := d.stream(s, body)
	st.answers = true
	out, err := st.decide()
	if err != nil {
		return nil, "", Request{}, err
	}
	_, after, _ := bytes.Cut(out.metadata, []byte("\x06answer"))
	if at := bytes.IndexByte(after, '{'); at >= 0 {
		_ = json.NewDecoder(bytes.NewReader(after[at:])).Decode((*rawText)(&memory))
	}
	return out.body, memory, (&Outcome{stream: st}).Request(), nil
}

// Leave is the server's.
func (d *Decider) Leave() { d.server.Leave() }

type rawText string

func (r *rawText) UnmarshalJSON(text []byte) error {
	*r = rawText(text)
	return nil
}

// Decide returns the body to send.
func (d *Decider) Decide(s *Snapshot, body []byte) ([]byte, error) {
	out, err := d.decide(s, body)
	if err != nil {
		return nil, err
	}
	return out.body, nil
}

// Routed is what the route stage hands to Envoy.
type Routed struct {
	Headers  map[string]string
	Metadata string // as encoded; strings in it stand as they are
	Body     string
}

// Route is Decide with all that Envoy gets.
func (d *Decider) Route(s *Snapshot, body []byte) (*Routed, error) {
	out, err := d.decide(s, body)
	if err != nil {
		return nil, err
	}
	r := &Routed{Headers: map[string]string{}, Metadata: string(out.metadata), Body: string(out.body)}
	for _, h := range out.mutation.set {
		r.Headers[h.GetHeader().GetKey()] = string(h.GetHeader().GetRawValue())
	}
	return r, nil
}

// Answer is what the route stage answers itself.
func (d *Decider) Answer(s *Snapshot, body []byte) ([]byte, error) {
	out, err := d.decide(s, body)
	if err != nil {
		return nil, err
	}
	return out.answer, nil
}
