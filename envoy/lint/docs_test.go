package lint

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "renew the generated part of the documentation")

// TestTheDocumentedRulesAreThoseOfTheTable keeps docs/operations.md in step with Rules.
func TestTheDocumentedRulesAreThoseOfTheTable(t *testing.T) {
	const path, begin, end = "../../docs/operations.md", "<!-- rules -->\n", "<!-- end of rules -->"
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
	want.WriteString("| rule | severity | what breaks it | what that leads to |\n| --- | --- | --- | --- |\n")
	for _, r := range Rules() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", r.Name, r.Severity, r.Finds, r.Leads)
	}
	if got == want.String() {
		return
	}
	if !*update {
		t.Fatal("renew it by `go test ./envoy/lint -run Documented -update`")
	}
	if err := os.WriteFile(path, []byte(head+begin+want.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
