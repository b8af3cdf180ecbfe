package anthropic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// EncodeRequest implements schema.Provider. A request of count_tokens stays one.
func (Provider) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	r = schema.EnumInWords(r)
	if r.Embed != nil {
		return nil, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "unsupported_operation",
			Message: "this provider has no embeddings; choose a model of another provider",
		}
	}
	o := outbound{r: r, plan: planOf(r), counts: r.Op == schema.OpCountTokens, own: r.Format == schema.Anthropic}
	if err := o.encode(); err != nil {
		return nil, err
	}
	out := &schema.Outbound{Op: schema.OpMessages, Body: o.w.B, Lost: o.lost}
	if o.counts {
		out.Op = schema.OpCountTokens
	}
	if !o.own { // a client of this format sent its own version, which its body follows
		out.Header = [][2]string{{"anthropic-version", version}}
	}
	return out, nil
}

// outbound writes one request.
type outbound struct {
	plan
	r      *schema.Request
	w      jsonout.Writer
	lost   []string
	own    bool // the client speaks this format: Extra and Raw may pass
	counts bool // count_tokens, which takes only what counts

	turns   []turn
	system  []schema.Part
	tools   []*schema.Tool // those to send
	history bool           // the tools are only those that the history names

	thinking thinking
	markers  int // cache markers to leave out yet, since the API takes four
}

func (o *outbound) lose(name string) {
	if !slices.Contains(o.lost, name) {
		o.lost = append(o.lost, name)
	}
}

func (o *outbound) loseIf(lost bool, name string) {
	if lost {
		o.lose(name)
	}
}

func (o *outbound) encode() error {
	o.arrange()
	if len(o.turns) == 0 {
		return &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "missing_field", Param: "messages",
			Message: "the request has no message with content that this provider can take; add a user message",
		}
	}
	o.chooseTools()
	o.think()
	o.countMarkers()
	w := &o.w
	w.B = make([]byte, 0, o.r.Size())
	w.Open('{')
	w.Key("model").String(o.r.Model)
	if !o.counts {
		w.Key("max_tokens").Int(int64(o.thinking.maxTokens))
	}
	o.writeTools() // the order in which the API's prompt cache reads: tools, system, messages
	o.writeSystem()
	o.writeTurns()
	if !o.counts {
		o.writeSampling()
		o.writeRest()
	}
	o.writeThinking()
	if len(o.r.Thread) > 0 && o.own {
		w.Key("thread").Raw(o.r.Thread)
	}
	o.writeExtra()
	w.Close('}')
	return nil
}

// writeSampling writes what shapes the choice of tokens. Newer models refuse temperature with top_p, the newest
// refuse all three, and all refuse most of it while they think. Clients send both as a habit, so a loss to thinking says
// that it is one.
//
// Source: https://platform.claude.com/docs/en/about-claude/models/migration-guide;
// https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
func (o *outbound) writeSampling() {
	temperature, topP, topK := o.r.Temperature, o.r.TopP, o.r.TopK
	if o.thinks() {
		o.loseIf(temperature != nil && *temperature != 1, "temperature (thinking)")
		o.loseIf(topP != nil && (*topP < 0.95 || o.model.since(firstAdaptiveOnly) && *topP != 1), "top_p (thinking)")
		o.loseIf(topK != nil, "top_k (thinking)")
		if topP != nil && *topP >= 0.95 && !o.model.since(firstAdaptiveOnly) {
			o.w.Key("top_p").Float(*topP)
		}
		return
	}
	if temperature != nil && *temperature > 1 {
		o.lose("temperature")
		one := 1.0
		temperature = &one
	}
	if o.model.since(firstAdaptiveOnly) {
		o.loseIf(temperature != nil && *temperature != 1, "temperature")
		o.loseIf(topP != nil && *topP != 1, "top_p")
		o.loseIf(topK != nil, "top_k")
		return
	}
	if temperature != nil && topP != nil && o.model.since(firstOneSampler) {
		o.loseIf(*topP != 1, "top_p")
		topP = nil
	}
	if temperature != nil {
		o.w.Key("temperature").Float(*temperature)
	}
	if topP != nil {
		o.w.Key("top_p").Float(*topP)
	}
	if topK != nil {
		o.w.Key("top_k").Int(int64(*topK))
	}
}

// writeRest writes the other members, and notes what the format does not have.
func (o *outbound) writeRest() {
	r, w := o.r, &o.w
	o.writeStop()
	if r.Stream {
		w.Key("stream").Bool(true)
	}
	if r.User != "" {
		w.Key("metadata").Open('{')
		w.Key("user_id").String(r.User)
		w.Close('}')
	}
	if tier, ok := serviceTiers[r.ServiceTier]; ok {
		w.Key("service_tier").String(tier)
	} else {
		o.loseIf(r.ServiceTier != "", "service_tier")
	}
	o.loseIf(r.N != nil && *r.N > 1, "n")
	o.loseIf(r.Seed != nil, "seed")
	o.loseIf(r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0, "frequency_penalty")
	o.loseIf(r.PresencePenalty != nil && *r.PresencePenalty != 0, "presence_penalty")
	o.loseIf(r.Logprobs, "logprobs")
	o.loseIf(r.TopLogprobs != nil && *r.TopLogprobs > 0, "top_logprobs")
	o.loseIf(says(r.LogitBias), "logit_bias")
	o.loseIf(says(r.Metadata), "metadata")
	o.loseIf(r.Store != nil && *r.Store, "store")
	o.loseIf(r.Verbosity != "" && r.Verbosity != "medium", "verbosity")
	o.loseIf(r.CacheKey != "", "prompt_cache_key")
	o.loseIf(says(r.SafetySettings), "safety_settings")
	for _, modality := range r.Modalities {
		o.loseIf(!strings.EqualFold(modality, "text"), "modalities ("+modality+")")
	}
}

// says reports whether a raw value holds anything.
func says(raw []byte) bool {
	switch strings.TrimSpace(string(raw)) {
	case "", "null", "{}", "[]", `""`:
		return false
	}
	return true
}

// writeStop leaves out what is only white space: the API refuses it.
func (o *outbound) writeStop() {
	var stops []string
	for i, stop := range o.r.Stop {
		if strings.TrimSpace(stop) != "" {
			stops = append(stops, stop)
		} else {
			o.lose(fmt.Sprintf("stop[%d]", i))
		}
	}
	if len(stops) == 0 {
		return
	}
	o.w.Key("stop_sequences").Open('[')
	for _, stop := range stops {
		o.w.String(stop)
	}
	o.w.Close(']')
}

// written are the members that the neutral form says; Extra must not say them twice.
var written = []string{"model", "max_tokens", "tools", "tool_choice", "system", "messages", "temperature", "top_p", "top_k",
	"stop_sequences", "stream", "service_tier", "thinking", "output_config"}

// writeExtra gives a client of this format back what it alone knows.
func (o *outbound) writeExtra() {
	for _, field := range o.r.Extra {
		switch {
		case !o.own:
			o.lose(field.Name)
		case field.Name == "metadata" && o.r.User != "" && !o.counts:
			o.lose("metadata") // user_id is written; what else there is has no meaning to the API
		case !slices.Contains(written, field.Name) && gjson.ValidBytes(field.Value):
			o.w.Key(field.Name).Raw(field.Value)
		}
	}
}

// extra is what a client of this format sent under a name, beyond what the neutral form says.
func (o *outbound) extra(name string) gjson.Result {
	if o.own {
		for _, field := range o.r.Extra {
			if field.Name == name {
				return gjson.ParseBytes(field.Value)
			}
		}
	}
	return gjson.Result{}
}
