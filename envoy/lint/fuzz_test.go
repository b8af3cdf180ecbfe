package lint

import (
	"os"
	"strings"
	"testing"
)

// FuzzFile: whatever the text, there is no panic, each finding stands in the text, says one line, and a second look says
// the same.
func FuzzFile(f *testing.F) {
	c := load(f, "../testdata/minimal.yaml", nil)
	text, err := os.ReadFile("../testdata/minimal.envoy.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(merged(f, c, ingress, "*/v1/"))
	for _, seed := range []string{
		"", "---", "{l", "{}", "[]", "a: &a [*a]", "&a {x: *a}", "a: &a {b: &b {c: *a}}", "node: {id: 1}", "static_resources: {clusters: [{}]}", "kind: Gateway\napiVersion: v1",
		`{"static_resources":{"clusters":[{"name":"local","transport_socket":{"typed_config":{"@type":"x/y","a":{"@type":1}}}}]}}`, "---\n---\n", "a: !!int x", "a: 0x1F\nb: .inf\n? [c]\n: d",
		"static_resources: &s\n  listeners: [{default_filter_chain: {filters: [{typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, http_filters: [{}]}}]}}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		found := look(t, text, c, "")
		again := look(t, text, c, "")
		if len(found) != len(again) {
			t.Fatalf("%d findings, then %d", len(found), len(again))
		}
		lines := linesOf(text)
		for i, finding := range found {
			if finding.String() != again[i].String() {
				t.Errorf("%s, then %s", finding, again[i])
			}
			if finding.Line < 1 || finding.Line > lines || finding.Column < 1 || strings.ContainsAny(finding.String(), "\n\r") {
				t.Errorf("of %d lines: %q", lines, finding.String())
			}
		}
	})
}
