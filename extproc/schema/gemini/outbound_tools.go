package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// tools writes the tools and toolConfig.
func (e *requestEncoder) tools() {
	r, w := e.r, &e.w
	if len(r.Tools) == 0 {
		if r.ToolChoice.Mode == schema.ToolRequired || r.ToolChoice.Mode == schema.ToolNamed {
			e.lose("tool_choice (without tools)")
		}
		e.toolConfig(false)
		return
	}
	functions := e.hasFunctions()
	start := w.Mark()
	w.Key("tools").Open('[')
	empty := w.Mark()
	if functions {
		w.Open('{')
		w.Key("functionDeclarations").Open('[')
		for i := range r.Tools {
			if r.Tools[i].Kind == schema.ToolFunction {
				e.function(i)
			}
		}
		w.Close(']')
		w.Close('}')
	}
	for i := range r.Tools {
		if r.Tools[i].Kind != schema.ToolFunction {
			e.builtin(i, functions)
		}
	}
	if w.Wrote(empty) {
		w.Close(']')
	} else {
		w.Back(start)
	}
	e.toolConfig(functions)
	if r.ParallelTools != nil && !*r.ParallelTools && functions {
		e.lose("parallel_tool_calls")
	}
}

// function writes a declaration; a Gemini client's own stays as it was.
func (e *requestEncoder) function(i int) {
	t, w := &e.r.Tools[i], &e.w
	if e.own && len(t.Raw) > 0 {
		w.Raw(t.Raw)
		return
	}
	w.Open('{')
	w.Key("name").String(toolNames.Fit(t.Name))
	if t.Description != "" {
		w.Key("description").String(t.Description)
	}
	if takesArguments(t.Parameters) {
		e.schema("parameters", "parametersJsonSchema", t.Parameters)
	}
	w.Close('}')
	if t.Cache != nil {
		e.lose("tools[%d].cache", i)
	}
}

// takesArguments: Google refuses an object schema without properties; a function without parameters has none.
func takesArguments(schema []byte) bool {
	s := gjson.ParseBytes(schema)
	if !s.IsObject() {
		return false
	}
	plain := true
	s.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "type", "additionalProperties", "$schema", "title", "description", "strict":
		case "properties", "required", "$defs":
			plain = v.Raw == "{}" || v.Raw == "[]" || v.Raw == "null"
		default:
			plain = false
		}
		return plain
	})
	return !plain
}

// builtin writes one of Google's own tools. Before Gemini 3, search and functions exclude each other.
func (e *requestEncoder) builtin(i int, functions bool) {
	t := &e.r.Tools[i]
	switch {
	case e.own && len(t.Raw) > 0:
		e.w.Raw(t.Raw)
	case t.Kind != schema.ToolWebSearch:
		e.lose("tools[%d] (%s)", i, t.Name)
	case functions && e.older(30):
		e.lose("tools[%d] (web_search with functions)", i)
	default:
		e.w.Open('{')
		e.w.Key("googleSearch").Open('{')
		e.w.Close('}')
		e.w.Close('}')
	}
}

// toolConfig writes the tool choice. AUTO takes no list of allowed functions; VALIDATED does, and also holds the
// model to the functions' schemas, which is what strict asks for.
// Source: https://ai.google.dev/api/caching#FunctionCallingConfig
func (e *requestEncoder) toolConfig(functions bool) {
	c, w := &e.r.ToolChoice, &e.w
	mode, allowed := "", c.Allowed
	switch c.Mode {
	case schema.ToolNone:
		mode, allowed = "NONE", nil
	case schema.ToolRequired:
		mode = "ANY"
	case schema.ToolNamed:
		mode, allowed = "ANY", []string{c.Name}
	case schema.ToolAuto:
		mode = "AUTO"
	}
	strict := !e.own && e.version >= 25 && e.anyStrict()
	if (mode == "AUTO" || mode == "") && (len(allowed) > 0 || strict) {
		mode = "VALIDATED"
	}
	var extra []schema.Field
	for _, x := range e.r.Extra {
		if name, ok := strings.CutPrefix(x.Name, "toolConfig."); ok && e.own && !strings.Contains(name, ".") {
			extra = append(extra, schema.Field{Name: name, Value: x.Value})
		}
	}
	if !functions {
		mode = ""
	}
	if mode == "" && len(extra) == 0 {
		return
	}
	w.Key("toolConfig").Open('{')
	if mode != "" {
		w.Key("functionCallingConfig").Open('{')
		w.Key("mode").String(mode)
		if len(allowed) > 0 {
			w.Key("allowedFunctionNames").Open('[')
			for _, name := range allowed {
				w.String(e.callName(name))
			}
			w.Close(']')
		}
		w.Close('}')
	}
	for _, x := range extra {
		w.Key(x.Name).Raw(x.Value)
	}
	w.Close('}')
}

func (e *requestEncoder) anyStrict() bool {
	for i := range e.r.Tools {
		if s := e.r.Tools[i].Strict; s != nil && *s {
			return true
		}
	}
	return false
}

// callName is the name of a function as this request declares it.
func (e *requestEncoder) callName(name string) string {
	if e.own {
		return name
	}
	return toolNames.Fit(name)
}

// toolNames are the function names that every model takes; newer ones take longer ones, of up to 128 letters.
// Source: https://ai.google.dev/api/caching#FunctionDeclaration
var toolNames = schema.NameRule{Longest: 64, Signs: "_-.", LetterFirst: true}

// changedNames are the names that this request does not have as the client knows them.
func changedNames(r *schema.Request) schema.ToolNames {
	if r == nil || r.Format == schema.Gemini {
		return nil
	}
	return toolNames.Changed(r)
}
