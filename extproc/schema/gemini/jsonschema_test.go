package gemini

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

func TestSchemasAreCutToGooglesSubset(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"types and required":    {`{"$schema":"x","type":"object","properties":{"a":{"type":"string","minLength":1}},"required":["a"],"additionalProperties":false}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING","minLength":1}},"required":["a"]}`},
		"a nullable type":       {`{"type":["integer","null"]}`, `{"type":"INTEGER","nullable":true}`},
		"several types":         {`{"type":["integer","string"]}`, `{"anyOf":[{"type":"INTEGER"},{"type":"STRING"}]}`},
		"anyOf with null":       {`{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"nullable":true,"anyOf":[{"type":"STRING"}]}`},
		"oneOf":                 {`{"oneOf":[{"type":"string"},{"type":"number"}]}`, `{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}`},
		"const":                 {`{"const":"x"}`, `{"type":"STRING","enum":["x"]}`},
		"enum":                  {`{"type":"string","enum":["a","b"]}`, `{"type":"STRING","enum":["a","b"]}`},
		"a format Google knows": {`{"type":"string","format":"date-time"}`, `{"type":"STRING","format":"date-time"}`},
		"a format it does not":  {`{"type":"string","format":"uri"}`, `{"type":"STRING"}`},
		"an array of anything":  {`{"type":"array"}`, `{"type":"ARRAY","items":{}}`},
		"a reference":           {`{"type":"object","properties":{"p":{"$ref":"#/$defs/p","description":"here"}},"$defs":{"p":{"type":"object","description":"there","properties":{"x":{"type":"integer","exclusiveMinimum":0}}}}}`, `{"type":"OBJECT","properties":{"p":{"type":"OBJECT","description":"here","properties":{"x":{"type":"INTEGER","minimum":1}}}}}`},
		"allOf of one":          {`{"allOf":[{"type":"string"}],"description":"d"}`, `{"type":"STRING","description":"d"}`},
		"a property named type": {`{"type":"object","properties":{"type":{"type":"string"},"$ref":{"type":"string"}}}`, `{"type":"OBJECT","properties":{"type":{"type":"STRING"},"$ref":{"type":"STRING"}}}`},
		"a recursive reference": {`{"type":"object","properties":{"next":{"$ref":"#"}}}`, ``},
		"a reference to nobody": {`{"$ref":"#/$defs/none"}`, ``},
		"a tuple":               {`{"type":"array","prefixItems":[{"type":"string"}]}`, ``},
		"typed further members": {`{"type":"object","additionalProperties":{"type":"string"}}`, ``},
		"an enum of numbers":    {`{"enum":[1,2]}`, ``},
		"not":                   {`{"not":{"type":"string"}}`, ``},
		"no schema":             {`[]`, ``},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := toOpenAPI([]byte(tc.in))
			if ok != (tc.want != "") {
				t.Fatalf("ok is %v: %s", ok, got)
			}
			if !ok {
				return
			}
			if schematest.DiffJSON(t, tc.want, string(got)) != "" {
				t.Fatalf("got %s, want %s", got, tc.want)
			}
			var message genai.Schema
			if err := json.Unmarshal(got, &message); err != nil {
				t.Fatalf("Google's SDK cannot read %s: %v", got, err)
			}
		})
	}
}

func TestSchemasDoNotBlowUp(t *testing.T) {
	// Each level refers to the next one twice: 2^30 schemas if inlined.
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/d0","$defs":{`)
	for i := range 30 {
		next := `{"$ref":"#/$defs/d` + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + `"}`
		name := string(rune('0'+i/10)) + string(rune('0'+i%10))
		if i == 0 {
			name = "0"
		}
		b.WriteString(`"d` + name + `":{"type":"object","properties":{"a":` + next + `,"b":` + next + `}},`)
	}
	b.WriteString(`"d30":{"type":"string"}}}`)
	if _, ok := toOpenAPI([]byte(b.String())); ok {
		t.Fatal("it was inlined")
	}
}
