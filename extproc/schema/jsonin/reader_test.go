package jsonin_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// readers reads a value as each type, and reports whether it said something.
var readers = map[string]func(r *jsonin.Reader, v gjson.Result) bool{
	"text":   func(r *jsonin.Reader, v gjson.Result) bool { return r.Text("p", v) != "" },
	"number": func(r *jsonin.Reader, v gjson.Result) bool { return r.Number("p", v) != nil },
	"whole":  func(r *jsonin.Reader, v gjson.Result) bool { return r.Whole("p", v) != nil },
	"bool":   func(r *jsonin.Reader, v gjson.Result) bool { return r.Bool("p", v) != nil },
	"object": func(r *jsonin.Reader, v gjson.Result) bool { return r.Object("p", v) },
	"each": func(r *jsonin.Reader, v gjson.Result) bool {
		seen := false
		r.Each("p", v, func(int, gjson.Result) { seen = true })
		return seen
	},
}

func TestAValueIsReadAsItsTypeAloneAndNullAsNothing(t *testing.T) {
	for doc, types := range map[string][]string{
		`"a"`: {"text"}, `7`: {"number", "whole"}, `1e3`: {"number", "whole"}, `-1`: {"number", "whole"}, `0.5`: {"number"},
		`1e300`: {"number"}, `true`: {"bool"}, `false`: {"bool"}, `{}`: {"object"}, `[1]`: {"each"}, `null`: {},
	} {
		wants := map[string]bool{}
		for _, name := range types {
			wants[name] = true
		}
		for name, read := range readers {
			var r jsonin.Reader
			said := read(&r, gjson.Parse(doc))
			if said != wants[name] {
				t.Errorf("%s as %s says something: %t", doc, name, said)
			}
			if faulty := r.Err != nil; faulty == (said || doc == "null") {
				t.Errorf("%s as %s: fault %v", doc, name, r.Err)
			}
		}
	}
}

func TestTheFirstFaultStays(t *testing.T) {
	var r jsonin.Reader
	visited := 0
	r.Each("list", gjson.Parse(`[1,"a",2]`), func(_ int, v gjson.Result) {
		visited++
		r.Text("list", v)
	})
	r.Must("other", "an object")
	if visited != 1 || r.Err.Param != "list" || r.Err.Code != "invalid_type" || r.Err.Message != "list must be a string" {
		t.Errorf("%d visited, then %v", visited, r.Err)
	}
}
