package examples

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func promtool(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("../scripts/promtool").Output()
	if err != nil {
		t.Fatalf("no promtool: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestTheAlertRulesAreValidAndDoWhatTheySay(t *testing.T) {
	tool := promtool(t)
	for _, args := range [][]string{{"check", "config", "prometheus.yaml"}, {"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts.test.yaml"}} {
		cmd := exec.Command(tool, args...)
		cmd.Dir = "observability"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestTheDashboardsQueriesAreValid makes a rule of each query, for promtool to read.
func TestTheDashboardsQueriesAreValid(t *testing.T) {
	text, err := os.ReadFile("observability/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	rules := "groups:\n  - name: dashboard\n    rules:\n"
	queries := 0
	for _, p := range dashboard.Panels {
		for _, q := range p.Targets {
			queries++
			expr, err := json.Marshal(strings.ReplaceAll(q.Expr, "$__rate_interval", "5m"))
			if err != nil {
				t.Fatal(err)
			}
			rules += fmt.Sprintf("      - {record: \"dashboard:query:%d\", expr: %s}\n", queries, expr)
		}
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool(t), "check", "rules", file).CombinedOutput(); err != nil || queries < 15 {
		t.Errorf("%d queries: %v\n%s", queries, err, out)
	}
}

func TestTheDashboardIsThatOfItsSource(t *testing.T) {
	have, err := os.ReadFile("observability/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := exec.Command("python3", "observability/make_dashboard.py").Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Error("run make_dashboard.py > dashboard.json in examples/observability")
	}
}
