package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// fromOpenAPI turns Google's Schema message into JSON Schema: types in lower case, nullable as a type, numbers that
// are spelled as strings as numbers.
func fromOpenAPI(s gjson.Result) []byte {
	var w jsonout.Writer
	writeJSONSchema(&w, s, 0)
	return w.B
}

func writeJSONSchema(w *jsonout.Writer, s gjson.Result, depth int) {
	if !s.IsObject() || depth > maxSchemaDepth {
		w.Raw([]byte(s.Raw))
		return
	}
	nullable := s.Get("nullable").Bool()
	w.Open('{')
	s.ForEach(func(key, v gjson.Result) bool {
		switch name := camel(key.Str); name {
		case "type":
			writeType(w, strings.ToLower(v.String()), nullable)
		case "nullable":
		case "items":
			w.Key(name)
			writeJSONSchema(w, v, depth+1)
		case "properties":
			w.Key(name).Open('{')
			v.ForEach(func(p, v gjson.Result) bool {
				w.Key(p.String())
				writeJSONSchema(w, v, depth+1)
				return true
			})
			w.Close('}')
		case "anyOf":
			w.Key(name).Open('[')
			v.ForEach(func(_, v gjson.Result) bool {
				writeJSONSchema(w, v, depth+1)
				return true
			})
			if nullable && !s.Get("type").Exists() {
				w.Open('{')
				w.Key("type").String("null")
				w.Close('}')
			}
			w.Close(']')
		case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
			w.Key(name).Float(v.Float())
		case "format":
			if v.String() != "enum" {
				w.Key(name).String(v.String())
			}
		default:
			w.Key(name).Raw([]byte(v.Raw))
		}
		return true
	})
	w.Close('}')
}

func writeType(w *jsonout.Writer, name string, nullable bool) {
	switch {
	case name == "" || name == "type_unspecified":
	case nullable:
		w.Key("type").Open('[')
		w.String(name)
		w.String("null")
		w.Close(']')
	default:
		w.Key("type").String(name)
	}
}
