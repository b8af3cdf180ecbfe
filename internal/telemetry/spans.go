package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/usage"
)

// spans makes two of each traced request: the decision with its reason, and, once it has ended, the request itself as
// OpenTelemetry's conventions for generative AI have it. Both are children of the client's span.
type spans struct{ tracer trace.Tracer }

// parent is the client's trace, from its traceparent header (W3C Trace Context).
func parent(traceparent string) context.Context {
	ctx := context.Background()
	if traceparent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

func (s *spans) decision(o *extproc.Outcome, end time.Time) {
	_, span := s.tracer.Start(parent(o.TraceParent), "llmroute decide", trace.WithTimestamp(end.Add(-o.Took)), trace.WithSpanKind(trace.SpanKindInternal))
	defer span.End(trace.WithTimestamp(end))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("llmroute.request.id", o.ID), attribute.String(keyOperation, operation(string(o.Op))))
	if o.Err != nil {
		span.SetStatus(codes.Error, o.Err.Message)
		span.SetAttributes(attribute.String(keyErrorType, o.Err.Code))
		return
	}
	if d := o.Decision; d != nil && len(d.Plan) > 0 {
		span.SetAttributes(attribute.String(keyRoute, d.Route), attribute.String(keyStrategy, d.Strategy), attribute.String("llmroute.reason", d.Reason),
			attribute.String(keyModel, d.Plan[0].Model), attribute.String(keyProvider, d.Plan[0].Provider),
			attribute.Int("llmroute.plan.entries", len(d.Plan)), attribute.StringSlice("llmroute.policies", d.Policies))
	}
}

func (s *spans) request(r *usage.Record, op string) {
	if r.Started.IsZero() {
		return
	}
	_, span := s.tracer.Start(parent(r.TraceParent), op+" "+r.Model, trace.WithTimestamp(r.Started), trace.WithSpanKind(trace.SpanKindClient))
	defer span.End(trace.WithTimestamp(r.Started.Add(r.Elapsed)))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("llmroute.request.id", r.ID), attribute.String(keyOperation, op), attribute.String(keyProvider, r.Provider),
		attribute.String(keyModel, r.Model), attribute.String(keyRoute, r.Route), attribute.Int(keyStatus, r.Status),
		attribute.Int("llmroute.attempts", r.Attempts), attribute.Bool("gen_ai.request.stream", r.Stream))
	if r.Source != usage.SourceNone {
		span.SetAttributes(attribute.Int64("gen_ai.usage.input_tokens", r.Tokens.Input), attribute.Int64("gen_ai.usage.output_tokens", r.Tokens.Output),
			attribute.Int64("gen_ai.usage.cache_read.input_tokens", r.Tokens.Cached), attribute.Int64("gen_ai.usage.cache_creation.input_tokens", r.Tokens.CacheWrite),
			attribute.String(keySource, string(r.Source)))
	}
	if r.Priced {
		span.SetAttributes(attribute.String("llmroute.cost_usd", r.CostUSD.String()))
	}
	for _, f := range r.Failed {
		span.AddEvent("attempt failed", trace.WithAttributes(attribute.String(keyProvider, f.Provider), attribute.String(keyModel, f.Model)), trace.WithTimestamp(r.Started))
	}
	if r.Code != "" || r.Status >= 400 {
		span.SetStatus(codes.Error, r.Code)
	}
}
