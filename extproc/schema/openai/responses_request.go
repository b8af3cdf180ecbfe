package openai

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// responsesRequest reads a Responses request.
//
// The API keeps conversations at OpenAI. A request that leans on that (previous_response_id, conversation, prompt,
// item_reference, background) cannot be told to anyone else, and an answer without that context would be wrong, so it
// is refused here rather than named as lost.
//
// Source: https://platform.openai.com/docs/api-reference/responses/create
type responsesRequest struct {
	fields
	r            *schema.Request
	instructions string
	names        map[string]string // of the functions called, by call id
}

func decodeResponsesRequest(root gjson.Result) (*schema.Request, *schema.Error) {
	d := &responsesRequest{r: &schema.Request{}, names: make(map[string]string)}
	root.ForEach(func(name, v gjson.Result) bool {
		d.member(name.Str, v)
		return d.Err == nil
	})
	if d.Err != nil {
		return nil, d.Err
	}
	if d.instructions != "" {
		first := schema.Message{
			Role:  schema.RoleSystem,
			Parts: []schema.Part{{Kind: schema.PartText, Text: d.instructions}},
		}
		d.r.Messages = append([]schema.Message{first}, d.r.Messages...)
	}
	if len(d.r.Messages) == 0 {
		return nil, invalid("missing_field", "input", "the request has no input; add a text or a list of items")
	}
	return d.r, nil
}

// stateful are the members that lean on what OpenAI has stored.
var stateful = map[string]string{
	"previous_response_id": "the conversation is stored at OpenAI; send the earlier items in input",
	"conversation":         "the conversation is stored at OpenAI; send the earlier items in input",
	"prompt":               "the prompt is stored at OpenAI; send its text in instructions",
	"background":           "answers are not stored; leave it out and wait for the answer, or stream it",
}

func (d *responsesRequest) member(name string, v gjson.Result) {
	if why := stateful[name]; why != "" {
		if !empty(v) && v.Type != gjson.False {
			d.Err = unsupported(name, why)
		}
		return
	}
	r := d.r
	switch name {
	case "stream_options": // include_obfuscation only; usage always comes
		return
	case "tools":
		d.Each(name, v, func(i int, tool gjson.Result) { r.Tools = append(r.Tools, responsesTool(tool)) })
		return
	case "stop", "n", "seed": // not members of this API
		extra(r, name, v)
		return
	}
	if d.sampling(r, name, v) {
		return
	}
	switch name {
	case "input":
		d.input(v)
	case "instructions":
		d.instructions = d.Text(name, v)
	case "max_output_tokens":
		r.MaxOutputTokens = d.Whole(name, v)
	case "safety_identifier":
		if id := d.Text(name, v); r.User == "" {
			r.User = id
		}
	case "top_logprobs":
		r.TopLogprobs = d.Whole(name, v)
		r.Logprobs = r.Logprobs || r.TopLogprobs != nil && *r.TopLogprobs > 0
	case "include":
		d.include(d.strs(name, v))
	case "tool_choice":
		d.toolChoice(v)
	case "text":
		if d.Object(name, v) {
			r.Verbosity = d.Text("text.verbosity", v.Get("verbosity"))
			if f := v.Get("format"); d.Object("text.format", f) {
				r.Output = d.format("text.format", f, f)
			}
		}
	case "reasoning":
		if d.Object(name, v) {
			d.reasoning(v)
		}
	case "truncation":
		if v.Str != "disabled" { // the default: an error when the window is full, as everywhere
			extra(r, name, v)
		}
	default:
		extra(r, name, v)
	}
}

func (d *responsesRequest) reasoning(v gjson.Result) {
	q := &d.r.Reasoning
	q.Effort = d.Text("reasoning.effort", v.Get("effort"))
	q.Summary = d.Text("reasoning.summary", v.Get("summary"))
	if q.Summary == "" {
		q.Summary = d.Text("reasoning.generate_summary", v.Get("generate_summary")) // its old name
	}
}

// include reads what the client wants besides. Thoughts come with their signatures unasked.
func (d *responsesRequest) include(names []string) {
	rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "reasoning.encrypted_content" || name == "message.output_text.logprobs"
	})
	if slices.Contains(names, "message.output_text.logprobs") {
		d.r.Logprobs = true
	}
	if len(rest) == 0 {
		return
	}
	raw, err := json.Marshal(rest)
	if err != nil { // strings always marshal
		return
	}
	d.r.Extra = append(d.r.Extra, schema.Field{Name: "include", Value: raw})
}

// toolChoice reads a word, {"type":"function","name":…}, {"type":"allowed_tools","mode":…,"tools":[…]} or a
// hosted tool's type.
func (d *responsesRequest) toolChoice(v gjson.Result) {
	if v.Type == gjson.Null {
		return
	}
	if v.Type == gjson.String {
		d.r.ToolChoice.Mode = d.choiceWord("tool_choice", v.Str)
		return
	}
	if !d.Object("tool_choice", v) {
		return
	}
	switch kind := v.Get("type").String(); {
	case kind == "function" || kind == "custom":
		d.r.ToolChoice = schema.ToolChoice{Mode: schema.ToolNamed, Name: v.Get("name").String()}
	case kind == "allowed_tools":
		d.r.ToolChoice = d.allowed("tool_choice", v)
	case isSearch(kind):
		d.r.ToolChoice = schema.ToolChoice{Mode: schema.ToolNamed, Name: "web_search"}
	default:
		extra(d.r, "tool_choice", v)
	}
}

// isSearch knows the types of the web search tool: web_search, web_search_preview and dated ones.
func isSearch(kind string) bool { return strings.HasPrefix(kind, "web_search") }

// responsesTool reads one of tools. A function is flat here.
func responsesTool(v gjson.Result) schema.Tool {
	switch kind := v.Get("type").String(); {
	case kind == "function":
		t := functionTool(v)
		t.Cache = cacheOf(v)
		return t
	case isSearch(kind):
		return schema.Tool{Kind: schema.ToolWebSearch, Name: "web_search", Raw: json.RawMessage(v.Raw)}
	}
	t := schema.Tool{Kind: schema.ToolOther, Name: v.Get("name").String(), Raw: json.RawMessage(v.Raw)}
	if t.Name == "" {
		t.Name = hostedName(v.Get("type").String())
	}
	return t
}

// hostedName is the name by which a choice means a tool that OpenAI runs itself.
func hostedName(kind string) string {
	if isSearch(kind) {
		return "web_search"
	}
	return kind
}
