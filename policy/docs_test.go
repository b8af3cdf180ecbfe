package policy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "renew the generated part of the documentation")

// TestTheDocumentedVariablesAreThoseOfTheTable keeps docs/routing.md in step with Variables.
func TestTheDocumentedVariablesAreThoseOfTheTable(t *testing.T) {
	const path, begin, end = "../docs/routing.md", "<!-- variables -->\n", "<!-- end -->"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page lacks its marks")
	}
	var want strings.Builder
	want.WriteString("| variable | type | what it is |\n| --- | --- | --- |\n")
	for _, v := range Variables() {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", v.Name, v.Type, v.Doc)
	}
	if got == want.String() {
		return
	}
	if !*update {
		t.Fatal("renew it by `go test ./policy -update`")
	}
	if err := os.WriteFile(path, []byte(head+begin+want.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
