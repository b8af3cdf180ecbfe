// Package telemetry tells the outside what llmroute does: metrics by OpenTelemetry's names for generative AI, which
// Prometheus may scrape and OTLP pushes, and traces that join the client's own.
//
// Nothing of prompts, answers or credentials is in it, and what callers can choose is bounded: an instrument has at most
// [cardinality] series, and counts what is beyond in one that says so.
package telemetry
