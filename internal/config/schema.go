package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
)

// JSONSchema describes llmroute.yaml for editors, as JSON Schema draft 2020-12. It is made of the types in
// config.go: keys, defaults and bounds of their tags, descriptions of their comments.
func JSONSchema() []byte {
	m, err := readMeanings()
	if err != nil {
		m = meanings{} // the file is a part of this very binary, so this cannot be
	}
	b := schemaBuilder{meanings: m, defs: map[string]*jsonSchema{}}
	root := b.object(reflect.TypeFor[Config]())
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "llmroute.yaml"
	b.defs["variable"] = &jsonSchema{
		Type:        "string",
		Pattern:     `\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}`,
		Description: "A value from the environment: ${NAME} or ${NAME:-default}.",
	}
	root.Defs = b.defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil // there is nothing in it that JSON cannot hold
	}
	return out.Bytes()
}

// jsonSchema is the part of JSON Schema that a configuration needs.
type jsonSchema struct {
	Schema           string                 `json:"$schema,omitempty"`
	Ref              string                 `json:"$ref,omitempty"`
	Title            string                 `json:"title,omitempty"`
	Description      string                 `json:"description,omitempty"`
	Type             string                 `json:"type,omitempty"`
	Enum             []any                  `json:"enum,omitempty"`
	Default          any                    `json:"default,omitempty"`
	Pattern          string                 `json:"pattern,omitempty"`
	Minimum          *float64               `json:"minimum,omitempty"`
	Maximum          *float64               `json:"maximum,omitempty"`
	ExclusiveMinimum *float64               `json:"exclusiveMinimum,omitempty"`
	MinLength        int                    `json:"minLength,omitempty"`
	MinItems         int                    `json:"minItems,omitempty"`
	MinProperties    int                    `json:"minProperties,omitempty"`
	WriteOnly        bool                   `json:"writeOnly,omitempty"`
	Items            *jsonSchema            `json:"items,omitempty"`
	Properties       map[string]*jsonSchema `json:"properties,omitempty"`
	PropertyNames    *jsonSchema            `json:"propertyNames,omitempty"`
	// AdditionalProperties is a schema, or false.
	AdditionalProperties any                    `json:"additionalProperties,omitempty"`
	Required             []string               `json:"required,omitempty"`
	AnyOf                []*jsonSchema          `json:"anyOf,omitempty"`
	OneOf                []*jsonSchema          `json:"oneOf,omitempty"`
	Defs                 map[string]*jsonSchema `json:"$defs,omitempty"`
}

type schemaBuilder struct {
	meanings meanings
	defs     map[string]*jsonSchema // by type name
}

// object describes a struct.
func (b *schemaBuilder) object(t reflect.Type) *jsonSchema {
	s := &jsonSchema{
		Type:                 "object",
		Description:          b.meanings.ofType(t.Name()),
		Properties:           map[string]*jsonSchema{},
		AdditionalProperties: false,
	}
	for _, f := range fieldsOf(t) {
		p := b.value(f.typ, f.rules)
		p.Description = b.meanings[t.Name()+"."+t.Field(f.index).Name]
		p.Default = jsonDefault(f)
		if f.required {
			s.Required = append(s.Required, f.key)
			p.notEmpty()
		}
		s.Properties[f.key] = p
	}
	switch t {
	case reflect.TypeFor[Config]():
		s.Properties["providers"].PropertyNames = &jsonSchema{Pattern: providerName.String()}
	case reflect.TypeFor[Auth]():
		for _, form := range authForms {
			one := &jsonSchema{Required: []string{form}}
			if form == "header" {
				one.Required = append(one.Required, "value")
			}
			s.OneOf = append(s.OneOf, one)
		}
	}
	return s
}

// value describes a value of type t.
func (b *schemaBuilder) value(t reflect.Type, r rules) *jsonSchema {
	k, element := kindOf(t)
	switch k {
	case kindStruct:
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if b.defs[t.Name()] == nil {
			b.defs[t.Name()] = &jsonSchema{} // in case it holds itself
			*b.defs[t.Name()] = *b.object(t)
		}
		return &jsonSchema{Ref: "#/$defs/" + t.Name()}
	case kindMap:
		return &jsonSchema{Type: "object", AdditionalProperties: b.value(element, r)}
	case kindList:
		return &jsonSchema{Type: "array", Items: b.value(element, r)}
	case kindAny:
		return &jsonSchema{}
	case kindSecret:
		return &jsonSchema{Type: "string", WriteOnly: true}
	case kindText:
		if len(r.enum) == 0 {
			return &jsonSchema{Type: "string"}
		}
		return orVariable(&jsonSchema{Enum: words(r.enum)})
	case kindInt:
		return orVariable(r.bound(&jsonSchema{Type: "integer"}))
	case kindNumber:
		return orVariable(r.bound(&jsonSchema{Type: "number"}))
	case kindBool:
		return orVariable(&jsonSchema{Type: "boolean"})
	case kindDuration:
		return orVariable(&jsonSchema{Type: "string", Pattern: `^([0-9]+d)?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))*$`})
	case kindBytes:
		return orVariable(&jsonSchema{Type: "integer"}, &jsonSchema{Type: "string", Pattern: `^[0-9]+\s*(B|KiB|MiB|GiB)?$`})
	}
	return &jsonSchema{}
}

// orVariable allows a variable in the place of what is no text.
func orVariable(s ...*jsonSchema) *jsonSchema {
	return &jsonSchema{AnyOf: append(s, &jsonSchema{Ref: "#/$defs/variable"})}
}

// words are the values of an enumeration. Those that YAML reads as numbers when they have no quotes are there twice.
func words(enum []string) []any {
	out := make([]any, 0, len(enum))
	for _, word := range enum {
		out = append(out, word)
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func (r rules) bound(s *jsonSchema) *jsonSchema {
	zero, one := 0.0, 1.0
	switch {
	case r.positive:
		s.ExclusiveMinimum = &zero
	case r.natural:
		s.Minimum = &zero
	case r.unit:
		s.Minimum, s.Maximum = &zero, &one
	}
	return s
}

func (s *jsonSchema) notEmpty() {
	switch s.Type {
	case "string":
		s.MinLength = 1
	case "array":
		s.MinItems = 1
	case "object":
		s.MinProperties = 1
	}
}

func jsonDefault(f field) any {
	if k, _ := kindOf(f.typ); f.fallback == "" || k == kindText || k == kindDuration || k == kindBytes {
		if f.fallback == "" {
			return nil
		}
		return f.fallback
	}
	return plain(f.fallback)
}
