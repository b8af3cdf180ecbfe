package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("llmroute.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("llmroute.json")
	if err != nil {
		t.Fatalf("the schema is no schema: %v", err)
	}
	return s
}

// document is a YAML file as JSON, with its variables as the file spells them.
func document(t *testing.T, data []byte) any {
	t.Helper()
	root, fault := parse("llmroute.yaml", data)
	if fault != nil {
		t.Fatal(fault)
	}
	d := decoder{file: &File{spots: map[string]spot{}}, env: func(name string) (string, bool) { return "${" + name + "}", true }}
	v, ok := d.any(root, place{})
	if !ok {
		t.Fatal(d.faults)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSchemaAcceptsWhatLoads(t *testing.T) {
	s := compileSchema(t)
	paths, err := filepath.Glob("testdata/warnings/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, "testdata/full.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(strings.TrimPrefix(string(data), inputMark), wantMark)
		if err := s.Validate(document(t, []byte(input))); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	numbers := base + "budgets: [{name: b, limit_usd: ${LIMIT}}]\nlimits: {body_bytes: 1048576}\ntimeouts: {idle: 1h30m}\n"
	if err := s.Validate(document(t, []byte(numbers))); err != nil {
		t.Error(err)
	}
}

func TestSchemaRefusesWhatDoesNotLoad(t *testing.T) {
	s := compileSchema(t)
	for _, name := range []string{
		"unknown_key_close", "unknown_key_far", "unknown_key_nested", "unknown_key_in_auth_close", "auth_is_text", "auth_no_form",
		"auth_two_forms", "list_for_mapping", "mapping_for_list", "text_for_list", "list_for_text", "text_for_number", "quality_above_one",
		"negative_price", "zero_window", "negative_weight", "strategy_misspelt", "capability_misspelt", "bare_duration", "bad_duration",
		"decimal_size_unit", "missing_everything", "missing_endpoint", "missing_schema", "missing_route_name",
		"provider_name", "quoted_number", "fraction_for_whole_number", "empty_endpoint",
	} {
		t.Run(strings.ReplaceAll(name, "_", " "), func(t *testing.T) {
			data, err := os.ReadFile("testdata/faults/" + name + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			input, _, _ := strings.Cut(strings.TrimPrefix(string(data), inputMark), wantMark)
			if s.Validate(document(t, []byte(input))) == nil {
				t.Errorf("accepted:\n%s", input)
			}
		})
	}
}

func TestEveryKeyHasAMeaning(t *testing.T) {
	m, err := readMeanings()
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range structs(reflect.TypeFor[Config]()) {
		if m[typ.Name()] == "" {
			t.Errorf("type %s has no comment", typ.Name())
		}
		for _, f := range fieldsOf(typ) {
			if name := typ.Name() + "." + typ.Field(f.index).Name; m[name] == "" {
				t.Errorf("%s has no comment", name)
			}
		}
	}
}

func TestEveryDefaultKeepsTheRules(t *testing.T) {
	for _, typ := range structs(reflect.TypeFor[Config]()) {
		for _, f := range fieldsOf(typ) {
			if f.fallback == "" {
				continue
			}
			out := reflect.New(f.typ).Elem()
			if f.typ.Kind() == reflect.Pointer {
				out = reflect.New(f.typ.Elem()).Elem()
			}
			if p := setScalar(f.fallback, out, f.rules); p != nil {
				t.Errorf("%s.%s: %s", typ.Name(), f.key, strings.Replace(p.message, "%s", f.fallback, 1))
			}
		}
	}
}

// structs lists t and all structs in it, each before those that it holds, once.
func structs(t reflect.Type) []reflect.Type {
	var out []reflect.Type
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		k, element := kindOf(t)
		switch {
		case element != nil:
			walk(element)
		case k == kindStruct:
			if t.Kind() == reflect.Pointer {
				t = t.Elem()
			}
			if seen[t] {
				return
			}
			seen[t] = true
			out = append(out, t)
			for _, f := range fieldsOf(t) {
				walk(f.typ)
			}
		}
	}
	walk(t)
	return out
}
