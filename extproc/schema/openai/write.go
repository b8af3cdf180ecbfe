package openai

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// writer builds one JSON document by appending. It puts commas by looking at the byte before, so that it needs no
// stack; b must hold nothing else.
type writer struct{ b []byte }

func (w *writer) comma() {
	n := len(w.b)
	if n == 0 {
		return
	}
	switch w.b[n-1] {
	case '{', '[', ':', ',':
		return
	}
	w.b = append(w.b, ',')
}

func (w *writer) key(name string) {
	w.comma()
	w.b = append(appendString(w.b, name), ':')
}

func (w *writer) object()       { w.comma(); w.b = append(w.b, '{') }
func (w *writer) endObject()    { w.b = append(w.b, '}') }
func (w *writer) array()        { w.comma(); w.b = append(w.b, '[') }
func (w *writer) endArray()     { w.b = append(w.b, ']') }
func (w *writer) text(s string) { w.comma(); w.b = appendString(w.b, s) }

// value writes a complete JSON value as it is; nothing stands for null.
func (w *writer) value(raw []byte) {
	w.comma()
	if len(raw) == 0 {
		raw = []byte("null")
	}
	w.b = append(w.b, raw...)
}

func (w *writer) objectAt(name string)               { w.key(name); w.object() }
func (w *writer) arrayAt(name string)                { w.key(name); w.array() }
func (w *writer) str(name, s string)                 { w.key(name); w.text(s) }
func (w *writer) raw(name string, v json.RawMessage) { w.key(name); w.value(v) }
func (w *writer) null(name string)                   { w.raw(name, nil) }

func (w *writer) num(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *writer) float(name string, f float64) {
	w.key(name)
	w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
}

func (w *writer) truth(name string, v bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, v)
}

// optional writes the member only if there is something to say.
func (w *writer) optional(name, s string) {
	if s != "" {
		w.str(name, s)
	}
}

// orNull writes null for the empty string.
func (w *writer) orNull(name, s string) {
	if s == "" {
		w.null(name)
		return
	}
	w.str(name, s)
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD; nothing is escaped without need.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
