package anthropic

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// chooseTools settles which tools are sent: those that may be called, and, since the API refuses calls and results in
// the history without tools, at least one where there are such.
func (o *outbound) chooseTools() {
	for i := range o.r.Tools {
		t := &o.r.Tools[i]
		switch {
		case t.Kind == schema.ToolOther && !o.own:
			o.lose(fmt.Sprintf("tools[%d] (%s)", i, otherKind(t)))
		case t.Kind == schema.ToolFunction && o.r.ToolChoice.Allowed != nil && !slices.Contains(o.r.ToolChoice.Allowed, t.Name):
		default:
			o.tools = append(o.tools, t)
		}
	}
	if len(o.tools) > 0 || o.answer == answerTool {
		return
	}
	seen := make(map[string]bool)
	for i := range o.r.Messages {
		for j := range o.r.Messages[i].Parts {
			p := &o.r.Messages[i].Parts[j]
			if p.Kind == schema.PartToolCall && !seen[p.Name] {
				seen[p.Name] = true
				o.tools = append(o.tools, &schema.Tool{Kind: schema.ToolFunction, Name: p.Name})
			}
		}
	}
	o.history = len(o.tools) > 0
}

func otherKind(t *schema.Tool) string {
	if kind := gjson.GetBytes(t.Raw, "type").String(); kind != "" {
		return kind
	}
	return "other"
}

func (o *outbound) writeTools() {
	if len(o.tools) == 0 && o.answer != answerTool {
		return
	}
	w := &o.w
	w.Key("tools").Open('[')
	for i, t := range o.tools {
		o.writeTool(t, i)
	}
	if o.answer == answerTool {
		w.Open('{')
		w.Key("name").String(o.tool)
		w.Key("description").String(answerDescription(&o.r.Output))
		w.Key("input_schema").Raw(o.r.Output.Schema)
		w.Close('}')
	}
	w.Close(']')
	o.writeChoice()
}

func answerDescription(f *schema.OutputFormat) string {
	const use = "Gives the final answer. Call it exactly once, with the whole answer as its input."
	if f.Description != "" {
		return use + " " + f.Description
	}
	return use
}

func (o *outbound) writeTool(t *schema.Tool, i int) {
	w := &o.w
	if o.own && t.Raw != nil {
		w.Raw(t.Raw)
		return
	}
	if t.Kind == schema.ToolWebSearch {
		o.writeSearch(t, i)
		return
	}
	w.Open('{')
	w.Key("name").String(toolNames.Fit(t.Name))
	if t.Description != "" {
		w.Key("description").String(t.Description)
	}
	parameters, strict := t.Parameters, t.Strict != nil && *t.Strict
	if strict {
		fit, ok := fitSchema(parameters)
		switch {
		case !o.model.since(firstStructured) || !ok && !o.own:
			o.lose(fmt.Sprintf("tools[%d].strict", i))
			strict = false
		case !o.own:
			parameters = fit
		}
	}
	w.Key("input_schema")
	o.writeParameters(parameters)
	if strict {
		w.Key("strict").Bool(true)
	}
	o.writeCache(t.Cache)
	w.Close('}')
}

// writeParameters writes a schema, which must say that it describes an object.
func (o *outbound) writeParameters(doc json.RawMessage) {
	w := &o.w
	v := gjson.ParseBytes(doc)
	if !v.IsObject() {
		w.Open('{')
		w.Key("type").String("object")
		w.Key("properties").Open('{')
		w.Close('}')
		w.Close('}')
		return
	}
	if v.Get("type").Exists() {
		w.Raw(doc)
		return
	}
	w.Open('{')
	w.Key("type").String("object")
	v.ForEach(func(key, member gjson.Result) bool {
		w.Key(key.String()).Raw([]byte(member.Raw))
		return true
	})
	w.Close('}')
}

// writeSearch writes the web search tool, with the options of OpenAI's that it has too: the user's place, and the
// domains to search (Responses: filters.allowed_domains).
//
// Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool;
// https://platform.openai.com/docs/guides/tools-web-search
func (o *outbound) writeSearch(t *schema.Tool, i int) {
	w := &o.w
	w.Open('{')
	w.Key("type").String(webSearch + "20250305")
	w.Key("name").String("web_search")
	options := gjson.ParseBytes(t.Raw)
	place := options.Get("user_location")
	if nested := place.Get("approximate"); nested.IsObject() {
		place = nested
	}
	if place.IsObject() {
		w.Key("user_location").Open('{')
		w.Key("type").String("approximate")
		for _, name := range [...]string{"city", "region", "country", "timezone"} {
			if v := place.Get(name); v.Type == gjson.String && v.Str != "" {
				w.Key(name).String(v.Str)
			}
		}
		w.Close('}')
	}
	if domains := options.Get("filters.allowed_domains"); domains.IsArray() {
		w.Key("allowed_domains").Raw([]byte(domains.Raw))
	}
	if size := options.Get("search_context_size").String(); size != "" && size != "medium" {
		o.lose(fmt.Sprintf("tools[%d].search_context_size", i))
	}
	o.writeCache(t.Cache)
	w.Close('}')
}

// writeChoice writes tool_choice. That calls may not come in parallel is part of it: said alone, it means auto.
func (o *outbound) writeChoice() {
	c, w := o.r.ToolChoice, &o.w
	word, name := "", ""
	switch {
	case o.history:
		word = "none"
	case o.answer == answerTool && (len(o.tools) == 0 || c.Mode == schema.ToolNone):
		word, name = "tool", o.tool
	case o.answer == answerTool:
		word = "any"
	case c.Mode == schema.ToolNone:
		word = "none"
	case c.Mode == schema.ToolRequired:
		word = "any"
	case c.Mode == schema.ToolNamed && c.Name == "" && len(c.Allowed) == 1:
		word, name = "tool", toolNames.Fit(c.Allowed[0])
	case c.Mode == schema.ToolNamed:
		word, name = "tool", toolNames.Fit(c.Name)
	case c.Mode == schema.ToolAuto || o.r.ParallelTools != nil && !*o.r.ParallelTools:
		word = "auto"
	default:
		return
	}
	w.Key("tool_choice").Open('{')
	w.Key("type").String(word)
	if word == "tool" {
		w.Key("name").String(name)
	}
	if o.r.ParallelTools != nil && !*o.r.ParallelTools && word != "none" {
		w.Key("disable_parallel_tool_use").Bool(true)
	}
	w.Close('}')
}
