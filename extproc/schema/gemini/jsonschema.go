package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// Google takes schemas in two ways: as its own Schema message (`parameters`, `responseSchema`), a subset of OpenAPI
// 3.0 that every model and both APIs read, and as JSON Schema (`parametersJsonSchema`, `responseJsonSchema`), newer,
// with references and tuples. The Schema message is the more robust, so it is used whenever it can say what the
// schema says; else JSON Schema goes out as the client wrote it.
//
//	JSON Schema                           Schema message
//	type, title, description, properties, the same
//	  required, items, enum of strings,
//	  min/max…, pattern, default, anyOf,
//	  nullable, example, propertyOrdering
//	type: [T, "null"]                     type: T, nullable: true; more types: anyOf
//	anyOf/oneOf with {type: "null"}       without it, nullable: true
//	oneOf                                 anyOf
//	allOf of one                          that one
//	const: "x"                            enum: ["x"]
//	enum of strings without type          type: STRING
//	enum or const of other types          cannot be said: JSON Schema is sent
//	$ref into the document                the schema there, inlined, up to 16 deep
//	exclusiveMinimum/Maximum              minimum/maximum for integers (±1), else left out
//	examples                              example: the first
//	format                                kept if Google lists it (formats), else left out
//	additionalProperties: false or true   left out: a model only writes properties that are listed
//	$schema, $id, $comment, $defs, …      left out: they constrain nothing
//	uniqueItems, multipleOf               left out: Google enforces them in neither form
//	a recursive $ref, prefixItems,        cannot be said: JSON Schema is sent
//	  additionalProperties: {…},
//	  patternProperties, not, if, allOf
//	  of several, contains, …
//
// Source: https://ai.google.dev/api/caching#Schema and https://ai.google.dev/gemini-api/docs/structured-output

// formats are those that Google documents.
var formats = map[string]bool{
	"float": true, "double": true, "int32": true, "int64": true, "enum": true, "date-time": true, "date": true, "time": true,
}

// plainKeys pass as they are.
var plainKeys = map[string]bool{
	"title": true, "description": true, "required": true, "minItems": true, "maxItems": true, "minimum": true,
	"maximum": true, "minLength": true, "maxLength": true, "minProperties": true, "maxProperties": true,
	"pattern": true, "default": true, "nullable": true, "example": true, "propertyOrdering": true,
}

// silentKeys constrain nothing that a model writes, or are handled elsewhere.
var silentKeys = map[string]bool{
	"$schema": true, "$id": true, "$comment": true, "$defs": true, "definitions": true, "$anchor": true,
	"readOnly": true, "writeOnly": true, "deprecated": true, "uniqueItems": true, "multipleOf": true,
	"contentEncoding": true, "contentMediaType": true, "type": true, "enum": true, "const": true, "strict": true,
}

const (
	maxSchemaDepth = 48
	maxRefDepth    = 16
	maxRefs        = 256     // each costs a look through the document
	maxSchemaOut   = 1 << 20 // bytes: inlining must not blow a small schema up
)

// toOpenAPI turns a JSON Schema into Google's Schema message. ok is false if the message cannot say it.
func toOpenAPI(doc []byte) (out []byte, ok bool) {
	root := gjson.ParseBytes(doc)
	if !gjson.ValidBytes(doc) || !root.IsObject() {
		return nil, false
	}
	c := schemaConverter{root: root, ok: true}
	c.write(root, "", 0, 0)
	return c.w.B, c.ok
}

// schemaConverter writes one schema.
type schemaConverter struct {
	w    jsonout.Writer
	root gjson.Result
	refs int // followed so far
	ok   bool
}

// write writes s. extra is a description to use if s, reached by a reference, has none of its own.
func (c *schemaConverter) write(s gjson.Result, description string, depth, refs int) {
	if depth > maxSchemaDepth || refs > maxRefDepth || len(c.w.B) > maxSchemaOut {
		c.ok = false
	}
	if !c.ok {
		return
	}
	if s.Type == gjson.True { // any value
		c.w.Open('{')
		c.w.Close('}')
		return
	}
	if !s.IsObject() {
		c.ok = false
		return
	}
	if description == "" {
		description = s.Get("description").String()
	}
	if ref := member(s, "$ref"); ref.Exists() {
		target, found := resolve(c.root, ref.String())
		if c.refs++; !found || c.refs > maxRefs {
			c.ok = false
			return
		}
		c.write(target, description, depth+1, refs+1)
		return
	}
	if all := s.Get("allOf").Array(); len(all) == 1 && !s.Get("properties").Exists() {
		c.write(all[0], description, depth+1, refs)
		return
	}
	c.w.Open('{')
	c.object(s, description, depth, refs)
	c.w.Close('}')
}

func (c *schemaConverter) object(s gjson.Result, description string, depth, refs int) {
	if description != "" {
		c.w.Key("description").String(description)
	}
	types, nullable := typesOf(s)
	alternatives, null := alternativesOf(s)
	nullable = nullable || null
	if nullable && !s.Get("nullable").Exists() {
		c.w.Key("nullable").Bool(true)
	}
	c.values(s, types)
	switch {
	case len(types) == 1:
		c.w.Key("type").String(strings.ToUpper(types[0]))
	case len(types) > 1 && len(alternatives) == 0:
		c.w.Key("anyOf").Open('[')
		for _, t := range types {
			c.w.Open('{')
			c.w.Key("type").String(strings.ToUpper(t))
			if t == "array" && !s.Get("items").Exists() {
				c.w.Key("items").Open('{')
				c.w.Close('}')
			}
			c.w.Close('}')
		}
		c.w.Close(']')
	}
	if len(alternatives) > 0 {
		c.w.Key("anyOf").Open('[')
		for _, a := range alternatives {
			c.write(a, "", depth+1, refs)
		}
		c.w.Close(']')
	}
	if len(types) == 1 && types[0] == "array" && !s.Get("items").Exists() { // Google demands items
		c.w.Key("items").Open('{')
		c.w.Close('}')
	}
	s.ForEach(func(key, v gjson.Result) bool {
		c.keyword(key.Str, v, types, depth, refs)
		return c.ok
	})
}

// keyword writes one further member.
func (c *schemaConverter) keyword(key string, v gjson.Result, types []string, depth, refs int) {
	switch {
	case key == "description" || key == "anyOf" || key == "oneOf":
	case key == "properties":
		c.w.Key(key).Open('{')
		v.ForEach(func(name, p gjson.Result) bool {
			c.w.Key(name.String())
			c.write(p, "", depth+1, refs)
			return c.ok
		})
		c.w.Close('}')
	case key == "items":
		c.w.Key(key)
		c.write(v, "", depth+1, refs)
	case key == "format":
		if formats[v.String()] {
			c.w.Key(key).String(v.String())
		}
	case key == "examples":
		if first := v.Get("0"); first.Exists() {
			c.w.Key("example").Raw([]byte(first.Raw))
		}
	case key == "exclusiveMinimum" || key == "exclusiveMaximum":
		if v.Type == gjson.Number && len(types) == 1 && types[0] == "integer" {
			step := map[string]float64{"exclusiveMinimum": 1, "exclusiveMaximum": -1}[key]
			c.w.Key(strings.ToLower(strings.TrimPrefix(key, "exclusive"))).Float(v.Num + step)
		}
	case key == "additionalProperties":
		if v.IsObject() && v.Raw != "{}" {
			c.ok = false
		}
	case plainKeys[key]:
		c.w.Key(key).Raw([]byte(v.Raw))
	case silentKeys[key]:
	case strings.HasPrefix(key, "x-"):
	default:
		c.ok = false
	}
}

// values writes enum and const. Google's enum holds strings.
func (c *schemaConverter) values(s gjson.Result, types []string) {
	values := s.Get("enum").Array()
	if v := s.Get("const"); v.Exists() {
		values = []gjson.Result{v}
	}
	if len(values) == 0 {
		return
	}
	if len(types) > 1 || len(types) == 1 && types[0] != "string" {
		c.ok = false
	}
	if len(types) == 0 {
		c.w.Key("type").String("STRING")
	}
	c.w.Key("enum").Open('[')
	for _, v := range values {
		switch v.Type {
		case gjson.String:
			c.w.String(v.Str)
		case gjson.Null: // nullable says it
		default:
			c.ok = false
		}
	}
	c.w.Close(']')
}

// typesOf lists the types of a schema but null, which it reports.
func typesOf(s gjson.Result) (types []string, nullable bool) {
	t := s.Get("type")
	add := func(name string) {
		if name == "null" {
			nullable = true
		} else if name != "" {
			types = append(types, strings.ToLower(name))
		}
	}
	if t.IsArray() {
		for _, e := range t.Array() {
			add(e.String())
		}
		return types, nullable
	}
	add(t.String())
	if t.String() == "null" { // only null
		return nil, true
	}
	if len(types) == 0 && s.Get("properties").Exists() {
		types = []string{"object"}
	}
	return types, nullable
}

// alternativesOf lists what anyOf or oneOf offers but null, which it reports, as one value of an enum too.
func alternativesOf(s gjson.Result) (some []gjson.Result, nullable bool) {
	list := s.Get("anyOf")
	if !list.Exists() {
		list = s.Get("oneOf")
	}
	for _, v := range s.Get("enum").Array() {
		nullable = nullable || v.Type == gjson.Null
	}
	for _, a := range list.Array() {
		if a.Get("type").String() == "null" {
			nullable = true
			continue
		}
		some = append(some, a)
	}
	return some, nullable
}

// resolve follows a reference within the document: "#", "#/$defs/node".
func resolve(root gjson.Result, ref string) (gjson.Result, bool) {
	if ref == "#" {
		return root, true
	}
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return gjson.Result{}, false
	}
	at := root
	for step := range strings.SplitSeq(path, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if at = member(at, step); !at.Exists() {
			return at, false
		}
	}
	return at, true
}

// member is a member by its literal name, where Get would read a path.
func member(object gjson.Result, name string) (found gjson.Result) {
	object.ForEach(func(key, v gjson.Result) bool {
		if key.Str == name {
			found = v
			return false
		}
		return true
	})
	return found
}
