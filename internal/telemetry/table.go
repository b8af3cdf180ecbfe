package telemetry

import (
	"strings"

	"go.opentelemetry.io/otel/metric/noop"
)

// Metric describes one metric.
type Metric struct {
	Name       string // OpenTelemetry's
	Prometheus string // as it is scraped; a histogram has _bucket, _sum and _count behind it
	Kind       string // counter, histogram, gauge
	Unit       string
	About      string
}

// Metrics are all that there are, in the order of the code.
func Metrics() []Metric {
	n := &namer{meter: noop.Meter{}}
	n.instruments()
	for _, g := range gauges {
		kind := "gauge"
		if g.counts {
			kind = "counter"
		}
		n.tell(g.name, g.unit, g.about, kind)
	}
	return n.told
}

func (n *namer) tell(name, unit, about, kind string) {
	n.told = append(n.told, Metric{Name: name, Prometheus: scrapedName(name, unit, kind), Kind: kind, Unit: unit, About: about})
}

// scrapedName is what OpenTelemetry's exporter makes of a name:
// https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/.
func scrapedName(name, unit, kind string) string {
	out := strings.ReplaceAll(name, ".", "_")
	if unit == "s" {
		out += "_seconds"
	}
	if kind == "counter" {
		out += "_total"
	}
	return out
}
