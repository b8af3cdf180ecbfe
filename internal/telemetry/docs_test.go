package telemetry

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

const metricsHead = `# Metrics and traces

At ` + "`/metrics`" + ` of the admin address, in Prometheus' format, and pushed by OTLP where ` + "`telemetry.otlp`" + ` names a collector. This table is made from
the code: ` + "`go test ./internal/telemetry -update`" + `.

| OpenTelemetry | Prometheus | kind | unit | meaning |
| --- | --- | --- | --- | --- |
`

const metricsTail = `
Beside them are the Go runtime's (` + "`go_*`" + `) and the process's (` + "`process_*`" + `).

Attributes have OpenTelemetry's names for generative AI (` + "`gen_ai.operation.name`, `gen_ai.provider.name`, `gen_ai.request.model`, `gen_ai.token.type`" + `), and the configuration's
names for providers and models. Others are ` + "`llmroute.route`, `llmroute.strategy`, `llmroute.team`" + ` (of tokens and cost), ` + "`llmroute.stage`" + ` (route or adapt), ` + "`llmroute.code`" + ` (of
[errors](errors.md)), and ` + "`http.response.status_code`" + `; Prometheus has dots as underscores. [Budgets](budgets.md) have ` + "`budget`, `key`" + ` (whose account; empty: all together, or a caller
without a name) and ` + "`unit`" + `; of accounts, the 100 are told of which the largest share is used. An instrument has at most 2,000 series; what is beyond is counted in one with ` + "`otel_metric_overflow=\"true\"`" + `.

## Traces

With ` + "`telemetry.otlp`" + ` each traced request has two spans, both children of the client's (` + "`traceparent`" + `):

| span | holds |
| --- | --- |
| ` + "`llmroute decide`" + ` | route, strategy, model, provider, the reason, the policies that matched; a refusal is an error with its code |
| ` + "`chat <model>`" + `, or another operation | made from Envoy's access log: status, attempts, tokens, cost, from the first byte in to the last byte out |

No span holds text of prompts or answers. ` + "`telemetry.trace_sample`" + ` is the share that is traced where the client's trace does not say; by default all are.

A dashboard for Grafana and alert rules for Prometheus are in [examples/observability](../examples/observability).
`

func TestTheTableOfMetricsIsThatOfTheCode(t *testing.T) {
	var page strings.Builder
	page.WriteString(metricsHead)
	for _, m := range Metrics() {
		fmt.Fprintf(&page, "| `%s` | `%s` | %s | %s | %s |\n", m.Name, m.Prometheus, m.Kind, strings.Trim(m.Unit, "{}"), m.About)
	}
	page.WriteString(metricsTail)
	const file = "../../docs/metrics.md"
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || string(have) != page.String() {
		t.Errorf("docs/metrics.md is old (%v); run go test ./internal/telemetry -update", err)
	}
}

func TestDashboardAndAlertsNameMetricsThatExist(t *testing.T) {
	known := map[string]bool{"up": true}
	for _, m := range Metrics() {
		known[m.Prometheus] = true
		if m.Kind == "histogram" {
			known[m.Prometheus+"_bucket"], known[m.Prometheus+"_sum"], known[m.Prometheus+"_count"] = true, true, true
		}
	}
	files, err := filepath.Glob("../../examples/observability/*")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`\b(llmroute|gen_ai)_[a-z0-9_]*[a-z0-9]\b`)
	labels := []string{"llmroute_route", "llmroute_strategy", "llmroute_stage", "llmroute_code", "llmroute_team", "llmroute_usage_source",
		"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type"}
	seen := 0
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".json" && ext != ".yaml" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, used := range name.FindAllString(string(text), -1) {
			seen++
			if !known[used] && !slices.Contains(labels, used) {
				t.Errorf("%s names %s, which is no metric", filepath.Base(file), used)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d metrics are named", seen)
	}
}
