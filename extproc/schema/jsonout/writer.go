package jsonout

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Writer appends to B. The zero value is ready; B may already hold other bytes.
type Writer struct {
	B     []byte
	fresh bool // something is open or a key was written: no comma comes next
	begun bool
}

// Open begins an object or array: '{' or '['.
func (w *Writer) Open(bracket byte) {
	w.comma()
	w.B = append(w.B, bracket)
	w.fresh = true
}

// Close ends an object or array: '}' or ']'.
func (w *Writer) Close(bracket byte) {
	w.B = append(w.B, bracket)
	w.fresh = false
}

// Key begins a member; a value must follow.
func (w *Writer) Key(name string) *Writer {
	w.comma()
	w.B = append(gjson.AppendJSONString(w.B, name), ':')
	w.fresh = true
	return w
}

// String writes a string.
func (w *Writer) String(s string) {
	w.comma()
	w.B = gjson.AppendJSONString(w.B, s)
}

// Plain writes a string that needs no escapes, such as base64 data; one that does is escaped all the same.
func (w *Writer) Plain(s string) {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			w.String(s)
			return
		}
	}
	w.comma()
	w.B = append(append(append(w.B, '"'), s...), '"')
}

// Int writes a whole number.
func (w *Writer) Int(n int64) {
	w.comma()
	w.B = strconv.AppendInt(w.B, n, 10)
}

// Float writes a number; what JSON cannot say becomes null.
func (w *Writer) Float(f float64) {
	w.comma()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.B = append(w.B, "null"...)
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	w.B = strconv.AppendFloat(w.B, f, format, -1, 64)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	w.comma()
	w.B = strconv.AppendBool(w.B, b)
}

// Raw writes a JSON document as it is, but on one line, for a stream's frame is a line. What is not JSON becomes null.
func (w *Writer) Raw(doc []byte) {
	w.comma()
	if !json.Valid(doc) {
		w.B = append(w.B, "null"...)
		return
	}
	if bytes.IndexByte(doc, '\n') < 0 && bytes.IndexByte(doc, '\r') < 0 {
		w.B = append(w.B, doc...)
		return
	}
	var line bytes.Buffer
	_ = json.Compact(&line, doc) // cannot fail: doc is valid
	w.B = append(w.B, line.Bytes()...)
}

// Arguments writes a call's arguments as the object that most formats demand. Those that are none, as a model may write
// them, become the member "arguments" of one.
func (w *Writer) Arguments(args string) {
	switch {
	case strings.TrimSpace(args) == "":
		w.Open('{')
		w.Close('}')
	case gjson.Valid(args) && gjson.Parse(args).IsObject():
		w.Raw([]byte(args))
	default:
		w.Open('{')
		w.Key("arguments").String(args)
		w.Close('}')
	}
}

func (w *Writer) comma() {
	if w.begun && !w.fresh {
		w.B = append(w.B, ',')
	}
	w.begun, w.fresh = true, false
}

// Mark is a place to go back to.
type Mark struct {
	at           int
	fresh, begun bool
}

// Mark remembers where the writer stands.
func (w *Writer) Mark() Mark { return Mark{len(w.B), w.fresh, w.begun} }

// Back takes out all that was written since m.
func (w *Writer) Back(m Mark) { w.B, w.fresh, w.begun = w.B[:m.at], m.fresh, m.begun }

// Wrote reports whether anything was written since m.
func (w *Writer) Wrote(m Mark) bool { return len(w.B) > m.at }
