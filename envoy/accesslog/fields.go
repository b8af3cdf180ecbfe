package accesslog

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

var errNotProto = errors.New("not a message of the access log service")

// fields goes over an encoded message, one field after the other. Protobuf's own decoder makes some hundred objects of an entry,
// most of them for metadata that nobody reads here; it took a fifth of all the processor time that llmroute spent on a request.
type fields struct {
	rest []byte

	tag    uint64 // its number and type: see ofBytes. 0: a field of another kind
	bytes  []byte // of a field with a length: part of the message
	number uint64 // of a varint, or the eight bytes of a fixed64
}

// What a field's tag has below its number, so that one of an unexpected type is none that is looked for: 5<<3 | ofBytes.
const (
	ofNumber = uint64(protowire.VarintType)
	ofFixed  = uint64(protowire.Fixed64Type)
	ofBytes  = uint64(protowire.BytesType)
)

func over(raw []byte) fields { return fields{rest: raw} }

// next moves to the next field, and reports whether there is one. If the message cannot be read it sets bad, and once that is
// set there are none. (A pointer in f would put what it points to on the heap.)
func (f *fields) next(bad *bool) bool {
	if len(f.rest) == 0 || *bad {
		return false
	}
	number, kind, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		*bad = true
		return false
	}
	f.rest = f.rest[n:]
	f.tag = uint64(number)<<3 | uint64(kind)
	switch kind {
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(f.rest)
	case protowire.VarintType:
		f.number, n = protowire.ConsumeVarint(f.rest)
	case protowire.Fixed64Type:
		f.number, n = protowire.ConsumeFixed64(f.rest)
	default:
		f.tag = 0
		n = protowire.ConsumeFieldValue(number, kind, f.rest)
	}
	if n < 0 {
		*bad = true
		return false
	}
	f.rest = f.rest[n:]
	return true
}
