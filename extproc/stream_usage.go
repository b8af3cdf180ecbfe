package extproc

import (
	"encoding/json"
	"slices"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// StreamUsage says how the usage of a streamed answer is learned from a provider that tells it only when asked.
type StreamUsage string

// The ways. A client that asks itself is never interfered with.
const (
	UsageExact    StreamUsage = "exact"    // ask, and take out again what the client did not ask for
	UsageInject   StreamUsage = "inject"   // ask, and leave it in
	UsageEstimate StreamUsage = "estimate" // do not ask
)

// streamOptions is the member by which OpenAI's clients ask.
const streamOptions = "stream_options"

// mayAsk tells whether a streamed answer would come without usage because the client did not ask for it, and llmroute
// may: policy that touches the member has the last word.
func mayAsk(facts *schema.Facts, e *policy.Edit) bool {
	if !facts.Stream || facts.IncludeUsage || slices.Contains(e.Remove, streamOptions) {
		return false
	}
	names := func(p policy.Param) bool { return p.Name == streamOptions }
	return !slices.ContainsFunc(e.Set, names) && !slices.ContainsFunc(e.Default, names)
}

// ask is the member that makes the provider tell the usage of a streamed answer; nil: nothing is asked.
func (p *Provider) ask(op schema.Op, facts *schema.Facts, body []byte, may bool) *schema.Field {
	if !may || p.asker == nil || p.StreamUsage == UsageEstimate {
		return nil
	}
	var have json.RawMessage
	if m := facts.Member(streamOptions); m != nil {
		have = m.Value.Of(body)
	}
	if field, ok := p.asker.AskUsage(op, have); ok {
		return &field
	}
	return nil
}

// unread are the operations whose answers Envoy's usage filter does not know.
var unread = map[schema.Op]bool{schema.OpCompletions: true, schema.OpEmbeddings: true}

// watches tells whether answers that need no translation pass llmroute nevertheless, for their usage.
func (p *Provider) watches(op schema.Op, ask *schema.Field) bool {
	exact := p.StreamUsage == UsageExact || p.StreamUsage == ""
	return p.asker != nil && exact && (ask != nil || unread[op])
}

// tellUsage appends what an answer used, for the access log of the door. It is partial until the answer's end.
func tellUsage(m metadata, u *schema.Usage, final bool) metadata {
	if u == nil {
		return m
	}
	kind := "partial"
	if final {
		kind = "final"
	}
	m = m.text("usage", kind)
	for _, part := range [...]struct {
		name string
		n    int
	}{
		{"input", u.Input}, {"cached", u.CachedInput}, {"cache_write", u.CacheWrite}, {"output", u.Output}, {"reasoning", u.Reasoning},
	} {
		m = m.number("usage_"+part.name, float64(part.n))
	}
	return m
}
