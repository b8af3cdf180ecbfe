package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// DecodeRequest implements schema.Client for messages and count_tokens.
func (Client) DecodeRequest(t schema.Target, body []byte) (*schema.Request, error) {
	check := jsonscan.New(body, nil)
	check.Object("", func(string, schema.Span) { check.Skip() })
	if err := check.End(); err != nil {
		return nil, err
	}
	root := schema.Parse(body)
	d := requestDecoder{root: root, r: &schema.Request{Format: schema.Anthropic, Op: t.Op, IncludeUsage: true}}
	if system := root.Get("system"); system.Type != gjson.Null { // first, wherever it stands
		d.r.Messages = append(d.r.Messages, schema.Message{Role: schema.RoleSystem, Parts: d.content("system", system)})
	}
	root.ForEach(func(key, v gjson.Result) bool {
		if v.Type != gjson.Null {
			d.member(key.Str, v)
		}
		return d.Err == nil
	})
	if d.Err != nil {
		return nil, d.Err
	}
	return d.r, nil
}

// requestDecoder builds one request.
type requestDecoder struct {
	jsonin.Reader
	root gjson.Result
	r    *schema.Request
}

// member reads one top-level member that is not null.
func (d *requestDecoder) member(name string, v gjson.Result) {
	r := d.r
	switch name {
	case "system": // read already
	case "model":
		r.Model = d.Text(name, v)
	case "messages":
		d.each(name, v, d.message)
	case "max_tokens":
		r.MaxOutputTokens = d.whole(name, v)
	case "stream":
		if stream := d.Bool(name, v); stream != nil {
			r.Stream = *stream
		}
	case "stop_sequences":
		d.each(name, v, func(param string, v gjson.Result) { r.Stop = append(r.Stop, d.Text(param, v)) })
	case "temperature":
		r.Temperature = d.Number(name, v)
	case "top_p":
		r.TopP = d.Number(name, v)
	case "top_k":
		r.TopK = d.whole(name, v)
	case "tools":
		d.each(name, v, d.tool)
	case "tool_choice":
		d.toolChoice(v)
	case "metadata":
		d.metadata(v)
	case "thinking":
		d.thinking(v)
	case "output_config":
		d.outputConfig(v)
	case "output_format":
		d.outputFormat(name, v)
	case "service_tier":
		r.ServiceTier = d.Text(name, v)
	case "thread":
		if d.object(name, v) {
			r.Thread = jsonin.Raw(v)
		}
	default:
		jsonin.Extra(d.r, name, v)
	}
}

// message reads {"role":…,"content":…}. The results of tools, which Anthropic keeps in the user's turn, become messages
// of their own.
func (d *requestDecoder) message(param string, v gjson.Result) {
	if !d.object(param, v) {
		return
	}
	role := d.Text(param+".role", v.Get("role"))
	if role != "user" && role != "assistant" && role != "system" {
		d.Must(param+".role", "user, assistant or system")
		return
	}
	parts := d.content(param+".content", v.Get("content"))
	if role != "user" {
		d.r.Messages = append(d.r.Messages, schema.Message{Role: roleOf(role), Parts: parts})
		return
	}
	if len(parts) == 0 {
		d.r.Messages = append(d.r.Messages, schema.Message{Role: schema.RoleUser})
	}
	for len(parts) > 0 {
		results := parts[0].Kind == schema.PartToolResult
		n := 1
		for n < len(parts) && (parts[n].Kind == schema.PartToolResult) == results {
			n++
		}
		role := schema.RoleUser
		if results {
			role = schema.RoleTool
		}
		d.r.Messages = append(d.r.Messages, schema.Message{Role: role, Parts: parts[:n:n]})
		parts = parts[n:]
	}
}

// metadata reads {"user_id":"…"}.
func (d *requestDecoder) metadata(v gjson.Result) {
	if !d.object("metadata", v) {
		return
	}
	user := v.Get("user_id")
	if user.Type == gjson.String {
		d.r.User = user.Str
	}
	if !only(v, "user_id") {
		jsonin.Extra(d.r, "metadata", v)
	}
}

// thinking reads {"type":"enabled","budget_tokens":2048,"display":"summarized"}, {"type":"adaptive"},
// {"type":"disabled"}, and keeps a mode that it does not know.
func (d *requestDecoder) thinking(v gjson.Result) {
	if !d.object("thinking", v) {
		return
	}
	display := v.Get("display").String()
	switch v.Get("type").String() {
	case "disabled":
		d.r.Reasoning.Effort = "none"
	case "adaptive":
		dynamic := -1
		d.r.Reasoning.Budget = &dynamic
	case "enabled":
		d.r.Reasoning.Budget = d.whole("thinking.budget_tokens", v.Get("budget_tokens"))
		if d.r.Reasoning.Budget == nil {
			d.Must("thinking.budget_tokens", fmt.Sprintf("a whole number of at least %d", leastBudget))
		}
	default:
		jsonin.Extra(d.r, "thinking", v)
		return
	}
	switch display {
	case "summarized":
		d.r.Reasoning.Summary = "auto"
	case "omitted":
		d.r.Reasoning.Hidden = true
	}
}

// outputConfig reads {"effort":"high","format":{"type":"json_schema","schema":{…}}}. Members that the neutral
// form has no name for stay, for a provider of this format.
func (d *requestDecoder) outputConfig(v gjson.Result) {
	if !d.object("output_config", v) {
		return
	}
	effort := d.Text("output_config.effort", v.Get("effort"))
	rests := d.root.Get("thinking.type").String() == "disabled"
	switch {
	case rests: // no thoughts, and yet an effort for the answer
		d.r.Reasoning.Word = effort
	case effort == "max":
		d.r.Reasoning.Effort, d.r.Reasoning.Word = "xhigh", effort
	default:
		d.r.Reasoning.Effort = effort
	}
	if format := v.Get("format"); format.Type != gjson.Null {
		d.outputFormat("output_config.format", format)
	}
	if !only(v, "effort", "format") {
		jsonin.Extra(d.r, "output_config", v)
	}
}

func (d *requestDecoder) outputFormat(param string, v gjson.Result) {
	if !d.object(param, v) {
		return
	}
	if v.Get("type").String() != "json_schema" {
		d.Must(param+".type", "json_schema")
		return
	}
	strict := true // the API's promise
	d.r.Output = schema.OutputFormat{Kind: schema.OutputSchema, Schema: jsonin.Raw(v.Get("schema")), Strict: &strict}
}

// toolChoice reads {"type":"auto"|"any"|"tool"|"none","name":…,"disable_parallel_tool_use":…}.
func (d *requestDecoder) toolChoice(v gjson.Result) {
	if !d.object("tool_choice", v) {
		return
	}
	switch v.Get("type").String() {
	case "auto":
		d.r.ToolChoice.Mode = schema.ToolAuto
	case "any":
		d.r.ToolChoice.Mode = schema.ToolRequired
	case "none":
		d.r.ToolChoice.Mode = schema.ToolNone
	case "tool":
		d.r.ToolChoice = schema.ToolChoice{Mode: schema.ToolNamed, Name: d.Text("tool_choice.name", v.Get("name"))}
	default:
		d.Must("tool_choice.type", "auto, any, tool or none")
	}
	if disable := d.Bool("tool_choice.disable_parallel_tool_use", v.Get("disable_parallel_tool_use")); disable != nil {
		parallel := !*disable
		d.r.ParallelTools = &parallel
	}
}

// webSearch begins the types of the web search tool: web_search_20250305 and later.
const webSearch = "web_search_"

// tool reads {"name":…,"description":…,"input_schema":{…}}, or one of Anthropic's own: {"type":"bash_20250124",…}.
func (d *requestDecoder) tool(param string, v gjson.Result) {
	if !d.object(param, v) {
		return
	}
	kind := d.Text(param+".type", v.Get("type"))
	t := schema.Tool{Kind: schema.ToolFunction, Name: d.Text(param+".name", v.Get("name")), Cache: cacheOf(v)}
	switch {
	case kind == "" || kind == "custom":
		t.Description = d.Text(param+".description", v.Get("description"))
		t.Parameters = jsonin.Raw(v.Get("input_schema"))
		t.Strict = d.Bool(param+".strict", v.Get("strict"))
		if !only(v, "type", "name", "description", "input_schema", "strict", "cache_control") {
			t.Raw = json.RawMessage(v.Raw)
		}
	case strings.HasPrefix(kind, webSearch):
		t.Kind, t.Raw = schema.ToolWebSearch, json.RawMessage(v.Raw)
	default:
		t.Kind, t.Raw = schema.ToolOther, json.RawMessage(v.Raw)
	}
	d.r.Tools = append(d.r.Tools, t)
}
