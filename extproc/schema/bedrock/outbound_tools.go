package bedrock

import (
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// tools writes toolConfig. Converse has no choice "none": the tools are left out instead. But it refuses a history
// with calls or results if there is no toolConfig, so then they stay, or are made up from the calls' names.
func (e *requestEncoder) tools() {
	called := e.calledTools()
	tools, none := e.offered(), e.r.ToolChoice.Mode == schema.ToolNone
	if none && len(tools) > 0 {
		if len(called) == 0 {
			return
		}
		e.lose("tool_choice (none)")
	}
	if len(tools) == 0 && len(called) == 0 {
		if m := e.r.ToolChoice.Mode; m == schema.ToolRequired || m == schema.ToolNamed {
			e.lose("tool_choice (without tools)")
		}
		return
	}
	w := &e.w
	w.Key("toolConfig").Open('{')
	w.Key("tools").Open('[')
	for _, i := range tools {
		e.tool(i)
	}
	if len(tools) == 0 {
		for _, name := range called {
			e.spec(&schema.Tool{Name: name})
		}
	}
	w.Close(']')
	if !none && len(tools) > 0 {
		e.choice()
	}
	w.Close('}')
	if p := e.r.ParallelTools; p != nil && !*p && len(tools) > 0 {
		e.lose("parallel_tool_calls")
	}
}

// offered lists the tools to offer: functions, and of these the allowed ones.
func (e *requestEncoder) offered() (list []int) {
	allowed := e.r.ToolChoice.Allowed
	for i := range e.r.Tools {
		switch t := &e.r.Tools[i]; {
		case t.Kind != schema.ToolFunction && t.Kind != "":
			name := t.Name
			if name == "" {
				name = string(t.Kind)
			}
			e.lose("tools[%d] (%s)", i, name)
		case len(allowed) == 0 || slices.Contains(allowed, t.Name):
			list = append(list, i)
		}
	}
	return list
}

// calledTools lists the functions that the history calls, in order.
func (e *requestEncoder) calledTools() (names []string) {
	seen := map[string]bool{}
	for i := range e.r.Messages {
		for j := range e.r.Messages[i].Parts {
			p := &e.r.Messages[i].Parts[j]
			if p.Kind != schema.PartToolCall && p.Kind != schema.PartToolResult {
				continue
			}
			name := p.Name
			if name == "" {
				name = "tool"
			}
			if !seen[name] && (p.Kind == schema.PartToolCall || p.Name != "") {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

func (e *requestEncoder) tool(i int) {
	t := &e.r.Tools[i]
	e.spec(t)
	e.cachePoint(t.Cache, fmt.Sprintf("tools[%d]", i))
}

// spec writes {"toolSpec":{"name":"…","description":"…","inputSchema":{"json":{…}}}}.
func (e *requestEncoder) spec(t *schema.Tool) {
	w := &e.w
	w.Open('{')
	w.Key("toolSpec").Open('{')
	w.Key("name").String(toolNames.Fit(t.Name))
	if t.Description != "" {
		w.Key("description").String(t.Description)
	}
	w.Key("inputSchema").Open('{')
	w.Key("json")
	if s := gjson.ParseBytes(t.Parameters); s.IsObject() && s.Get("type").Exists() {
		w.Raw(t.Parameters)
	} else {
		w.Open('{')
		w.Key("type").String("object")
		s.ForEach(func(key, v gjson.Result) bool {
			w.Key(key.String()).Raw([]byte(v.Raw))
			return true
		})
		if !s.Get("properties").Exists() {
			w.Key("properties").Open('{')
			w.Close('}')
		}
		w.Close('}')
	}
	w.Close('}')
	if t.Strict != nil && *t.Strict && e.family == claude && e.version >= 405 {
		w.Key("strict").Bool(true)
	}
	w.Close('}')
	w.Close('}')
}

// choice writes toolChoice.
func (e *requestEncoder) choice() {
	w := &e.w
	switch e.r.ToolChoice.Mode {
	case schema.ToolNamed:
		w.Key("toolChoice").Open('{')
		w.Key("tool").Open('{')
		w.Key("name").String(toolNames.Fit(e.r.ToolChoice.Name))
		w.Close('}')
		w.Close('}')
	case schema.ToolRequired:
		w.Key("toolChoice").Raw([]byte(`{"any":{}}`))
	case schema.ToolAuto:
		w.Key("toolChoice").Raw([]byte(`{"auto":{}}`))
	}
}
