package schematest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// DiffJSON says in which way two documents differ as JSON, the order of members aside; "" if in none. An empty
// document stands for nothing, like null; what is neither empty nor JSON fails the test.
func DiffJSON(t testing.TB, want, got string) string {
	t.Helper()
	return cmp.Diff(parse(t, []byte(want)), parse(t, []byte(got)))
}

// parse reads a document; nil if it is empty.
func parse(t testing.TB, doc []byte) (v any) {
	t.Helper()
	if len(doc) == 0 {
		return nil
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return v
}

func indent(t testing.TB, doc []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(doc), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return b.Bytes()
}

// pruned leaves out members that say nothing, so that golden files stay readable.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member = pruned(member); saysNothing(member) {
				delete(v, name)
			} else {
				v[name] = member
			}
		}
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
	}
	return v
}

func saysNothing(v any) bool {
	object, ok := v.(map[string]any)
	return v == nil || ok && len(object) == 0 || reflect.ValueOf(v).IsZero()
}
