package telemetry

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Bounds of histograms, as the semantic conventions for generative AI advise them (times in seconds), and llmroute's own.
var (
	operationBounds = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	firstBounds     = []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	tokenTimeBounds = []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5}
	tokenBounds     = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
	stageBounds     = []float64{5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1}
)

// instruments are all metrics that are counted as things happen. What is read when somebody asks is in gauges.go.
type instruments struct {
	meter metric.Meter

	stages    metric.Float64Histogram
	refusals  metric.Int64Counter
	decisions metric.Int64Counter
	reloads   metric.Int64Counter

	requests   metric.Int64Counter
	attempts   metric.Int64Counter
	fallbacks  metric.Int64Counter
	operations metric.Float64Histogram
	firstToken metric.Float64Histogram
	tokenTime  metric.Float64Histogram
	usage      metric.Int64Histogram
	tokens     metric.Int64Counter
	cost       metric.Float64Counter
	unpriced   metric.Int64Counter

	known sync.RWMutex
	sets  map[label]*series // of attributes, so that the busiest paths build none; under known

	kept kept
}

func newInstruments(m metric.Meter) (*instruments, error) {
	n := &namer{meter: m}
	i := n.instruments()
	return i, errors.Join(n.err, i.kept.register(m))
}

func (n *namer) instruments() *instruments {
	return &instruments{
		sets:      map[label]*series{},
		meter:     n.meter,
		stages:    n.histogram("llmroute.stage.duration", "s", "llmroute's own work on a request, without waiting for its body.", stageBounds),
		refusals:  n.counter("llmroute.refused_requests", "{request}", "Requests that llmroute answered with an error, by its code."),
		decisions: n.counter("llmroute.decisions", "{decision}", "Decisions, by route and by the first entry of the plan."),
		reloads:   n.counter("llmroute.config.reloads", "{reload}", "Attempts to load the configuration, by result: ok or refused."),

		requests:   n.counter("llmroute.requests", "{request}", "Requests that have ended, by who answered and with what status; status 0 is no answer."),
		attempts:   n.counter("llmroute.attempts", "{attempt}", "Attempts at providers, by status; status 0 is no answer."),
		fallbacks:  n.counter("llmroute.fallbacks", "{attempt}", "Attempts that failed before another answered or was tried, by model."),
		operations: n.histogram("gen_ai.client.operation.duration", "s", "From the request's start to the last byte of the answer, as Envoy saw it.", operationBounds),
		firstToken: n.histogram("gen_ai.server.time_to_first_token", "s", "From the request's start to the first byte of a streamed answer, as Envoy saw it.", firstBounds),
		tokenTime:  n.histogram("gen_ai.server.time_per_output_token", "s", "Of streamed answers: the time from the first byte to the last, by the tokens of the answer.", tokenTimeBounds),
		tokens:     n.counter("llmroute.usage.tokens", "{token}", "Tokens used. input counts cached_input and cache_write in, output counts reasoning in."),
		cost:       n.sum("llmroute.usage.cost", "{USD}", "US dollars spent, as far as prices are known."),
		unpriced:   n.counter("llmroute.usage.unpriced_requests", "{request}", "Requests that used tokens of a model whose price is not known."),
		usage:      n.whole("gen_ai.client.token.usage", "{token}", "Tokens of a request, by type: input or output.", tokenBounds),
	}
}

// namer makes instruments and keeps the first error, so that they read as a table.
type namer struct {
	meter metric.Meter
	err   error
	told  []Metric
}

func (n *namer) keep(err error) {
	if n.err == nil {
		n.err = err
	}
}

func (n *namer) counter(name, unit, about string) metric.Int64Counter {
	n.tell(name, unit, about, "counter")
	c, err := n.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
	n.keep(err)
	return c
}

func (n *namer) sum(name, unit, about string) metric.Float64Counter {
	n.tell(name, unit, about, "counter")
	c, err := n.meter.Float64Counter(name, metric.WithUnit(unit), metric.WithDescription(about))
	n.keep(err)
	return c
}

func (n *namer) histogram(name, unit, about string, bounds []float64) metric.Float64Histogram {
	n.tell(name, unit, about, "histogram")
	h, err := n.meter.Float64Histogram(name, metric.WithUnit(unit), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(bounds...))
	n.keep(err)
	return h
}

func (n *namer) whole(name, unit, about string, bounds []float64) metric.Int64Histogram {
	n.tell(name, unit, about, "histogram")
	h, err := n.meter.Int64Histogram(name, metric.WithUnit(unit), metric.WithDescription(about), metric.WithExplicitBucketBoundaries(bounds...))
	n.keep(err)
	return h
}

// label is a set of attributes, as a value that can be looked up.
type label struct {
	kind, key, a, b, c, d string
	status                int
}

// series is a set of attributes as instruments take it; the slices are made once, since a call with options of its own makes one.
type series struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

// mostSets bounds what is kept; beyond it sets are built each time.
const mostSets = 10 * cardinality

// of is the attributes of l, built once.
func (i *instruments) of(l label, build func() []attribute.KeyValue) *series {
	i.known.RLock()
	s := i.sets[l]
	i.known.RUnlock()
	if s != nil {
		return s
	}
	option := metric.WithAttributeSet(attribute.NewSet(build()...))
	s = &series{[]metric.AddOption{option}, []metric.RecordOption{option}}
	i.known.Lock()
	defer i.known.Unlock()
	if len(i.sets) < mostSets {
		i.sets[l] = s
	}
	return s
}

var background = context.Background()
