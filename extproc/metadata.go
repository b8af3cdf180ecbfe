package extproc

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// metadata is the content of a google.protobuf.Struct as it goes over the wire:
//
//	fields: {key: "model", value: {string_value: "gpt-5-mini"}} …
//
// It is written at once and not built of messages first: encoding those was the dearest part of a request, because
// their fields are a map, which protobuf reads by reflection, twice.
type metadata []byte

// Field numbers of google/protobuf/struct.proto, where an entry of a map has key 1 and value 2, and of
// ext_proc's ProcessingResponse.
const (
	structFields     = 1
	entryKey         = 1
	entryValue       = 2
	valueNumber      = 2
	valueString      = 3
	valueStruct      = 5
	valueList        = 6
	listValues       = 1
	responseMetadata = 8
)

// text appends a string. Envoy refuses messages with one that is not UTF-8.
func (m metadata) text(name, value string) metadata {
	if !utf8.ValidString(value) { // which is quick where there is nothing to mend
		value = strings.ToValidUTF8(value, "?")
	}
	n := protowire.SizeTag(valueString) + protowire.SizeBytes(len(value))
	m = m.entry(name, n)
	return protowire.AppendString(protowire.AppendTag(m, valueString, protowire.BytesType), value)
}

// list appends a list of encoded values.
func (m metadata) list(name string, values ...[]byte) metadata {
	size := 0
	for _, v := range values {
		size += protowire.SizeTag(listValues) + protowire.SizeBytes(len(v))
	}
	m = m.entry(name, protowire.SizeTag(valueList)+protowire.SizeBytes(size))
	m = appendHead(m, valueList, size)
	for _, v := range values {
		m = appendPart(m, listValues, v)
	}
	return m
}

// number appends a number.
func (m metadata) number(name string, value float64) metadata {
	m = m.entry(name, protowire.SizeTag(valueNumber)+protowire.SizeFixed64())
	return binary.LittleEndian.AppendUint64(protowire.AppendTag(m, valueNumber, protowire.Fixed64Type), math.Float64bits(value))
}

// entry appends all of an entry but its value, which has size bytes.
func (m metadata) entry(name string, size int) metadata {
	whole := protowire.SizeTag(entryKey) + protowire.SizeBytes(len(name)) + protowire.SizeTag(entryValue) + protowire.SizeBytes(size)
	m = appendHead(m, structFields, whole)
	m = protowire.AppendString(protowire.AppendTag(m, entryKey, protowire.BytesType), name)
	return appendHead(m, entryValue, size)
}

// value is m as a google.protobuf.Value.
func (m metadata) value() []byte { return appendPart(nil, valueStruct, m) }

func appendPart(b []byte, field protowire.Number, part []byte) []byte {
	return append(appendHead(b, field, len(part)), part...)
}

// appendHead appends what stands before a part of size bytes.
func appendHead(b []byte, field protowire.Number, size int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), uint64(size))
}

// attach makes m the dynamic metadata of out, in llmroute's namespace. Protobuf writes bytes of fields that it does
// not know as they are, and so these.
func (m metadata) attach(out *extprocv3.ProcessingResponse) {
	if m == nil {
		return
	}
	inner := protowire.SizeTag(valueStruct) + protowire.SizeBytes(len(m))
	entry := protowire.SizeTag(entryKey) + protowire.SizeBytes(len(namespace)) + protowire.SizeTag(entryValue) + protowire.SizeBytes(inner)
	whole := protowire.SizeTag(structFields) + protowire.SizeBytes(entry)
	raw := make(metadata, 0, protowire.SizeTag(responseMetadata)+protowire.SizeBytes(whole))
	raw = appendHead(raw, responseMetadata, whole)
	raw = raw.entry(namespace, inner)
	out.ProtoReflect().SetUnknown(protoreflect.RawFields(appendPart(raw, valueStruct, m)))
}
