package extproc

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// planned is what adapt must know of a request. Route leaves it in the metadata, and each adapting door hands it on
// as a request header:
//
//	{"op":"chat_completions","stream":true,"try":[{"model":"fast","provider":"openai","name":"gpt-5-mini"},…]}
type planned struct {
	ID     string    `json:"id,omitempty"` // of the request
	Op     schema.Op `json:"op"`
	Model  string    `json:"model,omitempty"` // as the path named it
	Query  string    `json:"query,omitempty"` // of the client's path, without credentials
	Stream bool      `json:"stream,omitempty"`
	Array  bool      `json:"array,omitempty"`  // of events: Target.JSONArray
	Single bool      `json:"single,omitempty"` // one embedding: Target.Single
	Ask    bool      `json:"ask,omitempty"`    // for the usage of a stream, where a provider tells it only then
	// Had is the client's stream_options where the body has others by now, asking for the first attempt: null if it sent none.
	Had json.RawMessage `json:"had,omitempty"`
	Try []attempt       `json:"try"`
}

// attempt is one entry of the plan.
type attempt struct {
	Model    string `json:"model"`             // in the configuration
	Provider string `json:"provider"`          // too
	Name     string `json:"name"`              // the provider's own
	Limit    int    `json:"limit,omitempty"`   // output tokens, where policy bounds them
	Ceiling  int    `json:"ceiling,omitempty"` // above which adapting may not raise the client's own limit; 0: none, or Limit
	Window   int    `json:"window,omitempty"`  // tokens of its context; 0: not known
}

func (p *planned) encode() string {
	text, err := json.Marshal(p)
	if err != nil { // strings always marshal
		return ""
	}
	return string(text)
}

// decodePlan reads the header that encode wrote.
func decodePlan(text string) (planned, bool) {
	var p planned
	return p, json.Unmarshal([]byte(text), &p) == nil && len(p.Try) > 0
}

// target is the request's, as its path named it.
func (p *planned) target() schema.Target {
	return schema.Target{Op: p.Op, Model: p.Model, Stream: p.Stream && p.Model != "", JSONArray: p.Array, Single: p.Single}
}

// at is the entry of an attempt, counted from 1. Envoy repeats the last should attempts outnumber entries.
func (p *planned) at(count string) (attempt, int) {
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		n = 1
	}
	index := min(n, len(p.Try)) - 1
	return p.Try[index], index
}

// traceLength is that of a traceparent: https://www.w3.org/TR/trace-context/.
const traceLength = 55

// planMetadata is what Envoy keeps of the decision: where each attempt goes, what response headers say, and what the
// access log tells. It must hold nothing that may not be logged. asked: the body asks for usage that the client did not ask for.
func (st *stream) planMetadata(d *policy.Decision, facts *schema.Facts, first doorKind, asked bool) metadata {
	groups := make([][]byte, len(d.Plan))
	var names strings.Builder
	for i, e := range d.Plan {
		p := st.snapshot.Providers[e.Provider]
		groups[i] = p.adapt
		if i == 0 && first != doorAdapt {
			groups[i] = p.direct
		}
		if i > 0 {
			names.WriteByte(' ')
		}
		names.WriteString(e.Provider)
		names.WriteByte('/')
		names.WriteString(e.Model)
	}
	const usual = 1 << 10
	m := make(metadata, 0, usual).list("priority_groups", groups...)
	m = m.text("model", d.Plan[0].Model)
	m = m.text("provider", d.Plan[0].Provider)
	m = m.text("route", d.Route)
	m = m.text("strategy", d.Strategy)
	m = m.text("id", st.id)
	if st.features != nil {
		m = m.number("input_tokens", float64(st.features.InputTokens))
	}
	m = st.caller.tell(m)
	if trace := st.head.get(traceHeader); len(trace) == traceLength {
		m = m.text("traceparent", trace)
	}
	m = st.bill.tell(m)
	m = m.text("reason", printable(d.Reason))
	m = m.text("op", string(st.target.Op))
	m = m.text("models", names.String())
	stream := facts.Stream || st.target.Stream
	if stream {
		m = m.text("stream", "true")
	}
	if first == doorAdapt || len(d.Plan) > 1 {
		p := st.planned(facts, d)
		if asked {
			p.Had = st.streamOptions(facts)
		}
		m = m.text("plan", p.encode())
	}
	return m
}

// doorKind is where the first attempt is adapted to its provider.
type doorKind int

const (
	doorDirect doorKind = iota // nowhere: the provider takes the body as it stands
	doorHere                   // in the route stage; the answer stage translates the answer
	doorAdapt                  // behind the adapting door
)

// planned is what adapting must know of the decision.
func (st *stream) planned(facts *schema.Facts, d *policy.Decision) planned {
	p := planned{
		ID: st.id, Op: st.target.Op, Model: st.target.Model, Query: st.query, Stream: facts.Stream || st.target.Stream, Array: st.target.JSONArray, Single: st.target.Single,
		Ask: mayAsk(facts, &d.Edit), Try: make([]attempt, len(d.Plan)),
	}
	for i, e := range d.Plan {
		p.Try[i] = attempt{Model: e.Model, Provider: e.Provider, Name: e.Name, Limit: e.MaxOutputTokens, Window: e.Facts.ContextWindow}
		if e.MaxOutputTokens == 0 {
			p.Try[i].Ceiling = d.Edit.OutputCeiling
		}
	}
	return p
}

// door is the group of one attempt for Envoy's priority_group specifier, as a google.protobuf.Value. Envoy 1.40.0
// reads cluster_name; later versions read name.
func door(cluster string) []byte {
	member := metadata(nil).text("name", cluster).text("cluster_name", cluster).number("weight", 1)
	return metadata(nil).text("name", cluster).list("clusters", member.value()).value()
}

// printable makes s fit for a header.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
