package schema

import (
	"unsafe"

	"github.com/tidwall/gjson"
)

// Parse reads a JSON document, known to be valid, without copying it: what is read aliases doc, which must not change
// from then on. Bodies of requests and answers are such; the pieces of a stream, whose buffers are used again, are not.
func Parse(doc []byte) gjson.Result {
	return gjson.Parse(unsafe.String(unsafe.SliceData(doc), len(doc))) //nolint:gosec // the contract is above
}
