package schema

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"
)

// Becomes is what the member of that name will be once e is applied: what e sets, or what stands in body, or the default; nil
// if it is not there then.
func (e *Edit) Becomes(body []byte, f *Facts, name string) json.RawMessage {
	if slices.Contains(e.Remove, name) {
		return nil
	}
	for i := len(e.Set) - 1; i >= 0; i-- {
		if e.Set[i].Name == name {
			return e.Set[i].Value
		}
	}
	if m := f.Member(name); m != nil {
		return m.Value.Of(body)
	}
	for _, d := range e.Default {
		if d.Name == name {
			return d.Value
		}
	}
	return nil
}

// Put returns e with the member of that name set to value, whatever else e says of it.
func (e *Edit) Put(name string, value json.RawMessage) *Edit {
	out := *e
	out.Set = append(slices.Clone(e.Set), Field{Name: name, Value: value})
	out.Remove = slices.DeleteFunc(slices.Clone(e.Remove), func(n string) bool { return n == name })
	return &out
}

// PrependText is the JSON string text, an empty line, and what the JSON string rest says, whose spelling stays.
func PrependText(text string, rest json.RawMessage) json.RawMessage {
	out := gjson.AppendJSONString(make([]byte, 0, len(text)+len(rest)+8), text)
	if inner := bytes.TrimSpace(rest); len(inner) > 2 {
		out = append(append(out[:len(out)-1], `\n\n`...), inner[1:]...)
	}
	return out
}

// PrependElement is the JSON array list with element before all others, whose bytes stay.
func PrependElement(element, list json.RawMessage) json.RawMessage {
	at := bytes.IndexByte(list, '[') + 1
	out := make([]byte, 0, len(list)+len(element)+1)
	out = append(append(out, list[:at]...), element...)
	if rest := bytes.TrimLeft(list[at:], " \t\r\n"); len(rest) > 0 && rest[0] != ']' {
		out = append(out, ',')
	}
	return append(out, list[at:]...)
}

// Missing reports whether a member is not there, or null.
func Missing(value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	return len(value) == 0 || string(value) == "null"
}
