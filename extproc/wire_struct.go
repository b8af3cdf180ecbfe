package extproc

import (
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of envoy/config/core/v3/base.proto's Metadata, and those of google/protobuf/struct.proto that metadata.go
// does not name.
const (
	metadataFilter = 1 // of Metadata: a map of Structs
	valueBool      = -4
)

// filterMetadata is one namespace of an encoded Metadata, as an encoded Struct; nil if it is not there.
func filterMetadata(raw []byte, namespace string) []byte {
	return mapEntry(raw, metadataFilter, namespace)
}

// structValue is one value of an encoded Struct, encoded; nil if it is not there.
func structValue(fields []byte, name string) []byte { return mapEntry(fields, structFields, name) }

// mapEntry is the last value of that key in a map field whose keys are text, as protobuf has it.
func mapEntry(raw []byte, number protowire.Number, key string) []byte {
	var found []byte
	eachField(raw, func(f field) bool {
		if f.number != number {
			return true
		}
		var name, value []byte
		eachField(f.bytes, func(f field) bool {
			switch f.number {
			case entryKey:
				name = f.bytes
			case entryValue:
				value = f.bytes
			}
			return true
		})
		if string(name) == key {
			found = value
			if found == nil {
				found = []byte{}
			}
		}
		return true
	})
	return found
}

// valueFields is the encoded Struct in an encoded Value; nil if there is something else in it.
func valueFields(value []byte) []byte {
	var fields []byte
	eachField(value, func(f field) bool {
		if f.number == valueStruct {
			fields = f.bytes
		}
		return true
	})
	return fields
}

// valueText is an encoded Value as text: a list's elements are joined by commas, and a struct or null is empty.
func valueText(value []byte) string {
	var text string
	eachField(value, func(f field) bool {
		switch {
		case f.fixed64 == valueNumber:
			text = strconv.FormatFloat(math.Float64frombits(f.varint), 'f', -1, 64)
		case f.number == valueString:
			text = string(f.bytes)
		case f.number == valueBool:
			text = strconv.FormatBool(f.varint != 0)
		case f.number == valueList:
			text = listText(f.bytes)
		}
		return true
	})
	return text
}

func listText(list []byte) string {
	var parts []string
	eachField(list, func(f field) bool {
		if f.number == listValues {
			parts = append(parts, valueText(f.bytes))
		}
		return true
	})
	return strings.Join(parts, ",")
}
