package jsonin

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// mostWhole is the greatest whole number that a float64 tells from its neighbours.
const mostWhole = 1 << 53

// Reader reads values. An absent value counts as null, and null as nothing said. Each method takes the value and its
// place in the request, such as messages[2].role, for the words of a fault. The zero value is ready.
type Reader struct {
	Err *schema.Error // the first fault; what was read is of no use then
}

// Fail notes a fault of the request, unless there is one already. format tells what is wrong, and how it should be.
func (r *Reader) Fail(code, param, format string, args ...any) {
	if r.Err == nil {
		r.Err = &schema.Error{Kind: schema.KindInvalidRequest, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
	}
}

// Must notes that a member is not what the format wants it to be.
func (r *Reader) Must(param, be string) { r.Fail("invalid_type", param, "%s must be %s", param, be) }

// Text reads a string; "" for null.
func (r *Reader) Text(param string, v gjson.Result) string {
	if v.Type != gjson.String && v.Type != gjson.Null {
		r.Must(param, "a string")
		return ""
	}
	return v.Str
}

// Number reads a number; nil for null.
func (r *Reader) Number(param string, v gjson.Result) *float64 {
	if v.Type == gjson.Null {
		return nil
	}
	if v.Type != gjson.Number || math.IsInf(v.Num, 0) { // JSON sets no bounds, and 1e999 is none that anyone else reads
		r.Must(param, "a number")
		return nil
	}
	n := v.Num
	return &n
}

// Whole reads a whole number, such as 7, -1, 8.0 or 1e3; nil for null.
func (r *Reader) Whole(param string, v gjson.Result) *int {
	f := r.Number(param, v)
	if f == nil {
		return nil
	}
	n := int(*f)
	if float64(n) != *f || *f > mostWhole || *f < -mostWhole {
		r.Must(param, "a whole number")
		return nil
	}
	return &n
}

// Bool reads true or false; nil for null.
func (r *Reader) Bool(param string, v gjson.Result) *bool {
	if v.Type == gjson.Null {
		return nil
	}
	if !v.IsBool() {
		r.Must(param, "true or false")
		return nil
	}
	b := v.Type == gjson.True
	return &b
}

// Object reports whether v is an object; null is none, and no fault.
func (r *Reader) Object(param string, v gjson.Result) bool {
	if v.Type != gjson.Null && !v.IsObject() {
		r.Must(param, "an object")
	}
	return v.IsObject()
}

// Each visits the elements of an array until there is a fault; null has none.
func (r *Reader) Each(param string, v gjson.Result, visit func(i int, element gjson.Result)) {
	if v.Type == gjson.Null {
		return
	}
	if !v.IsArray() {
		r.Must(param, "an array")
		return
	}
	i := 0
	v.ForEach(func(_, element gjson.Result) bool {
		visit(i, element)
		i++
		return r.Err == nil
	})
}

// Raw returns a value's bytes, which alias the body; nil for null.
func Raw(v gjson.Result) json.RawMessage {
	if v.Type == gjson.Null {
		return nil
	}
	return json.RawMessage(v.Raw)
}

// Extra adds a member that the neutral form has no name for, unless it says nothing.
func Extra(r *schema.Request, name string, v gjson.Result) {
	switch v.Raw {
	case "null", `""`, "[]", "{}":
		return
	}
	r.Extra = append(r.Extra, schema.Field{Name: name, Value: json.RawMessage(v.Raw)})
}
