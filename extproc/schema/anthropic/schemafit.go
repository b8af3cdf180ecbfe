package anthropic

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// fitSchema writes a JSON Schema as structured outputs take it, or reports that it cannot: objects are closed, limits
// on numbers, lengths and counts, which the API refuses, become part of the description, as Anthropic's SDKs do it.
// What would change which documents are valid (maps, recursion, conditions) does not fit.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
func fitSchema(doc []byte) ([]byte, bool) {
	if !gjson.ValidBytes(doc) {
		return nil, false
	}
	root := gjson.ParseBytes(doc)
	f := fitter{refs: make(map[string][]string)}
	ok := f.schema(root, "")
	if !ok || f.recursive() {
		return nil, false
	}
	return f.w.B, true
}

// fitter writes one schema.
type fitter struct {
	w    jsonout.Writer
	refs map[string][]string // definition ("" for the root) → the definitions that it names
}

// fates of keywords: those that pass as they are, those that say nothing about which documents are valid, and those
// that move into the description. What is in no list, and is not read below, does not fit.
var (
	passing = []string{"title", "required", "const", "default"}
	silent  = []string{"$schema", "$id", "$comment", "examples", "example", "readOnly", "writeOnly", "deprecated", "nullable",
		"propertyOrdering", "discriminator", "contentEncoding", "contentMediaType",
		"description", "type", "additionalProperties", "format", "enum", "minItems"} // the last ones are written apart
	limits = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
		"pattern", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
	formats = []string{"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)

// schema writes one schema that stands within the named definition.
func (f *fitter) schema(v gjson.Result, within string) bool {
	if !v.IsObject() {
		return false
	}
	if ref := v.Get(`\$ref`); ref.Exists() {
		defines := v.Get(`\$defs`).Exists() || v.Get("definitions").Exists() // which a reference leaves no place for
		return !defines && f.ref(ref, within)
	}
	closed := v.Get("properties").Exists() || v.Get("type").String() == "object"
	if closed && !f.closes(v) {
		return false
	}
	w := &f.w
	w.Open('{')
	notes := strings.Builder{}
	ok := true
	v.ForEach(func(key, member gjson.Result) bool {
		ok = f.keyword(key.String(), member, within, &notes)
		return ok
	})
	if !ok {
		return false
	}
	description := v.Get("description").String()
	if notes.Len() > 0 {
		description = strings.TrimSpace(description + " {" + notes.String() + "}")
	}
	if description != "" {
		w.Key("description").String(description)
	}
	if closed {
		if !v.Get("properties").Exists() {
			w.Key("properties").Open('{')
			w.Close('}')
		}
		w.Key("additionalProperties").Bool(false)
	}
	w.Close('}')
	return true
}

// closes reports whether an object may be closed: it names its members, and leaves no schema for others.
func (f *fitter) closes(v gjson.Result) bool {
	more := v.Get("additionalProperties")
	return !more.Exists() && v.Get("properties").Exists() || more.Type == gjson.False || more.Type == gjson.True && v.Get("properties").Exists()
}

func (f *fitter) keyword(name string, v gjson.Result, within string, notes *strings.Builder) bool {
	w := &f.w
	note := func() {
		if notes.Len() > 0 {
			notes.WriteString(", ")
		}
		notes.WriteString(name + ": " + v.Raw)
	}
	switch {
	case name == "type":
		w.Key(name).Raw([]byte(v.Raw))
	case name == "format":
		if slices.Contains(formats, v.String()) {
			w.Key(name).String(v.String())
		} else {
			note()
		}
	case name == "minItems":
		if v.Raw == "0" || v.Raw == "1" {
			w.Key(name).Raw([]byte(v.Raw))
		} else {
			note()
		}
	case name == "enum":
		ok := v.IsArray()
		v.ForEach(func(_, member gjson.Result) bool {
			ok = ok && member.Type != gjson.JSON
			return ok
		})
		if !ok {
			return false
		}
		w.Key(name).Raw([]byte(v.Raw))
	case slices.Contains(silent, name):
	case slices.Contains(limits, name):
		note()
	case slices.Contains(passing, name):
		w.Key(name).Raw([]byte(v.Raw))
	case name == "properties" || name == "$defs" || name == "definitions":
		return f.named(name, v, within)
	case name == "items":
		w.Key(name)
		return f.schema(v, within)
	case name == "anyOf" || name == "oneOf" || name == "allOf":
		return f.several(name, v, within)
	default:
		return false
	}
	return true
}

// named writes an object of schemas.
func (f *fitter) named(keyword string, v gjson.Result, within string) bool {
	if !v.IsObject() {
		return false
	}
	w := &f.w
	w.Key(keyword).Open('{')
	ok := true
	v.ForEach(func(key, member gjson.Result) bool {
		inner := within
		if keyword != "properties" {
			inner = "#/" + keyword + "/" + key.String()
		}
		w.Key(key.String())
		ok = f.schema(member, inner)
		return ok
	})
	w.Close('}')
	return ok
}

// several writes an array of schemas. The API has no oneOf; anyOf admits what it admits.
func (f *fitter) several(keyword string, v gjson.Result, within string) bool {
	if !v.IsArray() {
		return false
	}
	if keyword == "oneOf" {
		keyword = "anyOf"
	}
	w := &f.w
	w.Key(keyword).Open('[')
	ok := true
	v.ForEach(func(_, member gjson.Result) bool {
		ok = f.schema(member, within) && (keyword != "allOf" || !member.Get(`\$ref`).Exists())
		return ok
	})
	w.Close(']')
	return ok
}

// ref writes {"$ref":"#/$defs/name"}, which allows no neighbours.
func (f *fitter) ref(v gjson.Result, within string) bool {
	target := v.String()
	if !strings.HasPrefix(target, "#/$defs/") && !strings.HasPrefix(target, "#/definitions/") {
		return false
	}
	f.refs[within] = append(f.refs[within], target)
	f.w.Open('{')
	f.w.Key("$ref").String(target)
	f.w.Close('}')
	return true
}

// recursive reports whether a definition leads back to itself.
func (f *fitter) recursive() bool {
	const open, done = 1, 2
	state := make(map[string]int)
	var visit func(name string) bool
	visit = func(name string) bool {
		switch state[name] {
		case open:
			return true
		case done:
			return false
		}
		state[name] = open
		for _, next := range f.refs[name] {
			if visit(next) {
				return true
			}
		}
		state[name] = done
		return false
	}
	for name := range f.refs {
		if visit(name) {
			return true
		}
	}
	return false
}
