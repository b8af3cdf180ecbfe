package demo

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDocsListEveryActionOnce(t *testing.T) {
	page, err := os.ReadFile("../../docs/demo.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9=-]+)` \\| .*$").FindAllStringSubmatch(string(page), -1) {
		word, _, _ := strings.Cut(row[1], "=")
		if _, known := actions[word]; !known {
			continue // a row of another table
		}
		if documented[word] {
			t.Errorf("%s is documented twice", word)
		}
		documented[word] = true
		if _, err := ParseFault(row[1]); err != nil && word != "retry-after" { // which needs an error
			t.Errorf("%s: %v", row[1], err)
		}
	}
	for word := range actions {
		if !documented[word] {
			t.Errorf("%s is not documented", word)
		}
	}
	for _, p := range problems {
		if !strings.Contains(string(page), "`"+string(p)+"`") {
			t.Errorf("error=%s is not documented", p)
		}
	}
}

func TestEverySchemaHasEveryProblem(t *testing.T) {
	for _, schema := range Schemas() {
		for _, p := range problems {
			f := failure{problem: p, message: "why"}
			if out := dialectOf(schema).render(&f); out.status < 400 && (schema != "gemini" || p != ContentFilter) || len(out.body) == 0 {
				t.Errorf("%s has no %s: %d %s", schema, p, out.status, out.body)
			}
		}
	}
}
