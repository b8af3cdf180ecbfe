package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/llmroute/llmroute/internal/demo"
)

func TestStructuredAnswersFitTheirSchema(t *testing.T) {
	schemas := map[string]string{
		"scalars": `{"type":"object","properties":{"s":{"type":"string","minLength":30},"i":{"type":"integer","minimum":7},"b":{"type":"boolean"},
			"n":{"type":["null","number"]},"e":{"enum":["x","y"]},"c":{"const":5}},"required":["s","i","b","n","e","c"],"additionalProperties":false}`,
		"nested": `{"type":"object","properties":{"list":{"type":"array","minItems":2,"items":{"type":"object","properties":{"k":{"type":"string"}},"required":["k"]}}},"required":["list"]}`,
		"references": `{"$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},"next":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/node"}]}},"required":["name","next"]}},
			"$ref":"#/$defs/node"}`,
		"all of":         `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer"}},"required":["b"]}]}`,
		"nothing needed": `{"type":"object","properties":{"a":{"type":"string"}}}`,
		"a date":         `{"type":"object","properties":{"d":{"type":"string","format":"date-time"}},"required":["d"]}`,
	}
	_, url := start(t, demo.Options{Schema: "openai"})
	for name, schema := range schemas {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"Tell of Ada"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":%s}}}`, schema)
			_, answer, err := read(t, url, "", body)
			if err != nil {
				t.Fatal(err)
			}
			var r struct {
				Choices []struct{ Message struct{ Content string } }
			}
			if err := json.Unmarshal([]byte(answer), &r); err != nil || len(r.Choices) != 1 {
				t.Fatalf("%s %v", answer, err)
			}
			content := r.Choices[0].Message.Content
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
			if err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			if err := c.AddResource("s.json", document); err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(content)))
			if err != nil {
				t.Fatalf("%s: %v", content, err)
			}
			if err := c.MustCompile("s.json").Validate(value); err != nil {
				t.Errorf("%s: %v", content, err)
			}
		})
	}
}

func TestSchemaThatContainsItselfEnds(t *testing.T) {
	_, url := start(t, demo.Options{Schema: "openai"})
	body := `{"model":"m","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":
		{"type":"object","properties":{"x":{"$ref":"#"},"y":{"$ref":"#"}},"required":["x","y"]}}}}`
	if res, answer, err := read(t, url, "", body); err != nil || res.StatusCode != 200 {
		t.Errorf("%s %v", answer, err)
	}
}

// Whatever is sent, a provider answers in JSON, and with an error that blames the client or with an answer.
func FuzzRequestsAreAnswered(f *testing.F) {
	f.Add(0, plainBody)
	f.Add(1, `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]}`)
	f.Add(2, `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[]}]}]}`)
	f.Add(3, `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"parts":[{"functionResponse":{"name":"f","response":{}}}]}]}`)
	f.Add(4, `{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"a"}}]}],"toolConfig":{"tools":[]}}`)
	f.Add(5, `{"model":"m","prompt":[[1,2],[3]],"n":2,"echo":true}`)
	f.Add(6, `{"model":"m","input":[1,2]}`)
	targets := []struct{ schema, path string }{
		{"openai", "/v1/chat/completions"}, {"openai", "/v1/responses"}, {"anthropic", "/v1/messages"},
		{"gemini", "/v1/models/m:generateContent"}, {"bedrock", "/model/m/converse"}, {"openai", "/v1/completions"}, {"openai", "/v1/embeddings"},
	}
	f.Fuzz(func(t *testing.T, target int, body string) {
		at := targets[uint(target)%uint(len(targets))]
		status, answer := ask(t, at.schema, at.path, body)
		if status >= 500 {
			t.Errorf("%s %s: %d %s", at.path, body, status, answer)
		}
		if !strings.HasPrefix(answer, "data:") && !strings.HasPrefix(answer, "event:") && !json.Valid([]byte(answer)) {
			t.Errorf("%s %s: not JSON: %s", at.path, body, answer)
		}
	})
}
