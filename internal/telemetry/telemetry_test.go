package telemetry

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	metricsv1 "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spanv1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy"
)

func open(t *testing.T, o Options) *Telemetry {
	t.Helper()
	out, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (t *Telemetry) scrape() string {
	w := httptest.NewRecorder()
	t.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func routed() *extproc.Outcome {
	return &extproc.Outcome{
		Stage: "route", ID: "id-1", Op: "chat_completions", Took: 20 * time.Microsecond, TraceParent: "00-" + traceID + "-00f067aa0ba902b7-01",
		Decision: &policy.Decision{
			Route: "default", Strategy: "cost", Reason: "cheapest of 2",
			Plan: []policy.Entry{{Candidate: &policy.Candidate{Model: "m", Provider: "p"}}},
		},
	}
}

const traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

func ended() *usage.Record {
	return &usage.Record{
		ID: "id-1", Started: time.Now().Add(-2 * time.Second), Elapsed: 2 * time.Second, FirstByte: 300 * time.Millisecond, Op: "chat_completions",
		Route: "default", Team: "nlp", Model: "m", Provider: "p", Stream: true, Status: 200, Attempts: 2,
		Failed: []usage.Attempt{{Provider: "q", Model: "n"}}, Tokens: usage.Tokens{Input: 100, Cached: 40, Output: 50, Reasoning: 20},
		Source: usage.SourceReported, CostUSD: decimal.RequireFromString("0.25"), Priced: true, TraceParent: "00-" + traceID + "-00f067aa0ba902b7-01",
	}
}

func TestWhatHappensIsCountedByTheConventionsNames(t *testing.T) {
	tel := open(t, Options{})
	tel.Watch(Source{
		Models:  func() []ModelState { return []ModelState{{Provider: "p", Model: "m", Up: true, Busy: 3}} },
		Budgets: func() []BudgetState { return []BudgetState{{Name: "b", Key: "nlp", Unit: "USD", Limit: 5, Spent: 2}} },
	})
	tel.Outcome(routed())
	tel.Outcome(&extproc.Outcome{Stage: "route", Err: &schema.Error{Code: "policy_denied"}})
	tel.Finished(ended())
	tel.Attempt("p", 503)
	tel.Reloaded(true, "v1", time.Unix(1700000000, 0))
	tel.Reloaded(false, "", time.Now())
	text := tel.scrape()
	for _, line := range []string{
		`llmroute_decisions_total{gen_ai_provider_name="p",gen_ai_request_model="m",llmroute_route="default",llmroute_strategy="cost"} 1`,
		`llmroute_refused_requests_total{llmroute_code="policy_denied",llmroute_stage="route"} 1`,
		`llmroute_stage_duration_seconds_count{llmroute_stage="route"} 1`,
		`llmroute_requests_total{gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m",http_response_status_code="200"} 1`,
		`llmroute_fallbacks_total{gen_ai_provider_name="q",gen_ai_request_model="n"} 1`,
		`llmroute_attempts_total{gen_ai_provider_name="p",http_response_status_code="503"} 1`,
		`gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m",gen_ai_token_type="input"} 100`,
		`gen_ai_server_time_to_first_token_seconds_sum{gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m"} 0.3`,
		`gen_ai_client_operation_duration_seconds_sum{gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m"} 2`,
		`llmroute_usage_tokens_total{gen_ai_operation_name="chat",gen_ai_provider_name="p",gen_ai_request_model="m",gen_ai_token_type="cached_input"} 40`,
		`llmroute_usage_cost_total{gen_ai_provider_name="p",gen_ai_request_model="m",llmroute_route="default",llmroute_team="nlp"} 0.25`,
		`llmroute_config_reloads_total{result="refused"} 1`,
		`llmroute_config_stale 1`,
		`llmroute_config_info{version="v1"} 1`,
		`llmroute_config_last_success_timestamp_seconds 1.7e+09`,
		`llmroute_model_in_flight{gen_ai_provider_name="p",gen_ai_request_model="m"} 3`,
		`llmroute_budget_spent{budget="b",key="nlp",unit="USD"} 2`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no line %s", line)
		}
	}
	for _, m := range Metrics() { // the table's names are those that are scraped, as far as anything was counted
		if strings.Contains(text, m.Prometheus) {
			continue
		}
		if !strings.Contains(m.Prometheus, "ledger") && !strings.Contains(m.Prometheus, "usage_records") && !strings.Contains(m.Prometheus, "active") &&
			!strings.Contains(m.Prometheus, "unpriced") && !strings.Contains(m.Prometheus, "recording") && !strings.Contains(m.Prometheus, "rulings") {
			t.Errorf("%s is not scraped", m.Prometheus)
		}
	}
}

func TestEstimatesAreCountedButNotAmongWhatProvidersReport(t *testing.T) {
	tel := open(t, Options{})
	r := ended()
	r.Source = usage.SourceEstimate
	tel.Finished(r)
	text := tel.scrape()
	if strings.Contains(text, "gen_ai_client_token_usage_sum") {
		t.Error("an estimate is among the conventions' token usage")
	}
	if want := `gen_ai_token_type="output"} 50`; !strings.Contains(text, want) || !strings.Contains(text, "llmroute_usage_cost_total") {
		t.Errorf("an estimate is not counted as usage: no %s", want)
	}
	if strings.Contains(text, "gen_ai_server_time_per_output_token_seconds_sum") {
		t.Error("speed is told from an estimate")
	}
}

func TestWhatCallersChooseIsBounded(t *testing.T) {
	tel := open(t, Options{})
	for i := range cardinality + 500 {
		r := ended()
		r.Team = fmt.Sprint("team-", i)
		tel.Finished(r)
	}
	text := tel.scrape()
	if n := strings.Count(text, "llmroute_usage_cost_total{"); n > cardinality {
		t.Errorf("%d series", n)
	}
	if !strings.Contains(text, `llmroute_usage_cost_total{otel_metric_overflow="true"}`) {
		t.Error("what is beyond is not counted")
	}
}

// collector takes in what is pushed, as OpenTelemetry's own does.
type collector struct {
	tracev1.UnimplementedTraceServiceServer

	mu      sync.Mutex
	spans   []*spanv1.Span
	headers []string
}

func (c *collector) Export(ctx context.Context, r *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	md, _ := metadata.FromIncomingContext(ctx)
	c.headers = append(c.headers, md.Get("x-key")...)
	for _, rs := range r.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			c.spans = append(c.spans, ss.GetSpans()...)
		}
	}
	return &tracev1.ExportTraceServiceResponse{}, nil
}

type metricsCollector struct {
	metricsv1.UnimplementedMetricsServiceServer

	mu    sync.Mutex
	names []string
}

func (c *metricsCollector) Export(_ context.Context, r *metricsv1.ExportMetricsServiceRequest) (*metricsv1.ExportMetricsServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rm := range r.GetResourceMetrics() {
		for _, sm := range rm.GetScopeMetrics() {
			for _, m := range sm.GetMetrics() {
				c.names = append(c.names, m.GetName())
			}
		}
	}
	return &metricsv1.ExportMetricsServiceResponse{}, nil
}

func TestMetricsAndSpansArePushedAndJoinTheClientsTrace(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	traces, metrics := &collector{}, &metricsCollector{}
	server := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(server, traces)
	metricsv1.RegisterMetricsServiceServer(server, metrics)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)

	tel := open(t, Options{OTLP: "http://" + l.Addr().String(), Headers: map[string]string{"x-key": "k"}})
	tel.Outcome(routed())
	tel.Finished(ended())
	unsampled := ended()
	unsampled.TraceParent = ""
	tel.Finished(unsampled)
	if err := tel.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	names := map[string]*spanv1.Span{}
	for _, s := range traces.spans {
		names[s.GetName()] = s
		if got := fmt.Sprintf("%x", s.GetTraceId()); got != traceID {
			t.Errorf("%s is of trace %s", s.GetName(), got)
		}
		if got := fmt.Sprintf("%x", s.GetParentSpanId()); got != "00f067aa0ba902b7" {
			t.Errorf("%s has parent %s", s.GetName(), got)
		}
	}
	if len(traces.spans) != 2 || names["llmroute decide"] == nil || names["chat m"] == nil {
		t.Fatalf("spans %v", traces.spans)
	}
	if took := names["chat m"].GetEndTimeUnixNano() - names["chat m"].GetStartTimeUnixNano(); took != uint64(2*time.Second) {
		t.Errorf("the request's span is %d ns long", took)
	}
	if text := fmt.Sprint(names["llmroute decide"].GetAttributes()); !strings.Contains(text, "cheapest of 2") {
		t.Errorf("no reason in %s", text)
	}
	if len(traces.headers) == 0 || traces.headers[0] != "k" {
		t.Errorf("headers %v", traces.headers)
	}
	if text := strings.Join(metrics.names, " "); !strings.Contains(text, "gen_ai.server.time_to_first_token") || !strings.Contains(text, "llmroute.decisions") {
		t.Errorf("pushed %s", text)
	}
}

func TestACollectorThatIsNotThereHoldsNothingUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	tel := open(t, Options{OTLP: "http://" + nobody, Sample: 1})
	for range 10000 { // more than any queue holds
		tel.Finished(ended())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if tel.Close(ctx) == nil {
		t.Error("nothing was said of what was lost")
	}
}

// BenchmarkARequest is what a request's metrics cost: its decision, its attempt and its end.
func BenchmarkARequest(b *testing.B) {
	tel, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	decision, end := routed(), ended()
	end.Failed = nil
	b.ReportAllocs()
	for b.Loop() {
		tel.Outcome(decision)
		tel.Attempt("p", 200)
		tel.Finished(end)
	}
}
