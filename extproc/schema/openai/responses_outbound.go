package openai

import (
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// responses writes a Responses request, for a client that speaks that API or a model that has no other. Unless the
// client says otherwise nothing is stored: the conversation comes whole with each request.
//
// Source: https://platform.openai.com/docs/api-reference/responses/create
func (o *outbound) responses() *schema.Error {
	r, w := o.r, &o.w
	w.object()
	w.str("model", r.Model)
	o.items()
	o.responsesTools()
	if r.MaxOutputTokens != nil {
		w.num("max_output_tokens", int64(*r.MaxOutputTokens))
	}
	if r.Temperature != nil {
		w.float("temperature", *r.Temperature)
	}
	if r.TopP != nil {
		w.float("top_p", *r.TopP)
	}
	if r.User != "" {
		w.str("user", r.User)
	}
	if r.TopLogprobs != nil {
		w.num("top_logprobs", int64(*r.TopLogprobs))
	}
	o.loseSampling()
	o.responsesText()
	o.responsesReasoning()
	o.include()
	if r.Store == nil && r.Op != schema.OpResponses {
		w.truth("store", false)
	}
	o.keeping()
	if r.Stream {
		w.truth("stream", true)
	}
	o.responsesExtra()
	w.endObject()
	return nil
}

// loseSampling names what Chat Completions has and Responses has not.
func (o *outbound) loseSampling() {
	r := o.r
	for _, lack := range []struct {
		name string
		said bool
	}{
		{"top_k", r.TopK != nil},
		{"frequency_penalty", r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0},
		{"presence_penalty", r.PresencePenalty != nil && *r.PresencePenalty != 0},
		{"seed", r.Seed != nil},
		{"n", r.N != nil && *r.N > 1},
		{"stop", len(r.Stop) > 0},
		{"logit_bias", len(r.LogitBias) > 0},
		{"modalities", len(r.Modalities) > 0 && !slices.Equal(r.Modalities, []string{"text"})},
	} {
		if lack.said {
			o.lose("%s", lack.name)
		}
	}
}

func (o *outbound) responsesTools() {
	items := o.toolItems()
	if len(items) == 0 {
		return // a choice without tools is refused
	}
	o.w.list("tools", items)
	o.responsesChoice()
	if o.r.ParallelTools != nil {
		o.w.truth("parallel_tool_calls", *o.r.ParallelTools)
	}
}

// toolItems are the tools, separated by commas.
func (o *outbound) toolItems() []byte {
	whole := o.w
	o.w = writer{}
	for i := range o.r.Tools {
		t := &o.r.Tools[i]
		switch {
		case t.Kind == schema.ToolFunction:
			o.function(t, false)
		case t.Kind == schema.ToolWebSearch:
			o.w.value(searchTool(t.Raw))
		case o.r.Format == schema.OpenAI && o.r.Op == schema.OpResponses:
			o.w.value(t.Raw)
		default:
			o.lose("tools[%d] (%s)", i, kindOf(t.Raw))
		}
	}
	items := o.w.b
	o.w = whole
	return items
}

func (o *outbound) responsesChoice() {
	c, w := o.r.ToolChoice, &o.w
	switch {
	case c.Mode == "" && c.Allowed == nil:
	case c.Mode == schema.ToolNamed:
		w.objectAt("tool_choice")
		o.flatChoice(c.Name)
		w.endObject()
	case c.Allowed != nil && c.Mode != schema.ToolNone:
		w.objectAt("tool_choice")
		w.str("type", "allowed_tools")
		mode := c.Mode
		if mode == "" {
			mode = schema.ToolAuto
		}
		w.str("mode", string(mode))
		w.arrayAt("tools")
		for _, name := range c.Allowed {
			w.object()
			o.flatChoice(name)
			w.endObject()
		}
		w.endArray()
		w.endObject()
	default:
		w.str("tool_choice", string(c.Mode))
	}
}

// flatChoice writes the members of {"type":"function","name":…}, or of a tool of another kind.
func (o *outbound) flatChoice(name string) {
	for i := range o.r.Tools {
		t := &o.r.Tools[i]
		if t.Name != name || t.Kind == schema.ToolFunction {
			continue
		}
		kind := kindOf(t.Raw)
		if t.Kind == schema.ToolWebSearch {
			kind = gjson.GetBytes(searchTool(t.Raw), "type").String()
		}
		o.w.str("type", kind)
		if kind == "custom" {
			o.w.str("name", name)
		}
		return
	}
	o.w.str("type", "function")
	o.w.str("name", wireName(name))
}

// searchTool makes a web_search tool of any format's definition; see searchOptions.
func searchTool(raw json.RawMessage) json.RawMessage {
	v := gjson.ParseBytes(raw)
	if isSearch(v.Get("type").String()) && !v.Get("name").Exists() { // Anthropic's has a name
		return raw
	}
	var w writer
	w.object()
	w.str("type", "web_search")
	w.optional("search_context_size", v.Get("search_context_size").String())
	place := v.Get("user_location")
	if nested := place.Get("approximate"); nested.IsObject() {
		place = nested
	}
	if place.IsObject() {
		w.objectAt("user_location")
		w.str("type", "approximate")
		for _, name := range [...]string{"city", "country", "region", "timezone"} {
			w.optional(name, place.Get(name).String())
		}
		w.endObject()
	}
	if domains := v.Get("allowed_domains"); domains.IsArray() { // Anthropic
		w.objectAt("filters")
		w.raw("allowed_domains", jsonin.Raw(domains))
		w.endObject()
	}
	w.endObject()
	return w.b
}

func (o *outbound) responsesText() {
	f, w := o.r.Output, &o.w
	if f.Kind == schema.OutputText && o.r.Verbosity == "" {
		return
	}
	w.objectAt("text")
	switch f.Kind {
	case schema.OutputJSON:
		w.objectAt("format")
		w.str("type", "json_object")
		w.endObject()
	case schema.OutputSchema:
		w.objectAt("format")
		w.str("type", "json_schema")
		o.jsonSchema(f)
		w.endObject()
	}
	w.optional("verbosity", o.r.Verbosity)
	w.endObject()
}

func (o *outbound) responsesReasoning() {
	q := o.r.Reasoning
	effort := q.Effort
	if effort == "" && q.Budget != nil {
		effort = effortOf(*q.Budget)
	}
	summary := q.Summary
	if effort == "" && summary == "" {
		return
	}
	o.w.objectAt("reasoning")
	o.w.optional("effort", effort)
	o.w.optional("summary", summary)
	o.w.endObject()
}

// include asks for the thoughts' signatures, without which they cannot come back next turn; only models that think
// allow it.
func (o *outbound) include() {
	var items writer
	if isReasoningModel(o.r.Model) || o.r.Reasoning.Said() {
		items.text("reasoning.encrypted_content")
	}
	if o.r.Logprobs {
		items.text("message.output_text.logprobs")
	}
	for _, f := range o.r.Extra {
		if f.Name == "include" && o.r.Format == schema.OpenAI && o.r.Op == schema.OpResponses {
			walk(gjson.ParseBytes(f.Value), func(v gjson.Result) bool {
				items.text(v.String())
				return true
			})
		}
	}
	o.w.list("include", items.b)
}

// responsesExtra is extra, but for what has been written already.
func (o *outbound) responsesExtra() {
	all := o.r
	if all.Format == schema.OpenAI && all.Op == schema.OpResponses {
		trimmed := *all
		trimmed.Extra = slices.DeleteFunc(slices.Clone(all.Extra), func(f schema.Field) bool { return f.Name == "include" })
		o.r = &trimmed
	}
	o.extra()
	o.r = all
}
