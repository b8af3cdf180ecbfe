package openai

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// chat writes a Chat Completions request.
//
// Source: https://platform.openai.com/docs/api-reference/chat/create
func (o *outbound) chat() *schema.Error {
	r, w := o.r, &o.w
	w.object()
	w.str("model", r.Model)
	if err := o.messages(); err != nil {
		return err
	}
	o.chatTools()
	if r.MaxOutputTokens != nil {
		w.num(o.d.limitName(r.Model), int64(*r.MaxOutputTokens))
	}
	o.sampling()
	if r.Logprobs && o.may("logprobs") {
		w.truth("logprobs", true)
	}
	if r.TopLogprobs != nil && o.may("top_logprobs") {
		w.num("top_logprobs", int64(*r.TopLogprobs))
	}
	o.responseFormat()
	o.reasoning()
	usual := r.Verbosity == "" || r.Verbosity == "medium" && !o.d.takes("verbosity")
	if !usual && o.may("verbosity") {
		w.str("verbosity", r.Verbosity)
	}
	o.modalities()
	o.keeping()
	o.stream()
	o.extra()
	w.endObject()
	return nil
}

func (o *outbound) chatTools() {
	whole := o.w
	o.w = writer{}
	var search *schema.Tool
	for i := range o.r.Tools {
		t := &o.r.Tools[i]
		switch {
		case o.narrows() && !slices.Contains(o.r.ToolChoice.Allowed, t.Name):
		case t.Kind == schema.ToolFunction:
			o.function(t, true)
		case t.Kind == schema.ToolWebSearch && o.d.takes("web_search_options"):
			search = t
		case t.Kind == schema.ToolOther && o.r.Format == schema.OpenAI && o.r.Op == schema.OpChat:
			o.w.value(t.Raw)
		default:
			o.lose("tools[%d] (%s)", i, toolKind(t))
		}
	}
	items := o.w.b
	o.w = whole
	if search != nil {
		o.w.raw("web_search_options", searchOptions(search.Raw))
	}
	if len(items) == 0 {
		return // a choice without tools is refused
	}
	o.w.list("tools", items)
	o.chatToolChoice()
	if o.r.ParallelTools != nil && o.may("parallel_tool_calls") {
		o.w.truth("parallel_tool_calls", *o.r.ParallelTools)
	}
}

func toolKind(t *schema.Tool) string {
	if t.Kind == schema.ToolOther {
		return kindOf(t.Raw)
	}
	return string(t.Kind)
}

func (o *outbound) chatToolChoice() {
	c, w := o.r.ToolChoice, &o.w
	if c.Mode == "" && c.Allowed == nil {
		return
	}
	if c.Mode == schema.ToolAuto && c.Allowed == nil && !o.d.takes("tool_choice") {
		return // the default
	}
	if !o.may("tool_choice") {
		return
	}
	switch {
	case c.Mode == schema.ToolNamed:
		w.objectAt("tool_choice")
		o.choiceOf(c.Name)
		w.endObject()
	case c.Allowed != nil && c.Mode != schema.ToolNone && !o.allowsAll():
		o.allowedTools(c)
	case c.Mode == "": // any tool, or none
	default:
		w.str("tool_choice", string(c.Mode))
	}
}

// choiceOf writes the members of {"type":"function","function":{"name":…}}.
func (o *outbound) choiceOf(name string) {
	kind := "function"
	for i := range o.r.Tools {
		if t := &o.r.Tools[i]; t.Name == name && t.Kind == schema.ToolOther && kindOf(t.Raw) == "custom" {
			kind = "custom"
		}
	}
	o.w.str("type", kind)
	o.w.objectAt(kind)
	if kind == "function" {
		name = wireName(name)
	}
	o.w.str("name", name)
	o.w.endObject()
}

// narrows reports whether tools that the model may not call are left out of the request: only OpenAI can say which of
// them it may.
func (o *outbound) narrows() bool {
	c := o.r.ToolChoice
	return c.Allowed != nil && c.Mode != schema.ToolNone && c.Mode != schema.ToolNamed && !o.d.official()
}

// allowsAll reports whether a client of another format allows every tool. Models that know no restriction take that.
func (o *outbound) allowsAll() bool {
	if o.r.Format == schema.OpenAI {
		return false
	}
	for i := range o.r.Tools {
		if !slices.Contains(o.r.ToolChoice.Allowed, o.r.Tools[i].Name) {
			return false
		}
	}
	return len(o.r.ToolChoice.Allowed) != 1 || o.r.ToolChoice.Mode != schema.ToolRequired
}

// allowedTools restricts the choice. Only OpenAI has this form; where one tool is allowed and required, all have.
func (o *outbound) allowedTools(c schema.ToolChoice) {
	w := &o.w
	mode := c.Mode
	if mode == "" {
		mode = schema.ToolAuto
	}
	if mode == schema.ToolRequired && len(c.Allowed) == 1 {
		w.objectAt("tool_choice")
		o.choiceOf(c.Allowed[0])
		w.endObject()
		return
	}
	if o.narrows() {
		w.str("tool_choice", string(mode))
		return
	}
	w.objectAt("tool_choice")
	w.str("type", "allowed_tools")
	w.objectAt("allowed_tools")
	w.str("mode", string(mode))
	w.arrayAt("tools")
	for _, name := range c.Allowed {
		w.object()
		o.choiceOf(name)
		w.endObject()
	}
	w.endArray()
	w.endObject()
	w.endObject()
}

func (o *outbound) responseFormat() {
	f, w := o.r.Output, &o.w
	switch f.Kind {
	case schema.OutputJSON:
		w.objectAt("response_format")
		w.str("type", "json_object")
		w.endObject()
	case schema.OutputSchema:
		if o.d.NoSchema {
			o.lose("response_format (json_schema)")
			w.objectAt("response_format")
			w.str("type", "json_object")
			w.endObject()
			return
		}
		w.objectAt("response_format")
		w.str("type", "json_schema")
		w.objectAt("json_schema")
		o.jsonSchema(f)
		w.endObject()
		w.endObject()
	}
}

func (o *outbound) jsonSchema(f schema.OutputFormat) {
	name := f.Name
	if name == "" {
		name = "response" // required here, unknown to Anthropic and Gemini
	}
	o.w.str("name", wireName(name))
	o.w.optional("description", f.Description)
	if len(f.Schema) > 0 {
		o.w.raw("schema", f.Schema)
	}
	if f.Strict != nil {
		o.w.truth("strict", *f.Strict)
	}
}

// reasoning writes the effort. Thoughts come as they come: no server lets Chat Completions ask for their text.
func (o *outbound) reasoning() {
	q, w := o.r.Reasoning, &o.w
	if q.Summary != "" && o.d.official() {
		o.lose("reasoning.summary")
	}
	if len(q.Switch) > 0 && o.r.Format == schema.OpenAI && !o.d.official() {
		w.raw("thinking", q.Switch)
		if q.Effort == "" || q.Effort == "none" {
			return
		}
	}
	effort := q.Effort
	if effort == "" && q.Budget != nil {
		effort = effortOf(*q.Budget)
	}
	if o.d.ReasoningObject && (effort != "" || q.Budget != nil) {
		w.objectAt("reasoning")
		if q.Effort == "" && *q.Budget > 0 {
			w.num("max_tokens", int64(*q.Budget))
		} else {
			w.optional("effort", effort)
		}
		w.endObject()
		return
	}
	if effort != "" && o.may("reasoning_effort") {
		w.str("reasoning_effort", effort)
	}
}

func (o *outbound) modalities() {
	m := o.r.Modalities
	if len(m) == 0 || len(m) == 1 && m[0] == "text" {
		return
	}
	if o.d.Name == "openrouter" || o.may("modalities") {
		o.w.arrayAt("modalities")
		for _, s := range m {
			o.w.text(s)
		}
		o.w.endArray()
	}
}

// searchOptions makes web_search_options of any format's definition of its search tool. The user's place is nested
// here and flat elsewhere.
func searchOptions(raw json.RawMessage) json.RawMessage {
	v := gjson.ParseBytes(raw)
	if v.IsObject() && !v.Get("type").Exists() {
		return raw // already in this form
	}
	var w writer
	w.object()
	w.optional("search_context_size", v.Get("search_context_size").String())
	if place := v.Get("user_location"); place.IsObject() {
		w.objectAt("user_location")
		w.str("type", "approximate")
		w.objectAt("approximate")
		for _, name := range [...]string{"city", "country", "region", "timezone"} {
			w.optional(name, place.Get(name).String())
		}
		w.endObject()
		w.endObject()
	}
	w.endObject()
	return w.b
}

// kindOf is the type of a tool or part in its own format, for naming it.
func kindOf(raw json.RawMessage) string {
	kind := gjson.GetBytes(raw, "type").String()
	if kind == "" || len(kind) > 40 || strings.ContainsAny(kind, "\"\\ \n,") {
		return "other"
	}
	return kind
}
