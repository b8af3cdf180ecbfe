package demo

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A schema may contain itself, several times over.
const (
	maxSampleDepth = 12
	maxSampleBytes = 64 << 10
)

// jsonSchema is what is understood of a JSON Schema, and of Gemini's dialect of it.
type jsonSchema struct {
	Type        json.RawMessage            `json:"type"` // a name, or several
	Properties  map[string]json.RawMessage `json:"properties"`
	Required    []string                   `json:"required"`
	Items       json.RawMessage            `json:"items"`
	PrefixItems []json.RawMessage          `json:"prefixItems"`
	MinItems    json.Number                `json:"minItems"`
	Minimum     *json.Number               `json:"minimum"`
	MinLength   json.Number                `json:"minLength"`
	Format      string                     `json:"format"`
	Enum        []json.RawMessage          `json:"enum"`
	Const       json.RawMessage            `json:"const"`
	Ref         string                     `json:"$ref"`
	AnyOf       []json.RawMessage          `json:"anyOf"`
	OneOf       []json.RawMessage          `json:"oneOf"`
	AllOf       []json.RawMessage          `json:"allOf"`
}

// sample makes a value that fits the schema: every required property, in the order of `required`, and nothing else.
// words are used for strings, from the one at index. An object stands for what is not understood.
func sample(schema json.RawMessage, words []string, index int) []byte {
	if len(bytes.TrimSpace(schema)) == 0 {
		return []byte("{}")
	}
	s := sampler{root: schema, words: words, index: index}
	return s.value(nil, schema, "value", 0)
}

func parseSchema(raw json.RawMessage) (js jsonSchema, err error) {
	err = json.Unmarshal(raw, &js)
	return js, err
}

type sampler struct {
	root  json.RawMessage
	words []string
	index int
}

func (s *sampler) value(dst []byte, raw json.RawMessage, name string, depth int) []byte {
	js, err := parseSchema(raw)
	if depth > maxSampleDepth || len(dst) > maxSampleBytes || err != nil {
		return append(dst, "null"...)
	}
	switch {
	case js.Ref != "":
		return s.value(dst, s.resolve(js.Ref), name, depth+1)
	case js.Const != nil:
		return append(dst, js.Const...)
	case len(js.Enum) > 0:
		return append(dst, js.Enum[s.index%len(js.Enum)]...)
	case len(js.AnyOf) > 0:
		return s.value(dst, js.AnyOf[0], name, depth+1)
	case len(js.OneOf) > 0:
		return s.value(dst, js.OneOf[0], name, depth+1)
	case len(js.AllOf) > 0 && js.Properties == nil:
		return s.value(dst, s.merge(js), name, depth+1)
	}
	switch js.kind() {
	case "object":
		return s.object(dst, &js, depth)
	case "array":
		return s.array(dst, &js, name, depth)
	case "string":
		return append(dst, encode(s.text(&js, name))...)
	case "integer", "number":
		return append(dst, s.number(&js)...)
	case "boolean":
		return append(dst, "true"...)
	}
	return append(dst, "null"...)
}

// kind is the first type that is not null, in lower case as JSON Schema has it.
func (js *jsonSchema) kind() string {
	var one string
	if json.Unmarshal(js.Type, &one) == nil && one != "" {
		return strings.ToLower(one)
	}
	var several []string
	if json.Unmarshal(js.Type, &several) == nil {
		for _, t := range several {
			if t != "null" {
				return strings.ToLower(t)
			}
		}
		return "null"
	}
	if js.Items != nil {
		return "array"
	}
	return "object"
}

func (s *sampler) object(dst []byte, js *jsonSchema, depth int) []byte {
	names := js.Required
	if len(names) == 0 { // nothing is a must: show what could be
		names = slices.Sorted(maps.Keys(js.Properties))
		if depth > 2 {
			names = nil
		}
	}
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, encode(name)...), ':')
		dst = s.value(dst, orTrue(js.Properties[name]), name, depth+1)
	}
	return append(dst, '}')
}

func orTrue(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage(`{"type":"string"}`)
	}
	return raw
}

func (s *sampler) array(dst []byte, js *jsonSchema, name string, depth int) []byte {
	items := js.PrefixItems
	least, _ := strconv.Atoi(js.MinItems.String())
	for len(items) < min(max(least, 1), 16) && js.Items != nil {
		items = append(items, js.Items)
	}
	if depth >= maxSampleDepth && least == 0 {
		items = nil
	}
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.value(dst, item, name, depth+1)
	}
	return append(dst, ']')
}

func (s *sampler) text(js *jsonSchema, name string) string {
	switch js.Format {
	case "date":
		return "2025-01-31"
	case "date-time":
		return "2025-01-31T12:00:00Z"
	case "time":
		return "12:00:00Z"
	case "email":
		return "demo@example.com"
	case "uri":
		return "https://example.com/"
	case "uuid":
		return "01234567-89ab-4cde-8f01-23456789abcd"
	}
	out := "demo " + name
	if len(s.words) > 0 {
		out = s.words[s.index%len(s.words)]
	}
	least, _ := strconv.Atoi(js.MinLength.String())
	if missing := min(least, 4096) - len(out); missing > 0 {
		out += strings.Repeat(".", missing)
	}
	return out
}

func (s *sampler) number(js *jsonSchema) string {
	if js.Minimum != nil {
		return js.Minimum.String()
	}
	return strconv.Itoa(1 + s.index)
}

// resolve follows a reference within the document: "#", "#/$defs/x", "#/definitions/x".
func (s *sampler) resolve(ref string) json.RawMessage {
	at := s.root
	path, local := strings.CutPrefix(ref, "#")
	if !local {
		return nil
	}
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if name == "" {
			continue
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil {
			return nil
		}
		at = members[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return at
}

// merge joins the objects of an allOf.
func (s *sampler) merge(js jsonSchema) json.RawMessage {
	out := jsonSchema{Type: json.RawMessage(`"object"`), Properties: map[string]json.RawMessage{}}
	for _, raw := range js.AllOf {
		part, err := parseSchema(raw)
		if err == nil && part.Ref != "" {
			part, err = parseSchema(s.resolve(part.Ref))
		}
		if err != nil {
			continue // what cannot be read adds nothing
		}
		maps.Copy(out.Properties, part.Properties)
		out.Required = append(out.Required, part.Required...)
	}
	return encode(struct {
		Type       string                     `json:"type"`
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required,omitempty"`
	}{"object", out.Properties, out.Required})
}
