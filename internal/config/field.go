package config

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// field is what the tags of a struct field say of a key.
type field struct {
	key      string
	index    int
	typ      reflect.Type
	fallback string // the default, as YAML would spell it; empty: none
	rules
	required bool // must be given, and not empty
	private  bool // what stands there may be secret
}

// rules bound a value, or each element of a list or mapping.
type rules struct {
	key      string // whose rules these are, for messages
	enum     []string
	positive bool // > 0
	natural  bool // ≥ 0
	unit     bool // 0 to 1
}

// fieldsOf returns the keys of a struct type, in order.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		sf := t.Field(i)
		key := sf.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		checks := strings.Fields(sf.Tag.Get("check"))
		f := field{key: key, index: i, typ: sf.Type, fallback: sf.Tag.Get("default")}
		f.required = slices.Contains(checks, "required")
		f.private = slices.Contains(checks, "private")
		f.rules = rules{
			key:      key,
			positive: slices.Contains(checks, "positive"),
			natural:  slices.Contains(checks, "nonnegative"),
			unit:     slices.Contains(checks, "unit"),
		}
		if enum := sf.Tag.Get("enum"); enum != "" {
			f.enum = strings.Split(enum, ",")
		}
		out = append(out, f)
	}
	return out
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// kind is how a Go type is written in YAML.
type kind int

const (
	kindText kind = iota
	kindSecret
	kindInt
	kindNumber
	kindBool
	kindDuration
	kindBytes
	kindList
	kindMap    // keys of the operator's choice
	kindStruct // fixed keys
	kindAny
)

// kindOf returns the kind of t, and for lists and maps the type of their elements. Pointers count as what they
// point to.
func kindOf(t reflect.Type) (k kind, element reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Secret]():
		return kindSecret, nil
	case reflect.TypeFor[time.Duration]():
		return kindDuration, nil
	case reflect.TypeFor[ByteSize]():
		return kindBytes, nil
	}
	if m, ok := reflect.New(t).Interface().(ordered); ok {
		return kindMap, m.element()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return kindInt, nil
	case reflect.Float64:
		return kindNumber, nil
	case reflect.Bool:
		return kindBool, nil
	case reflect.Slice:
		return kindList, t.Elem()
	case reflect.Struct:
		return kindStruct, nil
	case reflect.Interface:
		return kindAny, nil
	}
	return kindText, nil
}

// wanted says in words what a kind is written as.
func (k kind) wanted() string {
	switch k {
	case kindInt:
		return "a whole number"
	case kindNumber:
		return "a number"
	case kindBool:
		return "true or false"
	case kindDuration:
		return "a duration such as 30s"
	case kindBytes:
		return "a size such as 32MiB"
	case kindList:
		return "a list"
	case kindMap, kindStruct:
		return "a mapping"
	}
	return "text"
}
