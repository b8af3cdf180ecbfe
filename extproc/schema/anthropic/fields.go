package anthropic

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// object reports whether v is an object. One that is missing is a fault too: whoever asks cannot do without.
func (d *requestDecoder) object(param string, v gjson.Result) bool {
	if !v.IsObject() {
		d.Must(param, "an object")
	}
	return v.IsObject()
}

// each visits the elements of an array with their places.
func (d *requestDecoder) each(param string, v gjson.Result, element func(param string, v gjson.Result)) {
	d.Each(param, v, func(i int, v gjson.Result) { element(fmt.Sprintf("%s[%d]", param, i), v) })
}

// whole reads a whole number of at least 0; nil for null.
func (d *requestDecoder) whole(param string, v gjson.Result) *int {
	n := d.Whole(param, v)
	if n != nil && *n < 0 {
		d.Must(param, "a whole number of at least 0")
	}
	return n
}

// only reports whether an object says nothing but the named members.
func only(v gjson.Result, names ...string) bool {
	ok := true
	v.ForEach(func(key, member gjson.Result) bool {
		if member.Type == gjson.Null {
			return true
		}
		for _, name := range names {
			if key.Str == name {
				return true
			}
		}
		ok = false
		return false
	})
	return ok
}
