package openai

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/llmroute/llmroute/extproc/schema"
)

// outbound builds one provider request and notes what it cannot carry.
type outbound struct {
	w    writer
	r    *schema.Request
	d    Dialect
	op   schema.Op
	lost []string
}

func newOutbound(r *schema.Request, d Dialect) *outbound {
	return &outbound{r: r, d: d, op: operation(r)}
}

func (o *outbound) lose(format string, args ...any) {
	name := fmt.Sprintf(format, args...)
	if !slices.Contains(o.lost, name) {
		o.lost = append(o.lost, name)
	}
}

// may reports whether the server takes the member; if not, it is noted as lost.
func (o *outbound) may(member string) bool {
	if o.d.takes(member) {
		return true
	}
	o.lose("%s", member)
	return false
}

// sampling writes the members that Chat Completions and Completions share.
func (o *outbound) sampling() {
	r, w := o.r, &o.w
	if r.Temperature != nil {
		w.float("temperature", *r.Temperature)
	}
	if r.TopP != nil {
		w.float("top_p", *r.TopP)
	}
	if r.TopK != nil {
		if o.d.TopK {
			w.num("top_k", int64(*r.TopK))
		} else {
			o.lose("top_k")
		}
	}
	if r.FrequencyPenalty != nil && o.may("frequency_penalty") {
		w.float("frequency_penalty", *r.FrequencyPenalty)
	}
	if r.PresencePenalty != nil && o.may("presence_penalty") {
		w.float("presence_penalty", *r.PresencePenalty)
	}
	if r.Seed != nil && o.may("seed") {
		name := "seed"
		if o.d.Seed != "" {
			name = o.d.Seed
		}
		w.num(name, *r.Seed)
	}
	if r.N != nil && (*r.N == 1 || o.may("n")) && o.d.takes("n") {
		w.num("n", int64(*r.N))
	}
	if len(r.Stop) > 0 {
		w.arrayAt("stop")
		for _, s := range r.Stop {
			w.text(s)
		}
		w.endArray()
	}
	if len(r.LogitBias) > 0 && o.may("logit_bias") {
		w.raw("logit_bias", r.LogitBias)
	}
	if r.User != "" && o.may("user") {
		w.str("user", r.User)
	}
}

// stream asks for a stream, and always for its usage: the client's encoder leaves it out where it was not wanted.
func (o *outbound) stream() {
	if !o.r.Stream {
		return
	}
	o.w.truth("stream", true)
	if o.d.takes("stream_options") {
		o.w.objectAt("stream_options")
		o.w.truth("include_usage", true)
		o.w.endObject()
	}
}

// keeping writes what concerns the provider's storage and billing.
func (o *outbound) keeping() {
	r, w := o.r, &o.w
	if r.Store != nil {
		if o.d.takes("store") {
			w.truth("store", *r.Store)
		} else if *r.Store {
			o.lose("store")
		}
	}
	if len(r.Metadata) > 0 && o.may("metadata") {
		w.raw("metadata", r.Metadata)
	}
	if r.CacheKey != "" && o.d.takes("prompt_cache_key") { // else the server's own cache works without it
		w.str("prompt_cache_key", r.CacheKey)
	}
	tier := r.ServiceTier
	if known, ok := tiers[tier]; ok {
		tier = known
	}
	if tier == "" || (tier == "auto" || tier == "default") && !o.d.takes("service_tier") {
		return
	}
	if o.may("service_tier") {
		w.str("service_tier", tier)
	}
}

// extra writes the client's further members, if they are this operation's, and names the others.
func (o *outbound) extra() {
	own := o.r.Format == schema.OpenAI && (o.r.Op == o.op || o.r.Op == "")
	for _, f := range o.r.Extra {
		switch {
		case own && o.d.takes(f.Name):
			o.w.raw(f.Name, f.Value)
		case o.r.Format == schema.OpenAI && o.d.official() && slices.Contains(everywhere, f.Name):
			o.w.raw(f.Name, f.Value)
		default:
			o.lose("%s", f.Name)
		}
	}
	if len(o.r.SafetySettings) > 0 {
		o.lose("safety_settings")
	}
}

// everywhere are members that mean the same in Chat Completions and Responses.
//
// Source: https://platform.openai.com/docs/api-reference/responses/create
var everywhere = []string{"moderation", "prompt_cache_options", "prompt_cache_retention", "safety_identifier"}

// function writes one of tools; nested is Chat Completions' form, else Responses'.
func (o *outbound) function(t *schema.Tool, nested bool) {
	w := &o.w
	w.object()
	w.str("type", "function")
	if nested {
		w.objectAt("function")
	}
	w.str("name", wireName(t.Name))
	w.optional("description", t.Description)
	w.raw("parameters", parameters(t))
	switch {
	case t.Strict != nil:
		w.truth("strict", *t.Strict)
	case !nested:
		w.truth("strict", false) // Responses' default is true; elsewhere it is false
	}
	if nested {
		w.endObject()
	}
	if t.Cache != nil && o.d.CacheControl {
		o.cacheControl(t.Cache)
	}
	w.endObject()
}

// parameters are required by many compatible servers, and must be of type object.
func parameters(t *schema.Tool) json.RawMessage {
	if len(t.Parameters) == 0 {
		return json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return t.Parameters
}

func (o *outbound) cacheControl(c *schema.Cache) {
	o.w.objectAt("cache_control")
	o.w.str("type", "ephemeral")
	o.w.optional("ttl", c.TTL)
	o.w.endObject()
}

// cache writes a marker where the server has one. OpenAI and its followers cache without being asked, so a marker in
// another format's terms is fulfilled there by saying nothing.
func (o *outbound) cache(c *schema.Cache) {
	switch {
	case c == nil:
	case o.d.CacheControl:
		o.cacheControl(c)
	case o.d.official() && o.r.Format == schema.OpenAI:
		o.w.objectAt("prompt_cache_breakpoint")
		o.w.str("mode", "explicit")
		if c.TTL == "30m" || c.TTL == "12h" { // a client that wrote cache_control means Anthropic's 5m and 1h
			o.w.str("ttl", c.TTL)
		}
		o.w.endObject()
	}
}
