package compile

import (
	"os"
	"regexp"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestEveryBlockOfTheDocumentationCompiles puts each block behind the providers and models that the pages speak of.
func TestEveryBlockOfTheDocumentationCompiles(t *testing.T) {
	const world = `
providers:
  here: {schema: openai, endpoint: "http://127.0.0.1:8000/v1", region: eu}
models:
  small: {provider: here, price: {input: 1, output: 2}, quality: 0.5}
  large: {provider: here, price: {input: 5, output: 20}, quality: 0.9}
`
	for page, least := range map[string]int{"../../docs/routing.md": 2, "../../docs/policies.md": 1} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := yamlBlock.FindAllSubmatch(text, -1)
		if len(blocks) < least {
			t.Errorf("%s has %d blocks", page, len(blocks))
		}
		for _, b := range blocks {
			if s, f := compiled(t, world+string(b[1]), nil); s == nil || len(f.Warnings) > 0 {
				t.Errorf("%s: %v in\n%s", page, f.Warnings.Err(), b[1])
			}
		}
	}
}
