package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// reader walks over a request's messages.
type reader struct{ jsonin.Reader }

// fields calls each for every member of a protobuf message, by its camelCase name; null counts as not there, as
// protobuf's JSON mapping has it. A field that comes twice, also in two spellings, is a fault.
func (r *reader) fields(param string, message gjson.Result, each func(name string, v gjson.Result)) {
	if r.Err != nil || message.Type == gjson.Null {
		return
	}
	if !message.IsObject() {
		r.Must(param, "an object")
		return
	}
	var few [24]string
	seen := few[:0]
	message.ForEach(func(key, v gjson.Result) bool {
		name := camel(key.Str)
		for _, old := range seen {
			if old == name {
				r.Fail("duplicate_field", param+"."+name, "a field stands twice in the same object, perhaps in two spellings; send it once")
				return false
			}
		}
		if len(seen) < maxFields {
			seen = append(seen, name)
		}
		if v.Type != gjson.Null {
			each(name, v)
		}
		return r.Err == nil
	})
}

// maxFields bounds the look for duplicates; no message of the API has so many fields.
const maxFields = 64

// list calls each for every element of an array.
func (r *reader) list(param string, array gjson.Result, each func(v gjson.Result)) {
	if r.Err == nil {
		r.Each(param, array, func(_ int, v gjson.Result) { each(v) })
	}
}

// text reads a string; null, which only a list can hold, is none.
func (r *reader) text(param string, v gjson.Result) string {
	if v.Type == gjson.Null {
		r.Must(param, "a string")
	}
	return r.Text(param, v)
}

// number is a number, which protobuf's JSON mapping lets be a string too.
func number(v gjson.Result) gjson.Result {
	if v.Type == gjson.String && gjson.Valid(v.Str) {
		if n := gjson.Parse(v.Str); n.Type == gjson.Number {
			return n
		}
	}
	return v
}

// camel turns inline_data into inlineData.
func camel(name string) string {
	if strings.IndexByte(name, '_') <= 0 {
		return name
	}
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '_' && i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z' {
			i++
			c = name[i] - 'a' + 'A'
		}
		b = append(b, c)
	}
	return string(b)
}
