package extproc

import (
	"bytes"
	"errors"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Field numbers of ext_proc's ProcessingRequest and of what is in it
// (envoy/service/ext_proc/v3/external_processor.proto, envoy/config/core/v3/base.proto).
const (
	inRequestHeaders   = 2
	inResponseHeaders  = 3
	inRequestBody      = 4
	inResponseBody     = 5
	inRequestTrailers  = 6
	inResponseTrailers = 7
	inMetadata         = 8
	inAttributes       = 9

	headersMap   = 1
	headersEnd   = -3 // a number: see field
	mapHeaders   = 1
	headerKey    = 1
	headerValue  = 2
	headerRaw    = 3
	bodyBytes    = 1
	bodyEnd      = -2
	attributeMap = 2 // of an entry of attributes: a google.protobuf.Struct
)

var errNotProto = errors.New("not a message of ext_proc")

// decode reads an encoded ProcessingRequest. The result refers to raw. Protobuf's own decoder makes some forty objects
// of a request's headers; this one makes four, and passes over what is not needed.
func decode(raw []byte) (message, error) {
	m := message{what: responseTrailers, end: true}
	ok := eachField(raw, func(f field) bool {
		switch f.number {
		case inRequestHeaders:
			m.what = requestHeaders
			return m.decodeHeaders(f.bytes)
		case inResponseHeaders:
			m.what = responseHeaders
			return m.decodeHeaders(f.bytes)
		case inRequestBody:
			m.what = requestBody
			return m.decodeBody(f.bytes)
		case inResponseBody:
			m.what = responseBody
			return m.decodeBody(f.bytes)
		case inRequestTrailers:
			m.what, m.end = requestTrailers, true
		case inResponseTrailers:
			m.what, m.end = responseTrailers, true
		case inMetadata:
			m.metadata = f.bytes
		case inAttributes:
			return m.decodeAttributes(f.bytes)
		}
		return true
	})
	if !ok {
		return message{}, errNotProto
	}
	return m, nil
}

func (m *message) decodeHeaders(raw []byte) bool {
	m.end = false
	return eachField(raw, func(f field) bool {
		switch f.number {
		case headersMap:
			return m.decodeMap(f.bytes)
		case headersEnd:
			m.end = f.varint != 0
		}
		return true
	})
}

// decodeMap reads a HeaderMap. Names share one string.
func (m *message) decodeMap(raw []byte) bool {
	n := 0
	if !eachField(raw, func(f field) bool { n += one(f.number == mapHeaders); return true }) {
		return false
	}
	text, store := string(raw), make([]corev3.HeaderValue, n)
	m.headers = make(headers, 0, n)
	return eachField(raw, func(f field) bool {
		if f.number != mapHeaders {
			return true
		}
		h, base := &store[len(m.headers)], f.start
		m.headers = append(m.headers, h)
		return eachField(f.bytes, func(f field) bool {
			switch f.number {
			case headerKey:
				h.Key = text[base+f.start : base+f.start+len(f.bytes)]
			case headerValue:
				h.Value = text[base+f.start : base+f.start+len(f.bytes)]
			case headerRaw:
				h.RawValue = f.bytes
			}
			return true
		})
	})
}

func (m *message) decodeBody(raw []byte) bool {
	m.end, m.body = false, nil
	return eachField(raw, func(f field) bool {
		switch f.number {
		case bodyBytes:
			m.body = f.bytes
		case bodyEnd:
			m.end = f.varint != 0
		}
		return true
	})
}

// decodeAttributes reads an entry of the attributes. Only Envoys whose routes say so have the one looked for.
func (m *message) decodeAttributes(raw []byte) bool {
	return eachField(raw, func(f field) bool {
		if f.number != attributeMap {
			return true
		}
		m.attributes = f.bytes
		if !bytes.Contains(raw, []byte(attrRoute)) {
			return true
		}
		var s structpb.Struct
		if proto.Unmarshal(f.bytes, &s) != nil {
			return false
		}
		if v := s.GetFields()[attrRoute].GetStringValue(); v != "" {
			m.route = v
		}
		return true
	})
}

// field of a message. bytes is of a field with a length, and starts at start. varint is of one that is a number, and
// its field number is negative here, so that none is taken for one of the other kind. Of one with eight bytes, which are then in
// varint, only fixed64 has the number.
type field struct {
	number  protowire.Number
	bytes   []byte
	start   int
	varint  uint64
	fixed64 protowire.Number
}

// eachField calls yield for each field of an encoded message and reports whether that could be read, and yield was
// content with each.
func eachField(raw []byte, yield func(field) bool) bool {
	for at := 0; at < len(raw); {
		number, kind, n := protowire.ConsumeTag(raw[at:])
		if n < 0 {
			return false
		}
		at += n
		f := field{number: number}
		switch kind {
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(raw[at:])
			f.start = at + n - len(f.bytes)
			f.bytes = f.bytes[:len(f.bytes):len(f.bytes)] // appending must not run into the next
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(raw[at:])
			f.number = -number
		case protowire.Fixed64Type:
			f.varint, n = protowire.ConsumeFixed64(raw[at:])
			f.number, f.fixed64 = 0, number
		default:
			n = protowire.ConsumeFieldValue(number, kind, raw[at:])
			f.number = 0 // none of ours
		}
		if n < 0 || !yield(f) {
			return false
		}
		at += n
	}
	return true
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
