package gemini

import (
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// Patch implements schema.Client. The model stands in the path and is left alone. The output limit stands in
// generationConfig; what else is there keeps its bytes.
func (Client) Patch(_ schema.Target, body []byte, f *schema.Facts, e *schema.Edit) ([]byte, error) {
	if e.System != "" {
		var err error
		if e, err = withPreamble(body, f, e); err != nil {
			return nil, err
		}
	}
	edit := *e
	edit.Model, edit.MaxOutputTokens = "", 0
	if e.MaxOutputTokens > 0 {
		config, err := withLimit(generationConfig(body, f, e), e.MaxOutputTokens)
		if err != nil {
			return nil, err
		}
		edit.Set = append(append([]schema.Field(nil), e.Set...), schema.Field{Name: "generationConfig", Value: config})
	}
	return schema.Splice(body, f, &edit), nil
}

// generationConfig is what that member will be without the limit.
func generationConfig(body []byte, f *schema.Facts, e *schema.Edit) []byte {
	for i := len(e.Set) - 1; i >= 0; i-- {
		if e.Set[i].Name == "generationConfig" {
			return e.Set[i].Value
		}
	}
	if m := f.Member("generationConfig"); m != nil {
		return m.Value.Of(body)
	}
	for _, d := range e.Default {
		if d.Name == "generationConfig" {
			return d.Value
		}
	}
	return nil
}

// withLimit sets maxOutputTokens in a generationConfig, which may be empty or null.
func withLimit(config []byte, limit int) ([]byte, error) {
	if len(config) == 0 || string(config) == "null" {
		config = []byte("{}")
	}
	f, err := jsonscan.Members(config, names, "generationConfig")
	if err != nil {
		return nil, err
	}
	return schema.Splice(config, &f, &schema.Edit{MaxOutputTokens: limit}, "maxOutputTokens"), nil
}
