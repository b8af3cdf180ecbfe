package compile

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestEveryBlockOfTheDocumentationCompiles puts each block behind the providers and models that the pages speak of.
func TestEveryBlockOfTheDocumentationCompiles(t *testing.T) {
	const world = `
providers:
  here: {schema: openai, endpoint: "http://127.0.0.1:8000/v1", region: eu, data_policy: [no_training, zero_retention]}
models:
  small: {provider: here, price: {input: 1, output: 2}, quality: 0.5}
  large: {provider: here, price: {input: 5, output: 20}, quality: 0.9}
`
	for page, least := range map[string]int{"../../docs/routing.md": 2, "../../docs/policies.md": 1, "../../docs/replay.md": 1, "../../docs/usage.md": 2} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := yamlBlock.FindAllSubmatch(text, -1)
		if len(blocks) < least {
			t.Errorf("%s has %d blocks", page, len(blocks))
		}
		for _, b := range blocks {
			if bytes.Contains(b[1], []byte("providers:")) {
				continue // it has a world of its own, or a piece of one
			}
			if s, f := compiled(t, world+string(b[1]), map[string]string{"PGPASSWORD": "secret"}); s == nil || len(f.Warnings) > 0 {
				t.Errorf("%s: %v in\n%s", page, f.Warnings.Err(), b[1])
			}
		}
	}
}
