package jsonscan

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/llmroute/llmroute/extproc/schema"
)

// MaxDepth bounds nesting. Real requests, tool schemas included, stay far below it.
const MaxDepth = 256

// Kind is the kind of a JSON value.
type Kind byte

// The kinds. Invalid also stands for the end of the input.
const (
	Invalid Kind = iota
	Object
	Array
	String
	Number
	Bool
	Null
)

func (k Kind) String() string {
	return [...]string{"nothing", "an object", "an array", "a string", "a number", "a boolean", "null"}[k]
}

// Reader reads one document. After the first fault every method returns at once, so that only End need be checked.
// The zero value is not useful; see New.
type Reader struct {
	data  []byte
	pos   int
	depth int
	names Names
	err   *schema.Error
}

// New returns a reader of data. names may be nil.
func New(data []byte, names Names) *Reader {
	r := &Reader{data: data, names: names}
	if !utf8.Valid(data) {
		r.fail("invalid_json", "", "the body is not valid UTF-8")
	}
	return r
}

// End checks that nothing but white space follows, and returns the first fault.
func (r *Reader) End() *schema.Error {
	if r.err == nil && r.peek() != 0 {
		r.fail("invalid_json", "", "the body goes on after the end of its JSON value at byte %d; send one document", r.pos)
	} else if r.err == nil && r.pos < len(r.data) {
		r.syntax()
	}
	return r.err
}

// Members reads an object whose members are to be spliced; param is its place in the request, "" for the whole body.
// Of the facts only Members is filled.
func Members(object []byte, names Names, param string) (schema.Facts, error) {
	var f schema.Facts
	r := New(object, names)
	r.Object(param, func(name string, key schema.Span) {
		f.Members = append(f.Members, schema.Member{Name: name, Key: key, Value: r.Skip()})
	})
	if err := r.End(); err != nil {
		return schema.Facts{}, err
	}
	return f, nil
}

// Failed reports whether a fault was found.
func (r *Reader) Failed() bool { return r.err != nil }

// Reject ends the reading with an error about the named request field.
func (r *Reader) Reject(code, param, format string, args ...any) {
	r.fail(code, param, format, args...)
}

// Kind tells what comes next, without reading it.
func (r *Reader) Kind() Kind {
	if r.err != nil {
		return Invalid
	}
	switch c := r.peek(); {
	case c == '{':
		return Object
	case c == '[':
		return Array
	case c == '"':
		return String
	case c == '-' || c >= '0' && c <= '9':
		return Number
	case c == 't' || c == 'f':
		return Bool
	case c == 'n':
		return Null
	}
	return Invalid
}

// Object reads an object. member is called for each of its members and must read the value, by any method; if it
// reads nothing, the value is skipped. name is decoded. A name that comes twice is a fault.
func (r *Reader) Object(param string, member func(name string, key schema.Span)) {
	if !r.want(Object, param) || !r.enter() {
		return
	}
	var seen seenNames
	for first := true; ; first = false {
		c := r.peek()
		if first && c == '}' {
			break
		}
		if c != '"' {
			r.syntax()
			return
		}
		start := r.pos
		name := r.name()
		if r.err != nil {
			return
		}
		r.check(&seen, name, param)
		if r.peek() != ':' {
			r.syntax()
			return
		}
		r.pos++
		key := schema.Span{Start: start, End: r.keyEnd(start)}
		before := r.At() // where the value begins: looking at it reads the space before it
		member(name, key)
		if r.err == nil && r.pos == before {
			r.Skip()
		}
		if r.err != nil || !r.next('}') {
			break
		}
	}
	r.leave()
}

// Array reads an array. element is called for each element, like member in Object.
func (r *Reader) Array(param string, element func(i int)) {
	if !r.want(Array, param) || !r.enter() {
		return
	}
	for i := 0; ; i++ {
		if i == 0 && r.peek() == ']' {
			break
		}
		before := r.At()
		element(i)
		if r.err == nil && r.pos == before {
			r.Skip()
		}
		if r.err != nil || !r.next(']') {
			break
		}
	}
	r.leave()
}

// Text reads a string and returns what stands between its quotes, still escaped.
func (r *Reader) Text(param string) schema.Span {
	if !r.want(String, param) {
		return schema.Span{}
	}
	start := r.pos + 1
	r.str()
	return schema.Span{Start: start, End: r.pos - 1}
}

// Bytes reads a string and decodes it. Without escapes, which is the common case, the result aliases the body.
func (r *Reader) Bytes(param string) []byte {
	span := r.Text(param)
	if r.err != nil {
		return nil
	}
	raw := span.Of(r.data)
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	return []byte(Unescape(raw))
}

// Int reads a whole number of at least 0. Numbers like 1e3 and 8.0 count as whole.
func (r *Reader) Int(param string) int {
	if !r.want(Number, param) {
		return 0
	}
	start := r.pos
	r.number()
	if r.err != nil {
		return 0
	}
	text := string(r.data[start:r.pos])
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return n
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 || f != math.Trunc(f) || f > 1<<53 {
		r.fail("invalid_type", param, "%s must be a whole number of at least 0", param)
		return 0
	}
	return int(f)
}

// Bool reads true or false.
func (r *Reader) Bool(param string) bool {
	if !r.want(Bool, param) {
		return false
	}
	value := r.data[r.pos] == 't'
	r.Skip()
	return value
}

// Null reads null, if it comes next, and reports whether it did.
func (r *Reader) Null() bool {
	if r.Kind() != Null {
		return false
	}
	r.literal("null")
	return r.err == nil
}

// Skip reads any value and returns where it stands.
func (r *Reader) Skip() schema.Span {
	kind := r.Kind() // also moves to the value
	start := r.pos
	switch kind {
	case Object:
		r.skipNested('}')
	case Array:
		r.skipNested(']')
	case String:
		r.str()
	case Number:
		r.number()
	case Bool:
		if r.data[r.pos] == 't' {
			r.literal("true")
		} else {
			r.literal("false")
		}
	case Null:
		r.literal("null")
	default:
		r.syntax()
	}
	return schema.Span{Start: start, End: r.pos}
}

// At is where the next value begins; after reading it, Since gives its span.
func (r *Reader) At() int {
	r.peek()
	return r.pos
}

// Since returns the span from a place that At gave to here.
func (r *Reader) Since(start int) schema.Span { return schema.Span{Start: start, End: r.pos} }

// want checks the kind of the value that comes next.
func (r *Reader) want(kind Kind, param string) bool {
	if r.err != nil {
		return false
	}
	got := r.Kind()
	if got == kind {
		return true
	}
	switch {
	case got == Invalid:
		r.syntax()
	case param == "":
		r.fail("invalid_type", "", "the body must be %s, not %s", kind, got)
	default:
		r.fail("invalid_type", param, "%s must be %s, not %s", param, kind, got)
	}
	return false
}

func (r *Reader) enter() bool {
	r.pos++
	if r.depth++; r.depth > MaxDepth {
		r.fail("invalid_json", "", "the body is nested more than %d levels deep", MaxDepth)
		return false
	}
	return true
}

func (r *Reader) leave() {
	if r.err == nil {
		r.pos++
		r.depth--
	}
}

// next reads the comma before a further member or element. At end it stays there and returns false.
func (r *Reader) next(end byte) bool {
	switch r.peek() {
	case ',':
		r.pos++
		if c := r.peek(); c == end {
			r.syntax()
		}
		return r.err == nil
	case end:
		return false
	}
	r.syntax()
	return false
}

func (r *Reader) syntax() {
	if r.pos >= len(r.data) {
		if len(r.data) == 0 {
			r.fail("invalid_json", "", "the body is empty; send a JSON object")
			return
		}
		r.fail("invalid_json", "", "the body ends in the middle of its JSON, at byte %d", len(r.data))
		return
	}
	r.fail("invalid_json", "", "the body is not valid JSON at byte %d", r.pos)
}

func (r *Reader) fail(code, param, format string, args ...any) {
	if r.err == nil {
		r.err = &schema.Error{Kind: schema.KindInvalidRequest, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
	}
}

func join(param, name string) string {
	if param == "" {
		return clip(name)
	}
	return param + "." + clip(name)
}

// clip bounds what an error repeats of the client's words.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
