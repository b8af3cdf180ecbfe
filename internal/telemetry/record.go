package telemetry

import (
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/usage"
)

// The attributes, by OpenTelemetry's names where it has them:
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/.
const (
	keyOperation = "gen_ai.operation.name"
	keyProvider  = "gen_ai.provider.name"
	keyModel     = "gen_ai.request.model"
	keyTokenType = "gen_ai.token.type" //nolint:gosec // an attribute's name
	keyStatus    = "http.response.status_code"
	keyErrorType = "error.type"
	keyRoute     = "llmroute.route"
	keyStrategy  = "llmroute.strategy"
	keyStage     = "llmroute.stage"
	keyCode      = "llmroute.code"
	keyTeam      = "llmroute.team"
	keySource    = "llmroute.usage.source"
)

// Outcome takes in what a stage made of a request. It is on the request's own way.
func (t *Telemetry) Outcome(o *extproc.Outcome) {
	if o.Err != nil {
		t.refusals.Add(background, 1, t.of(label{kind: "refusal", a: o.Stage, b: o.Err.Code}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyStage, o.Stage), attribute.String(keyCode, o.Err.Code)}
		}).add...)
	} else {
		t.stages.Record(background, o.Took.Seconds(), t.of(label{kind: "stage", a: o.Stage}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyStage, o.Stage)}
		}).record...)
	}
	if d := o.Decision; d != nil && o.Err == nil && len(d.Plan) > 0 {
		first := &d.Plan[0]
		t.decisions.Add(background, 1, t.of(label{kind: "decision", a: d.Route, b: d.Strategy, c: first.Model, d: first.Provider}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyRoute, d.Route), attribute.String(keyStrategy, d.Strategy),
				attribute.String(keyModel, first.Model), attribute.String(keyProvider, first.Provider)}
		}).add...)
	}
	if t.spans != nil && o.Stage == stageRoute {
		t.spans.decision(o, time.Now())
	}
}

// stageRoute is the stage that decides.
const stageRoute = "route"

// Reloaded counts an attempt to load the configuration; version is the one that serves now.
func (t *Telemetry) Reloaded(ok bool, version string, at time.Time) {
	result := "refused"
	if ok {
		result = "ok"
	}
	t.reloads.Add(background, 1, metric.WithAttributes(attribute.String("result", result)))
	t.kept.reloaded(ok, version, at)
}

// Attempt counts one attempt at a provider, as the router's own log tells of it.
func (t *Telemetry) Attempt(provider string, status int) {
	t.attempts.Add(background, 1, t.of(label{kind: "attempt", a: provider, status: status}, func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(keyProvider, provider), attribute.String(keyStatus, strconv.Itoa(status))}
	}).add...)
}

// Finished takes in a request that has ended.
func (t *Telemetry) Finished(r *usage.Record) {
	f := finished{t, r, operation(r.Op)}
	t.requests.Add(background, 1, t.of(f.label("request", "", r.Status), func() []attribute.KeyValue {
		return f.with(attribute.String(keyStatus, strconv.Itoa(r.Status)))
	}).add...)
	for _, failed := range r.Failed {
		t.fallbacks.Add(background, 1, t.of(label{kind: "fallback", a: failed.Model, b: failed.Provider}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyModel, failed.Model), attribute.String(keyProvider, failed.Provider)}
		}).add...)
	}
	if r.Model != "" && r.Answered() {
		f.times()
	}
	f.used()
	if t.spans != nil {
		t.spans.request(r, f.op)
	}
}

// finished is a request that has ended, on its way into the instruments.
type finished struct {
	*Telemetry
	r  *usage.Record
	op string // OpenTelemetry's name
}

// label is one of attributes that begin with who answered what; see with.
func (f *finished) label(kind, value string, status int) label {
	return label{kind: kind, a: f.op, b: f.r.Model, c: f.r.Provider, d: value, status: status}
}

func (f *finished) with(more ...attribute.KeyValue) []attribute.KeyValue {
	return append(more, attribute.String(keyOperation, f.op), attribute.String(keyModel, f.r.Model), attribute.String(keyProvider, f.r.Provider))
}

// by has one attribute more than with.
func (f *finished) by(key, value string) *series {
	l := f.label("by", value, 0)
	l.key = key
	return f.of(l, func() []attribute.KeyValue { return f.with(attribute.String(key, value)) })
}

func (f *finished) times() {
	r := f.r
	if r.Status >= 400 {
		f.operations.Record(background, r.Elapsed.Seconds(), f.of(f.label("failed", "", r.Status), func() []attribute.KeyValue {
			return f.with(attribute.String(keyErrorType, strconv.Itoa(r.Status)))
		}).record...)
		return
	}
	plain := f.of(f.label("who", "", 0), func() []attribute.KeyValue { return f.with() }).record
	f.operations.Record(background, r.Elapsed.Seconds(), plain...)
	if !r.Stream {
		return
	}
	f.firstToken.Record(background, r.FirstByte.Seconds(), plain...)
	if rest := r.Elapsed - r.FirstByte; r.Tokens.Output > 1 && rest > 0 && r.Source == usage.SourceReported {
		f.tokenTime.Record(background, rest.Seconds()/float64(r.Tokens.Output-1), plain...)
	}
}

// used counts tokens and money.
func (f *finished) used() {
	r := f.r
	if r.Source == usage.SourceNone {
		return
	}
	if r.Source == usage.SourceReported { // the conventions want no estimates there
		f.usage.Record(background, r.Tokens.Input, f.by(keyTokenType, "input").record...)
		f.usage.Record(background, r.Tokens.Output, f.by(keyTokenType, "output").record...)
	}
	for _, part := range [...]struct {
		kind string
		n    int64
	}{
		{"input", r.Tokens.Input}, {"output", r.Tokens.Output}, {"cached_input", r.Tokens.Cached},
		{"cache_write", r.Tokens.CacheWrite}, {"reasoning", r.Tokens.Reasoning},
	} {
		if part.n > 0 {
			f.tokens.Add(background, part.n, f.by(keyTokenType, part.kind).add...)
		}
	}
	if !r.Priced {
		if r.Tokens.Total() > 0 {
			f.unpriced.Add(background, 1, f.by(keySource, string(r.Source)).add...)
		}
		return
	}
	f.cost.Add(background, r.CostUSD.InexactFloat64(), f.of(label{kind: "cost", a: r.Team, b: r.Model, c: r.Provider, d: r.Route}, func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(keyTeam, r.Team), attribute.String(keyModel, r.Model),
			attribute.String(keyProvider, r.Provider), attribute.String(keyRoute, r.Route)}
	}).add...)
}

// operation is OpenTelemetry's name for a kind of request.
func operation(op string) string {
	switch op {
	case "chat_completions", "responses", "messages", "converse":
		return "chat"
	case "completions":
		return "text_completion"
	case "generate_content", "embeddings":
		return op
	case "":
		return "unknown"
	}
	return op
}
