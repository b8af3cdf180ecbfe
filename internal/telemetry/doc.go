// Package telemetry turns what the stages and Envoy's access log tell into metrics. Names follow the OpenTelemetry
// GenAI semantic conventions where these have one, in Prometheus spelling. Labels come from the configuration, so
// that their number is bounded.
package telemetry
