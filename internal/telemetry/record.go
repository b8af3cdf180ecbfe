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
		t.refusals.Add(background, 1, t.of(label{"refusal", o.Stage, o.Err.Code, "", ""}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyStage, o.Stage), attribute.String(keyCode, o.Err.Code)}
		}))
	} else {
		t.stages.Record(background, o.Took.Seconds(), t.of(label{"stage", o.Stage, "", "", ""}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyStage, o.Stage)}
		}))
	}
	if d := o.Decision; d != nil && o.Err == nil && len(d.Plan) > 0 {
		first := d.Plan[0]
		t.decisions.Add(background, 1, t.of(label{d.Route, d.Strategy, first.Model, first.Provider, "decision"}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyRoute, d.Route), attribute.String(keyStrategy, d.Strategy),
				attribute.String(keyModel, first.Model), attribute.String(keyProvider, first.Provider)}
		}))
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
	code := strconv.Itoa(status)
	t.attempts.Add(background, 1, t.of(label{"attempt", provider, code, "", ""}, func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(keyProvider, provider), attribute.String(keyStatus, code)}
	}))
}

// Finished takes in a request that has ended.
func (t *Telemetry) Finished(r *usage.Record) {
	op, status := operation(r.Op), strconv.Itoa(r.Status)
	who := func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(keyOperation, op), attribute.String(keyModel, r.Model), attribute.String(keyProvider, r.Provider)}
	}
	by := func(kind string, key, value string) metric.MeasurementOption {
		return t.of(label{kind + "\x00" + key, op, r.Model, r.Provider, value}, func() []attribute.KeyValue {
			return append(who(), attribute.String(key, value))
		})
	}
	t.requests.Add(background, 1, by("", keyStatus, status))
	for _, f := range r.Failed {
		t.fallbacks.Add(background, 1, t.of(label{"fallback", f.Model, f.Provider, "", ""}, func() []attribute.KeyValue {
			return []attribute.KeyValue{attribute.String(keyModel, f.Model), attribute.String(keyProvider, f.Provider)}
		}))
	}
	if r.Model != "" && r.Answered() {
		t.times(r, op, status, who)
	}
	t.used(r, by)
	if t.spans != nil {
		t.spans.request(r, op)
	}
}

func (t *Telemetry) times(r *usage.Record, op, status string, who func() []attribute.KeyValue) {
	if r.Status >= 400 {
		t.operations.Record(background, r.Elapsed.Seconds(), t.of(label{"failed", op, r.Model, r.Provider, status}, func() []attribute.KeyValue {
			return append(who(), attribute.String(keyErrorType, status))
		}))
		return
	}
	plain := t.of(label{"who", op, r.Model, r.Provider, ""}, who)
	t.operations.Record(background, r.Elapsed.Seconds(), plain)
	if !r.Stream {
		return
	}
	t.firstToken.Record(background, r.FirstByte.Seconds(), plain)
	if rest := r.Elapsed - r.FirstByte; r.Tokens.Output > 1 && rest > 0 && r.Source == usage.SourceReported {
		t.tokenTime.Record(background, rest.Seconds()/float64(r.Tokens.Output-1), plain)
	}
}

// used counts tokens and money.
func (t *Telemetry) used(r *usage.Record, by func(kind, key, value string) metric.MeasurementOption) {
	if r.Source == usage.SourceNone {
		return
	}
	if r.Source == usage.SourceReported { // the conventions want no estimates there
		t.usage.Record(background, r.Tokens.Input, by("", keyTokenType, "input"))
		t.usage.Record(background, r.Tokens.Output, by("", keyTokenType, "output"))
	}
	for _, part := range [...]struct {
		kind string
		n    int64
	}{
		{"input", r.Tokens.Input}, {"output", r.Tokens.Output}, {"cached_input", r.Tokens.Cached},
		{"cache_write", r.Tokens.CacheWrite}, {"reasoning", r.Tokens.Reasoning},
	} {
		if part.n > 0 {
			t.tokens.Add(background, part.n, by(string(r.Source), keyTokenType, part.kind))
		}
	}
	if !r.Priced {
		if r.Tokens.Total() > 0 {
			t.unpriced.Add(background, 1, by("", keySource, string(r.Source)))
		}
		return
	}
	t.cost.Add(background, r.CostUSD.InexactFloat64(), t.of(label{"cost", r.Team, r.Model, r.Provider, r.Route}, func() []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String(keyTeam, r.Team), attribute.String(keyModel, r.Model),
			attribute.String(keyProvider, r.Provider), attribute.String(keyRoute, r.Route)}
	}))
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
