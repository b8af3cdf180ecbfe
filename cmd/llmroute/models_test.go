package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/policy/catalog"
)

const modelsText = `{"package":"prices","version":"1.2","taken":"2030-01-01","models":5}
{"key":"azure/us/gpt-9","provider":"azure","mode":"chat","context":131072,"max_output":900,"input":1.5,"output":60,"has":["tools"],"lacks":["embeddings"]}
{"key":"gone-1","provider":"acme","mode":"chat","retires":"2030-01-31"}
{"key":"gpt-9","provider":"openai","mode":"chat","context":2097152,"max_output":128000,"input":0.0375,"output":0.0049,"cached_input":0.01,"tiers":[{"above":200000,"input":2}],"has":["vision","web_search"],"lacks":["audio","embeddings"]}
{"key":"vec","provider":"vertex_ai-embedding-models","mode":"embedding","context":8191,"has":["embeddings"]}
`

func TestModelsTable(t *testing.T) {
	tests := []struct {
		name, filter string
		all          bool
		want         string // of stdout
	}{
		{"everything that is sold", "", false, "" +
			"PROVIDER   CONTEXT  MAX OUT   IN $/M  OUT $/M  CACHED  CAPABILITIES  MODEL\n" +
			"azure         131k      900     1.50    60.00       -  t..........-  azure/us/gpt-9\n" +
			"openai          2M     128k  0.0375+   0.0049    0.01  ....v-...w.-  gpt-9\n" +
			"vertex_ai       8k        -        -        -       -  ...........e  vec\n"},
		{"a part of the name in any case", "GPT", false, "azure/us/gpt-9 gpt-9"},
		{"a part of the provider", "openai", false, "gpt-9"},
		{"a pattern reaches over slashes", "azure*-?", false, "azure/us/gpt-9"},
		{"a pattern is the whole name", "gpt*", false, "gpt-9"},
		{"withdrawn ones when asked for", "gone", true, "gone-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := modelsCmd{Filter: tt.filter, All: tt.all}
			if err := cmd.list(testCatalog(t), "2030-02-01", &stdout, &stderr); err != nil {
				t.Fatal(err)
			}
			got := stdout.String()
			if !strings.Contains(tt.want, "\n") {
				got = lastColumn(got)
			}
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !strings.Contains(stderr.String(), "from prices 1.2, taken 2030-01-01") {
				t.Errorf("stderr: %s", &stderr)
			}
		})
	}
}

func TestModelsJSONIsAnObjectALine(t *testing.T) {
	var stdout, stderr bytes.Buffer
	cmd := modelsCmd{JSON: true}
	if err := cmd.list(testCatalog(t), "2030-02-01", &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	var e catalog.Entry
	if err := json.Unmarshal([]byte(lines[1]), &e); err != nil || e.Key != "gpt-9" || e.MaxInputTokens != 2097152 {
		t.Errorf("%+v, %v", e, err)
	}
	if !strings.Contains(stderr.String(), "1 model withdrawn") {
		t.Errorf("stderr: %s", &stderr)
	}
}

func TestModelsSaysWhatIsClosestWhenNothingMatches(t *testing.T) {
	for filter, want := range map[string]string{
		"gtp-9":     `the catalog has no model like "gtp-9"; closest: gpt-9, azure/us/gpt-9`,
		"gone":      `the catalog has no model like "gone" but 1 withdrawn by the provider; --all shows it`,
		"wqxzjkvw*": `the catalog has no model like "wqxzjkvw*"`,
		"[*":        `the catalog has no model like "[*"`,
	} {
		var stdout, stderr bytes.Buffer
		cmd := modelsCmd{Filter: filter}
		err := cmd.list(testCatalog(t), "2030-02-01", &stdout, &stderr)
		if err == nil || err.Error() != want || stdout.Len() > 0 {
			t.Errorf("%s: error %v, want %s; stdout %q", filter, err, want, &stdout)
		}
	}
}

func TestModelsFitsATerminal(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := (&modelsCmd{}).list(catalog.Standard(), "2030-01-01", &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	wide, all := 0, 0
	for l := range strings.Lines(stdout.String()) {
		all++
		if len(l) > 120 {
			wide++
		}
	}
	if wide*4 > all {
		t.Errorf("%d of %d lines are wider than 120 columns", wide, all)
	}
	for l := range strings.Lines(stderr.String()) {
		if len(l) > 120 || strings.HasSuffix(l, " \n") {
			t.Errorf("%q", l)
		}
	}
}

func testCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Parse(modelsText)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lastColumn(table string) string {
	var names []string
	for l := range strings.Lines(table) {
		cells := strings.Fields(l)
		names = append(names, cells[len(cells)-1])
	}
	return strings.Join(names[1:], " ")
}
