package telemetry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	promexport "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// cardinality bounds the series of an instrument.
const cardinality = 2000

// Options say where telemetry goes. The zero value is for scraping alone.
type Options struct {
	// OTLP is the endpoint of a collector, "http://host:4317" or https; empty: nothing is pushed.
	OTLP    string
	Headers map[string]string // for the collector
	// Sample is the share of requests, 0 to 1, that are traced where the client's trace does not say.
	Sample  float64
	Version string // of llmroute
}

// Telemetry is all of it. Methods are safe for concurrent use.
type Telemetry struct {
	*instruments

	registry *prometheus.Registry
	metrics  *metric.MeterProvider
	traces   *trace.TracerProvider // nil: nothing is traced
	spans    *spans
}

// New starts telemetry. A collector that cannot be reached is no error: pushing goes on trying.
func New(o Options) (*Telemetry, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	scraped, err := promexport.New(promexport.WithRegisterer(registry), promexport.WithoutScopeInfo(), promexport.WithoutTargetInfo())
	if err != nil {
		return nil, err
	}
	about := resource.NewSchemaless(attribute.String("service.name", "llmroute"), attribute.String("service.version", o.Version))
	options := []metric.Option{metric.WithReader(scraped), metric.WithResource(about), metric.WithCardinalityLimit(cardinality)}
	t := &Telemetry{registry: registry}
	if o.OTLP != "" {
		pushed, err := otlpmetricgrpc.New(context.Background(), otlpmetricgrpc.WithEndpointURL(o.OTLP), otlpmetricgrpc.WithHeaders(o.Headers))
		if err != nil {
			return nil, err
		}
		options = append(options, metric.WithReader(metric.NewPeriodicReader(pushed, metric.WithInterval(15*time.Second))))
		exporter, err := otlptracegrpc.New(context.Background(), otlptracegrpc.WithEndpointURL(o.OTLP), otlptracegrpc.WithHeaders(o.Headers))
		if err != nil {
			return nil, err
		}
		t.traces = trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about),
			trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(o.Sample))))
		t.spans = &spans{t.traces.Tracer(scope)}
	}
	t.metrics = metric.NewMeterProvider(options...)
	if t.instruments, err = newInstruments(t.metrics.Meter(scope)); err != nil {
		return nil, err
	}
	return t, nil
}

// scope names the instrumentation.
const scope = "github.com/llmroute/llmroute"

// Handler serves the metrics in the formats that Prometheus asks for.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

// Close pushes what is left, as long as ctx allows.
func (t *Telemetry) Close(ctx context.Context) error {
	err := t.metrics.Shutdown(ctx)
	if t.traces != nil {
		err = errors.Join(err, t.traces.Shutdown(ctx))
	}
	return err
}
