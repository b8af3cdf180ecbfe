package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const docsPath = "../../docs/configuration.md"

func TestDocumentationIsThatOfTheTypes(t *testing.T) {
	want := documentation(t)
	if *update {
		if err := os.MkdirAll("../../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(docsPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("renew it by `go test ./internal/config -update` (-want +got)\n%s", diff)
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

func TestEveryBlockOfTheDocumentationLoads(t *testing.T) {
	page, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllSubmatch(page, -1)
	if len(blocks) < 4 {
		t.Fatalf("found %d blocks", len(blocks))
	}
	schema := compileSchema(t)
	for _, b := range blocks {
		f, faults := Load("llmroute.yaml", b[1], testEnv)
		if len(faults) > 0 {
			t.Errorf("%v\nin\n%s", faults, b[1])
			continue
		}
		for _, w := range f.Warnings {
			if !strings.Contains(w.Message, "is not set") {
				t.Errorf("%v\nin\n%s", w, b[1])
			}
		}
		if err := schema.Validate(document(t, b[1])); err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
	}
}

// documentation is the whole page.
func documentation(t *testing.T) string {
	t.Helper()
	m, err := readMeanings()
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	faulty := read("testdata/docs/faulty.yaml")
	_, faults := Load("llmroute.yaml", []byte(faulty), testEnv)
	page := &strings.Builder{}
	page.WriteString(strings.NewReplacer(
		// With quotes, as editors want them.
		"{{full}}", bareVariable.ReplaceAllString(read("testdata/full.yaml"), `: "$1"`),
		"{{faulty}}", faulty,
		"{{faults}}", faults.Error(),
	).Replace(read("testdata/docs/head.md")))
	page.WriteString("## Keys\n")
	for _, typ := range structs(reflect.TypeFor[Config]()) {
		section(page, m, typ)
	}
	return page.String()
}

var bareVariable = regexp.MustCompile(`: (\$\{\w+\})`)

// section is the table of one struct.
func section(page *strings.Builder, m meanings, typ reflect.Type) {
	fmt.Fprintf(page, "\n### %s\n\n", heading(typ))
	if text := m.ofType(typ.Name()); typ != reflect.TypeFor[Config]() {
		fmt.Fprintf(page, "%s\n\n", text)
	}
	page.WriteString("| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range fieldsOf(typ) {
		fallback := ""
		switch {
		case f.required:
			fallback = "**required**"
		case f.fallback != "":
			fallback = "`" + f.fallback + "`"
		}
		meaning := m[typ.Name()+"."+typ.Field(f.index).Name]
		if len(f.enum) > 0 {
			meaning += " One of `" + strings.Join(f.enum, "` `") + "`."
			if k, _ := kindOf(f.typ); k == kindList {
				meaning = strings.Replace(meaning, " One of ", " Any of ", 1)
			}
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", f.key, typeName(f.typ, f.rules), fallback, strings.ReplaceAll(meaning, "|", `\|`))
	}
}

// headings name each struct by where it stands in the file.
var headings = map[string]string{
	"Config": "the file", "Listen": "listen", "Provider": "providers.<name>", "Auth": "providers.<name>.auth",
	"AWSAuth": "providers.<name>.auth.aws", "GCPAuth": "providers.<name>.auth.gcp", "OAuth2Auth": "providers.<name>.auth.oauth2",
	"Model": "models.<name>", "Price": "models.<name>.price, policies[].max_price", "Route": "routes[]", "Policy": "policies[]",
	"Selector": "policies[].allow, policies[].deny", "Budget": "budgets[]", "Identity": "identity",
	"Source": "identity.team, identity.user, identity.client", "During": "policies[].during", "Ledger": "ledger", "State": "state",
	"Telemetry": "telemetry", "Recording": "recording", "Limits": "limits", "Timeouts": "timeouts",
}

func heading(typ reflect.Type) string {
	if h, ok := headings[typ.Name()]; ok && typ != reflect.TypeFor[Config]() {
		return "`" + strings.ReplaceAll(h, ", ", "`, `") + "`"
	}
	return "The file"
}

// typeName says how a value is written. Structs link to their section.
func typeName(typ reflect.Type, r rules) string {
	k, element := kindOf(typ)
	switch k {
	case kindStruct:
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		return "[mapping](#" + anchor(heading(typ)) + ")"
	case kindMap:
		if e := typeName(element, rules{}); e != "any" {
			return "mapping of " + e + r.words()
		}
		return "mapping"
	case kindList:
		return "list of " + typeName(element, rules{})
	case kindSecret:
		return "text, secret"
	case kindInt:
		return "whole number" + r.words()
	case kindNumber:
		return "number" + r.words()
	case kindDuration:
		return "duration"
	case kindBytes:
		return "size"
	case kindAny:
		return "any"
	}
	return "text"
}

func (r rules) words() string {
	switch {
	case r.positive:
		return ", above 0"
	case r.natural:
		return ", 0 or more"
	case r.unit:
		return ", 0 to 1"
	}
	return ""
}

// notInAnchor is what a heading loses on its way to a link.
var notInAnchor = regexp.MustCompile(`[^a-z0-9 _-]`)

func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

func TestEveryStructHasAHeading(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range structs(reflect.TypeFor[Config]()) {
		if headings[typ.Name()] == "" {
			t.Errorf("%s has none", typ.Name())
		}
		if a := anchor(heading(typ)); seen[a] {
			t.Errorf("two headings have the link %s", a)
		} else {
			seen[a] = true
		}
	}
}
