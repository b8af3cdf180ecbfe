package compile

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

var codeInSource = regexp.MustCompile(`\bCode:\s*"([a-z_]+)"`)

func TestEachCodeOfAnErrorIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, room := range []string{"../../extproc", "../../policy"} {
		err := filepath.WalkDir(room, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range codeInSource.FindAllSubmatch(source, -1) {
				found++
				if !bytes.Contains(page, []byte("`"+string(m[1])+"`")) {
					t.Errorf("%s has the code %s, which docs/errors.md has not", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 20 {
		t.Errorf("only %d codes were found", found)
	}
}
