package extproc

import (
	"strconv"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// maxChunk is the most that one message to Envoy carries of a body; Envoy's receive limit and flow control like
// small messages.
const maxChunk = 64 << 10

// namespace is where Envoy keeps what route decided, as dynamic metadata.
const namespace = "llmroute"

// attrRoute is how the name that Envoy's route metadata gives reaches the server.
const attrRoute = "xds.route_metadata.filter_metadata['llmroute']['route']"

// what tells the messages from Envoy apart.
type what byte

const (
	requestHeaders what = iota
	requestBody
	requestTrailers
	responseHeaders
	responseBody
	responseTrailers
)

// message is one message from Envoy.
type message struct {
	what    what
	headers headers
	body    []byte
	end     bool   // nothing follows in this direction
	route   string // by Envoy's route metadata; with requestHeaders only
	// metadata is an encoded Metadata, and attributes an encoded Struct, as far as Envoy's configuration hands them over.
	metadata, attributes []byte
}

// headers are those of a request or response, in order, names in lower case.
type headers []*corev3.HeaderValue

// get returns the value of the first header of that name, "" if there is none.
func (h headers) get(name string) string {
	for _, v := range h {
		if v.GetKey() == name {
			return value(v)
		}
	}
	return ""
}

// join returns the values of all headers of that name, joined by commas.
func (h headers) join(name string) string {
	joined, n := "", 0
	for _, v := range h {
		if v.GetKey() != name {
			continue
		}
		if n++; n > 1 {
			joined += ","
		}
		joined += value(v)
	}
	return joined
}

func value(v *corev3.HeaderValue) string {
	if raw := v.GetRawValue(); len(raw) > 0 {
		return string(raw)
	}
	return v.GetValue()
}

// conn is the stream of one request, in both directions.
type conn struct {
	grpc.ServerStream
}

// recv returns the next message. The result and what it refers to belong to the caller. Envoy bounds the time: it
// ends the stream with the request, whose own timeouts run meanwhile.
func (c conn) recv() (message, error) {
	// Of a message without fields protobuf keeps the bytes as they came.
	var in emptypb.Empty
	if err := c.RecvMsg(&in); err != nil {
		return message{}, err
	}
	m, err := decode(in.ProtoReflect().GetUnknown())
	if err != nil {
		return message{}, status.Error(codes.InvalidArgument, err.Error())
	}
	return m, nil
}

// mutation collects changes to headers. It may not be copied once it is used. A few headers are stored in place,
// because each costs three objects otherwise.
type mutation struct {
	set    []*corev3.HeaderValueOption
	remove []string

	room struct {
		options [6]corev3.HeaderValueOption
		values  [6]corev3.HeaderValue
		set     [6]*corev3.HeaderValueOption
		remove  [8]string
		bytes   [64]byte
		used    int // of bytes
	}
}

func (m *mutation) put(name, value string) { m.putRaw(name, []byte(value)) }

func (m *mutation) putInt(name string, n int) {
	free := m.room.bytes[m.room.used:m.room.used:len(m.room.bytes)]
	text := strconv.AppendInt(free, int64(n), 10)
	m.room.used = min(m.room.used+len(text), len(m.room.bytes))
	m.putRaw(name, text)
}

func (m *mutation) putRaw(name string, value []byte) {
	if m.set == nil {
		m.set = m.room.set[:0]
	}
	var option *corev3.HeaderValueOption
	var header *corev3.HeaderValue
	if n := len(m.set); n < len(m.room.options) {
		option, header = &m.room.options[n], &m.room.values[n]
	} else {
		option, header = new(corev3.HeaderValueOption), new(corev3.HeaderValue)
	}
	header.Key, header.RawValue = name, value
	option.Header, option.AppendAction = header, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD
	m.set = append(m.set, option)
}

func (m *mutation) drop(names ...string) {
	if m.remove == nil {
		m.remove = m.room.remove[:0]
	}
	m.remove = append(m.remove, names...)
}

func (m *mutation) common() *extprocv3.CommonResponse {
	return &extprocv3.CommonResponse{
		HeaderMutation: &extprocv3.HeaderMutation{SetHeaders: m.set, RemoveHeaders: m.remove},
	}
}

// sendRequestHeaders answers the request's headers. Envoy then chooses route and cluster anew, by the metadata.
func (c conn) sendRequestHeaders(m *mutation, plan metadata) error {
	common := m.common()
	common.ClearRouteCache = true
	out := &extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_RequestHeaders{RequestHeaders: &extprocv3.HeadersResponse{Response: common}},
	}
	plan.attach(out)
	return c.SendMsg(out)
}

// sendResponseHeaders answers the response's headers. note, which may be nil, goes into the door's access log.
func (c conn) sendResponseHeaders(m *mutation, note metadata) error {
	out := &extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_ResponseHeaders{ResponseHeaders: &extprocv3.HeadersResponse{Response: m.common()}},
	}
	note.attach(out)
	return c.SendMsg(out)
}

// sendRequestBody sends body in pieces. With trailers to come, the last piece does not end the stream.
func (c conn) sendRequestBody(body []byte, end bool) error {
	return pieces(body, end, func(common *extprocv3.CommonResponse) error {
		return c.SendMsg(&extprocv3.ProcessingResponse{
			Response: &extprocv3.ProcessingResponse_RequestBody{RequestBody: &extprocv3.BodyResponse{Response: common}},
		})
	})
}

// sendResponseBody sends body in pieces. note, which may be nil, goes into the door's access log.
func (c conn) sendResponseBody(body []byte, end bool, note metadata) error {
	return pieces(body, end, func(common *extprocv3.CommonResponse) error {
		out := &extprocv3.ProcessingResponse{
			Response: &extprocv3.ProcessingResponse_ResponseBody{ResponseBody: &extprocv3.BodyResponse{Response: common}},
		}
		note.attach(out)
		note = nil
		return c.SendMsg(out)
	})
}

func pieces(body []byte, end bool, send func(*extprocv3.CommonResponse) error) error {
	for first := true; first || len(body) > 0; first = false {
		n := min(len(body), maxChunk)
		piece := &extprocv3.StreamedBodyResponse{Body: body[:n], EndOfStream: end && n == len(body)}
		body = body[n:]
		err := send(&extprocv3.CommonResponse{BodyMutation: &extprocv3.BodyMutation{
			Mutation: &extprocv3.BodyMutation_StreamedResponse{StreamedResponse: piece},
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c conn) sendRequestTrailers() error {
	return c.SendMsg(&extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_RequestTrailers{RequestTrailers: &extprocv3.TrailersResponse{}},
	})
}

// sendResponseTrailers lets the trailers pass. note, which may be nil, goes into the access log.
func (c conn) sendResponseTrailers(note metadata) error {
	out := &extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_ResponseTrailers{ResponseTrailers: &extprocv3.TrailersResponse{}},
	}
	note.attach(out)
	return c.SendMsg(out)
}

// sendImmediate answers the client in place of a provider.
func (c conn) sendImmediate(status int, m *mutation, body []byte, details string, metadata *structpb.Struct) error {
	out := &extprocv3.ProcessingResponse{
		Response: &extprocv3.ProcessingResponse_ImmediateResponse{ImmediateResponse: &extprocv3.ImmediateResponse{
			Status:  &typev3.HttpStatus{Code: typev3.StatusCode(status)},
			Headers: &extprocv3.HeaderMutation{SetHeaders: m.set},
			Body:    body,
			Details: details,
		}},
	}
	if metadata != nil {
		out.DynamicMetadata = &structpb.Struct{Fields: map[string]*structpb.Value{namespace: structpb.NewStructValue(metadata)}}
	}
	return c.SendMsg(out)
}

// contentLength is what the headers announce, 0 if nothing usable.
func contentLength(h headers) int64 {
	n, err := strconv.ParseInt(h.get("content-length"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// room is how much to make for the rest of a body, of which have bytes have come and next are at hand: what is
// announced, within a bound that grows with what was really sent.
func room(h headers, have, next int) int {
	const most, times = 1 << 20, 8
	announced := contentLength(h) - int64(have)
	return max(next, int(min(announced, int64(max(most, times*have)))))
}
