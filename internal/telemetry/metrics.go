package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
)

// Metrics are llmroute's own. Methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	stages    *prometheus.HistogramVec
	refusals  *prometheus.CounterVec
	decisions *prometheus.CounterVec
	reloads   *prometheus.CounterVec
	loaded    prometheus.Gauge
	stale     prometheus.Gauge
	config    *prometheus.GaugeVec

	requests  *prometheus.CounterVec
	attempts  *prometheus.CounterVec
	firstByte *prometheus.HistogramVec
	duration  *prometheus.HistogramVec
	tokens    *prometheus.CounterVec
}

// New registers the metrics in a registry of their own.
func New() *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{
		registry: r,
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "llmroute_stage_duration_seconds", Help: "llmroute's own work on a request, without waiting for its body.",
			Buckets: []float64{5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1},
		}, []string{"stage"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "llmroute_refused_requests_total", Help: "Requests that llmroute answered with an error, by its code.",
		}, []string{"stage", "code"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "llmroute_decisions_total", Help: "Decisions, by route and by the first entry of the plan.",
		}, []string{"route", "strategy", "gen_ai_request_model", "gen_ai_provider_name"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "llmroute_config_reloads_total", Help: "Attempts to load the configuration, by result: ok or refused.",
		}, []string{"result"}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "llmroute_config_last_success_timestamp_seconds", Help: "When the serving configuration was loaded.",
		}),
		stale: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "llmroute_config_stale", Help: "1 while the configuration file is refused and the one before it serves.",
		}),
		config: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "llmroute_config_info", Help: "The serving configuration, by its hash. Always 1.",
		}, []string{"version"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "llmroute_requests_total", Help: "Requests that Envoy finished, by who answered and with what status.",
		}, []string{"gen_ai_operation_name", "gen_ai_request_model", "gen_ai_provider_name", "http_response_status_code"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "llmroute_attempts_total", Help: "Attempts at providers, by outcome; status 0 is no answer.",
		}, []string{"gen_ai_provider_name", "http_response_status_code"}),
		firstByte: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gen_ai_server_time_to_first_token_seconds", Help: "From the request's start to the first byte of a streamed answer, as Envoy saw it.",
			Buckets: []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10},
		}, []string{"gen_ai_request_model", "gen_ai_provider_name"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gen_ai_client_operation_duration_seconds", Help: "From the request's start to the last byte of the answer, as Envoy saw it.",
			Buckets: []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92},
		}, []string{"gen_ai_operation_name", "gen_ai_request_model", "gen_ai_provider_name"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gen_ai_client_token_usage_tokens_total", Help: "Tokens as providers report them. input counts cached ones in, output counts reasoning in.",
		}, []string{"gen_ai_request_model", "gen_ai_provider_name", "gen_ai_token_type"}),
	}
	r.MustRegister(m.stages, m.refusals, m.decisions, m.reloads, m.loaded, m.stale, m.config, m.requests, m.attempts,
		m.firstByte, m.duration, m.tokens,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in the formats that Prometheus asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Outcome counts what a stage made of a request.
func (m *Metrics) Outcome(o *extproc.Outcome) {
	if o.Err != nil {
		m.refusals.WithLabelValues(o.Stage, o.Err.Code).Inc()
		return
	}
	m.stages.WithLabelValues(o.Stage).Observe(o.Took.Seconds())
	if d := o.Decision; d != nil {
		first := d.Plan[0]
		m.decisions.WithLabelValues(d.Route, d.Strategy, first.Model, first.Provider).Inc()
	}
}

// Reloaded notes an attempt to load the configuration; version is the one that serves now.
func (m *Metrics) Reloaded(ok bool, version string, at time.Time) {
	if !ok {
		m.reloads.WithLabelValues("refused").Inc()
		m.stale.Set(1)
		return
	}
	m.reloads.WithLabelValues("ok").Inc()
	m.stale.Set(0)
	m.loaded.Set(float64(at.Unix()))
	m.config.Reset()
	m.config.WithLabelValues(version).Set(1)
}

// Entry counts an entry of Envoy's access log.
func (m *Metrics) Entry(e *accesslog.Entry) {
	status := strconv.Itoa(e.Status)
	if e.Attempt {
		m.attempts.WithLabelValues(e.Provider, status).Inc()
		return
	}
	m.requests.WithLabelValues(e.Op, e.Model, e.Provider, status).Inc()
	if e.Status < 200 || e.Status > 299 || e.Model == "" {
		return
	}
	if e.Stream && e.FirstByte > 0 {
		m.firstByte.WithLabelValues(e.Model, e.Provider).Observe(e.FirstByte.Seconds())
	}
	if e.LastByte > 0 {
		m.duration.WithLabelValues(e.Op, e.Model, e.Provider).Observe(e.LastByte.Seconds())
	}
	if u := e.Usage; u != nil {
		for kind, n := range map[string]int64{
			"input": u.Input, "output": u.Output, "cached_input": u.Cached, "cache_write": u.CacheWrite, "reasoning": u.Reasoning,
		} {
			if n > 0 {
				m.tokens.WithLabelValues(e.Model, e.Provider, kind).Add(float64(n))
			}
		}
	}
}
