package extproc

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Bounds on what is held of a provider's answer.
const (
	maxAnswer = 64 << 20 // a JSON answer, before decompression and after
	maxError  = 1 << 20  // an error's body
)

// answer is the provider's answer while it is translated.
type answer struct {
	dropped []string // parameters that the provider did not get
	head    headers
	status  int
	body    []byte // held: JSON, or an error
	inflate *inflater
	calls   oneCall
	usage   *schema.Usage // as far as the provider told it

	decoder  schema.Decoder
	encoder  schema.Encoder
	*scratch      // while a message is handled
	held     bool // the response headers wait for the first event that tells how the stream goes
	ended    bool // an end or error event was written

	unreached *schema.Error // what Envoy's own error says, in place of a provider's; nil: the provider has answered
}

// answerHeaders sees how the answer comes: an error, a stream, or a JSON body.
func answerHeaders(st *stream, msg message) (state, error) {
	a := &st.adapt.answer
	a.head = msg.headers
	a.status, _ = strconv.Atoi(a.head.get(":status"))
	var err error
	if a.inflate, err = newInflater(a.head.get("content-encoding")); err != nil {
		return nil, err
	}
	if msg.end {
		return st.answerWhole(msg)
	}
	a.unreached = unreached(a.head)
	switch kind := a.head.get("content-type"); {
	case a.status >= 300 || !st.adapt.request.Stream || isJSON(kind):
		return answerBody, nil
	case isStream(kind):
		st.beginStream()
		return answerStream, nil
	}
	return answerUnsaid, nil
}

// answerUnsaid looks at the first bytes of an answer whose type does not say whether it is the stream that was asked for.
func answerUnsaid(st *stream, msg message) (state, error) {
	a := &st.adapt.answer
	next, err := answerBody(st, message{what: msg.what, body: msg.body})
	if err != nil {
		return nil, err
	}
	a.body = skipBlank(a.body)
	is, sure := beginsStream(a.body)
	switch {
	case is:
		plain := a.body
		a.body = nil
		st.beginStream()
		return st.streamed(plain, nil, msg)
	case msg.end:
		return st.answerWhole(msg)
	case sure:
		return next, nil
	}
	return answerUnsaid, nil
}

func (st *stream) beginStream() {
	a := &st.adapt.answer
	a.decoder = st.adapt.provider.Face.NewDecoder(st.adapt.request)
	a.encoder = st.client.NewEncoder(st.target, st.adapt.request)
	a.held = true
}

// answerBody gathers an answer that is not a stream.
func answerBody(st *stream, msg message) (state, error) {
	a := &st.adapt.answer
	if msg.what == responseBody {
		limit := maxAnswer
		if a.status >= 300 {
			limit = maxError
		}
		var err error
		if a.body, err = a.inflate.append(a.body, msg.body, limit); err != nil {
			return nil, err
		}
	}
	if msg.end {
		return st.answerWhole(msg)
	}
	return answerBody, nil
}

// answerWhole translates an answer that is not a stream.
func (st *stream) answerWhole(msg message) (state, error) {
	a := &st.adapt.answer
	face, request := st.adapt.provider.Face, st.adapt.request
	if a.unreached != nil {
		return nil, st.answerError(a.unreached, msg)
	}
	if a.status >= 300 {
		return nil, st.answerError(face.DecodeError(a.status, a.head.get, a.body), msg)
	}
	response, err := face.DecodeResponse(request, a.body)
	if err != nil {
		return nil, st.answerError(asError(err), msg)
	}
	a.usage = response.Usage
	st.adapt.answer.calls.response(response)
	response.Request = request
	st.name(&response.ID, &response.Created)
	if response.Model == "" {
		response.Model = request.Model
	}
	if request.Stream { // asked for a stream, got JSON
		return nil, st.answerReplayed(response, msg)
	}
	body, err := st.client.EncodeResponse(st.target, response)
	if err != nil {
		return nil, st.answerError(asError(err), msg)
	}
	return nil, st.sendAnswer(a.status, "application/json", body, nil, msg)
}

// name gives an answer what its provider did not: clients keep answers by id and time.
func (st *stream) name(id *string, created *int64) {
	if *id == "" {
		*id = strconv.FormatUint(st.server.random.Uint64(), 36)
	}
	if *created == 0 {
		*created = time.Now().Unix()
	}
}

// answerReplayed writes a complete answer as a stream.
func (st *stream) answerReplayed(response *schema.Response, msg message) error {
	encoder := st.client.NewEncoder(st.target, st.adapt.request)
	var body []byte
	var err error
	for _, e := range schema.Replay(response) {
		if body, err = encoder.Append(body, &e); err != nil {
			return st.answerError(asError(err), msg)
		}
	}
	if body, err = encoder.Close(body); err != nil {
		return st.answerError(asError(err), msg)
	}
	return st.sendAnswer(200, encoder.ContentType(), body, nil, msg)
}

// answerError sends a provider's error, in the client's schema.
func (st *stream) answerError(e *schema.Error, msg message) error {
	status, body := st.client.EncodeError(e)
	return st.sendAnswer(status, "application/json", body, e, msg)
}

// sendAnswer sends headers and body in place of the provider's.
func (st *stream) sendAnswer(status int, contentType string, body []byte, e *schema.Error, msg message) error {
	m := st.answerMutation(status, contentType)
	m.putInt("content-length", len(body))
	if e != nil {
		if why := st.adapt.elsewhere(e); why != "" {
			m.put(retryHeader, why)
			st.tellElsewhere(why)
		}
	}
	if e != nil && e.RetryAfter > 0 {
		m.putInt("retry-after", int(math.Ceil(e.RetryAfter.Seconds())))
	}
	if msg.what == responseHeaders && len(body) > 0 { // to an answer without a body Envoy adds none
		m.put("x-llmroute-provider", st.adapt.provider.Name)
		return st.conn.sendImmediate(status, m, body, "llmroute_empty_answer", marked(status, e))
	}
	if err := st.conn.sendResponseHeaders(m, tellUsage(st.forget(), st.adapt.answer.usage, e == nil)); err != nil {
		return err
	}
	if msg.what == responseHeaders {
		return nil
	}
	trailers := msg.what == responseTrailers
	if err := st.conn.sendResponseBody(body, !trailers, nil); err != nil {
		return err
	}
	if trailers {
		return st.conn.sendResponseTrailers(nil)
	}
	return nil
}

// marked keeps Envoy from putting an error of its own in place of e, as it does with its own 502, 503 and 504.
func marked(status int, e *schema.Error) *structpb.Struct {
	if e == nil || status < http.StatusBadGateway || status > http.StatusGatewayTimeout {
		return nil
	}
	return &structpb.Struct{Fields: map[string]*structpb.Value{"error": structpb.NewStringValue(e.Code)}}
}

// answerMutation takes out what described the provider's own bytes.
func (st *stream) answerMutation(status int, contentType string) *mutation {
	m := &mutation{}
	if status != st.adapt.answer.status {
		m.putInt(":status", status)
	}
	m.put("content-type", contentType)
	m.drop("content-encoding", "content-length", "transfer-encoding", "etag", "content-md5", "digest", answerHeader, localHeader)
	return m
}

// passHeaders sends an answer back as it comes. A stream that ended with the request would cost less, but Envoy lets go of what
// it shows: of an answer that overtakes the end of the stream, the body would be lost.
func passHeaders(st *stream, msg message) (state, error) {
	m := &mutation{}
	m.drop(answerHeader, localHeader)
	if err := st.conn.sendResponseHeaders(m, st.forget()); err != nil || msg.end {
		return nil, err
	}
	return passBody, nil
}

func passBody(st *stream, msg message) (state, error) {
	if msg.what == responseTrailers {
		return nil, st.conn.sendResponseTrailers(nil)
	}
	if err := st.conn.sendResponseBody(msg.body, msg.end, nil); err != nil || msg.end {
		return nil, err
	}
	return passBody, nil
}
