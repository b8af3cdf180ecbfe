package anthropic

import (
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"
)

// The readers of scalars note a fault of type.

func (d *requestDecoder) str(param string, v gjson.Result) string {
	if v.Type != gjson.String && v.Type != gjson.Null {
		d.fail(param, "must be a string")
	}
	return v.Str
}

func (d *requestDecoder) truth(param string, v gjson.Result) bool {
	if !v.IsBool() {
		d.fail(param, "must be true or false")
	}
	return v.Type == gjson.True
}

func (d *requestDecoder) number(param string, v gjson.Result) *float64 {
	if v.Type == gjson.Null {
		return nil
	}
	if v.Type != gjson.Number {
		d.fail(param, "must be a number")
	}
	n := v.Num
	return &n
}

func (d *requestDecoder) whole(param string, v gjson.Result) *int {
	f := d.number(param, v)
	if f == nil {
		return nil
	}
	n := int(*f)
	if float64(n) != *f || n < 0 || *f > 1<<53 {
		d.fail(param, "must be a whole number of at least 0")
	}
	return &n
}

func (d *requestDecoder) object(param string, v gjson.Result) bool {
	if !v.IsObject() {
		d.fail(param, "must be an object")
	}
	return v.IsObject()
}

func (d *requestDecoder) each(param string, v gjson.Result, element func(param string, v gjson.Result)) {
	if !v.IsArray() {
		d.fail(param, "must be an array")
		return
	}
	i := 0
	v.ForEach(func(_, v gjson.Result) bool {
		element(fmt.Sprintf("%s[%d]", param, i), v)
		i++
		return d.err == nil
	})
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

func rawOf(v gjson.Result) json.RawMessage {
	if v.Type == gjson.Null {
		return nil
	}
	return json.RawMessage(v.Raw)
}
