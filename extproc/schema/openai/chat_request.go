package openai

import (
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// chatRequest reads a Chat Completions request.
//
// Source: https://platform.openai.com/docs/api-reference/chat/create
type chatRequest struct {
	fields
	r       *schema.Request
	members members // of the message at hand

	limits    [2]*int           // max_completion_tokens, max_tokens
	user      string            // user wins over safety_identifier, its successor
	names     map[string]string // of the functions called, by call id
	functions string            // id of the last legacy function call
}

func decodeChatRequest(root gjson.Result) (*schema.Request, *schema.Error) {
	d := &chatRequest{r: &schema.Request{}}
	root.ForEach(func(name, v gjson.Result) bool {
		d.member(name.Str, v)
		return d.Err == nil
	})
	if d.Err != nil {
		return nil, d.Err
	}
	if len(d.r.Messages) == 0 {
		return nil, invalid("missing_field", "messages", "the request has no messages; add one")
	}
	d.r.MaxOutputTokens = d.limits[0]
	if d.r.MaxOutputTokens == nil {
		d.r.MaxOutputTokens = d.limits[1]
	}
	if d.r.User == "" {
		d.r.User = d.user
	}
	return d.r, nil
}

func (d *chatRequest) member(name string, v gjson.Result) {
	if d.sampling(d.r, name, v) {
		return
	}
	r := d.r
	switch name {
	case "messages":
		d.Each(name, v, d.message)
	case "max_completion_tokens":
		d.limits[0] = d.Whole(name, v)
	case "max_tokens":
		d.limits[1] = d.Whole(name, v)
	case "safety_identifier":
		d.user = d.Text(name, v)
	case "logprobs":
		wanted := d.Bool(name, v)
		r.Logprobs = wanted != nil && *wanted
	case "top_logprobs":
		r.TopLogprobs = d.Whole(name, v)
	case "tools":
		d.Each(name, v, func(i int, tool gjson.Result) { r.Tools = append(r.Tools, chatTool(tool)) })
	case "functions":
		r.LegacyFunctions = !empty(v)
		d.Each(name, v, func(i int, f gjson.Result) { r.Tools = append(r.Tools, functionTool(f)) })
	case "tool_choice", "function_call":
		d.toolChoice(name, v)
	case "response_format":
		if d.Object(name, v) {
			d.outputFormat(name, v, v.Get("json_schema"))
		}
	case "reasoning_effort":
		r.Reasoning.Effort = d.Text(name, v)
	case "reasoning": // OpenRouter's form
		if d.Object(name, v) {
			r.Reasoning.Effort = d.Text("reasoning.effort", v.Get("effort"))
			r.Reasoning.Budget = d.Whole("reasoning.max_tokens", v.Get("max_tokens"))
		}
	case "thinking":
		if d.Object(name, v) {
			d.thinking(v)
		}
	case "verbosity":
		r.Verbosity = d.Text(name, v)
	case "modalities":
		r.Modalities = d.strs(name, v)
	case "web_search_options":
		if d.Object(name, v) {
			r.Tools = append(r.Tools, schema.Tool{Kind: schema.ToolWebSearch, Name: "web_search", Raw: jsonin.Raw(v)})
		}
	default:
		extra(r, name, v)
	}
}

// thinking reads {"type":"enabled","budget_tokens":2048}, or type adaptive or disabled. Claude and several servers that
// follow OpenAI have it beside or in place of an effort.
//
// Source: https://docs.claude.com/en/api/openai-sdk, https://api-docs.deepseek.com/guides/thinking_mode
func (d *chatRequest) thinking(v gjson.Result) {
	re := &d.r.Reasoning
	re.Switch = jsonin.Raw(v)
	switch kind := d.Text("thinking.type", v.Get("type")); {
	case kind != "disabled":
		re.Budget = d.Whole("thinking.budget_tokens", v.Get("budget_tokens"))
		if re.Budget == nil {
			adaptive := -1
			re.Budget = &adaptive
		}
	case re.Effort == "":
		re.Effort = "none"
	}
}

// sampling reads the members that Chat Completions, Completions and Responses share, and reports whether this was one.
func (f *fields) sampling(r *schema.Request, name string, v gjson.Result) bool {
	switch name {
	case "model":
		r.Model = f.Text(name, v)
	case "models": // llmroute's own list; the model has been chosen
	case "stream":
		wanted := f.Bool(name, v)
		r.Stream = wanted != nil && *wanted
	case "stream_options":
		// include_obfuscation asks for padding against eavesdroppers, which every stream without it satisfies too.
		if f.Object(name, v) {
			wanted := f.Bool("stream_options.include_usage", v.Get("include_usage"))
			r.IncludeUsage = wanted != nil && *wanted
		}
	case "temperature":
		r.Temperature = f.Number(name, v)
	case "top_p":
		r.TopP = f.Number(name, v)
	case "top_k": // vLLM, Together, OpenRouter and others; not OpenAI
		r.TopK = f.Whole(name, v)
	case "frequency_penalty":
		r.FrequencyPenalty = f.Number(name, v)
	case "presence_penalty":
		r.PresencePenalty = f.Number(name, v)
	case "seed":
		if n := f.Whole(name, v); n != nil {
			seed := int64(*n)
			r.Seed = &seed
		}
	case "n":
		r.N = f.Whole(name, v)
	case "stop":
		r.Stop = f.strs(name, v)
	case "logit_bias":
		if f.Object(name, v) && !empty(v) {
			r.LogitBias = jsonin.Raw(v)
		}
	case "parallel_tool_calls":
		r.ParallelTools = f.Bool(name, v)
	case "service_tier":
		r.ServiceTier = f.Text(name, v)
	case "user":
		r.User = f.Text(name, v)
	case "metadata":
		if f.Object(name, v) && !empty(v) {
			r.Metadata = jsonin.Raw(v)
		}
	case "store":
		r.Store = f.Bool(name, v)
	case "prompt_cache_key":
		r.CacheKey = f.Text(name, v)
	default:
		return false
	}
	return true
}

// message reads one message.
func (d *chatRequest) message(i int, v gjson.Result) {
	param := fmt.Sprintf("messages[%d]", i)
	if !v.IsObject() {
		d.Must(param, "an object")
		return
	}
	members := &d.members
	members.load(v)
	word := d.Text(param+".role", members.get("role"))
	role, known := roles[word]
	if !known {
		d.Fail("invalid_value", param+".role", "%s.role must be one of system, developer, user, assistant, tool, function", param)
		return
	}
	m := schema.Message{Role: role, Name: members.get("name").String()}
	content := d.content(param+".content", members.get("content"))
	switch role {
	case schema.RoleTool:
		m.Name = ""
		m.Parts = []schema.Part{d.toolResult(word, members, content)}
	case schema.RoleAssistant:
		m.Parts = d.assistant(param, members, content)
	default:
		m.Parts = content
	}
	d.r.Messages = append(d.r.Messages, m)
}

// toolResult reads a tool message, or a legacy function message, which names the function and no call.
func (d *chatRequest) toolResult(role string, v *members, content []schema.Part) schema.Part {
	p := schema.Part{Kind: schema.PartToolResult, ID: v.get("tool_call_id").String(), Result: content, Cache: cacheAmong(v)}
	if role == "function" {
		p.ID, p.Name = d.functions, v.get("name").String()
	}
	if p.Name == "" {
		p.Name = d.names[p.ID]
	}
	return p
}

// assistant reads an earlier answer: thoughts, text, refusal, audio, then calls.
func (d *chatRequest) assistant(param string, v *members, content []schema.Part) []schema.Part {
	parts := thoughts(v)
	calls := v.get("tool_calls")
	for _, p := range content {
		if p.Kind == schema.PartText && p.Text == "" && !empty(calls) {
			continue // content: "" beside calls says nothing, and several providers refuse empty text
		}
		parts = append(parts, p)
	}
	if refusal := v.get("refusal"); !empty(refusal) {
		parts = append(parts, schema.Part{Kind: schema.PartRefusal, Text: d.Text(param+".refusal", refusal)})
	}
	if audio := v.get("audio").Get("id"); audio.Exists() {
		parts = append(parts, schema.Part{Kind: schema.PartAudio, Media: schema.Media{FileID: audio.String()}})
	}
	d.Each(param+".tool_calls", calls, func(i int, call gjson.Result) {
		p := toolCall(call)
		d.called(p.ID, p.Name)
		parts = append(parts, p)
	})
	if call := v.get("function_call"); call.IsObject() {
		d.functions = fmt.Sprintf("call_function_%d", len(d.r.Messages))
		parts = append(parts, schema.Part{
			Kind: schema.PartToolCall, ID: d.functions, Name: call.Get("name").String(), Args: arguments(call.Get("arguments")),
		})
	}
	return parts
}

func (d *chatRequest) called(id, name string) {
	if d.names == nil {
		d.names = make(map[string]string)
	}
	d.names[id] = name
}

// toolChoice reads tool_choice, or the legacy function_call: a word, {"name":…},
//
//	{"type":"function","function":{"name":"get_weather"}}
//	{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"get_weather"}}]}}
func (d *chatRequest) toolChoice(param string, v gjson.Result) {
	if v.Type == gjson.Null {
		return
	}
	if v.Type == gjson.String {
		d.r.ToolChoice.Mode = d.choiceWord(param, v.Str)
		return
	}
	if !d.Object(param, v) {
		return
	}
	if allowed := v.Get("allowed_tools"); allowed.IsObject() {
		d.r.ToolChoice = d.allowed(param, allowed)
		return
	}
	for _, path := range [...]string{"function.name", "custom.name", "name"} {
		if name := v.Get(path); name.Type == gjson.String && name.Str != "" {
			d.r.ToolChoice = schema.ToolChoice{Mode: schema.ToolNamed, Name: name.Str}
			return
		}
	}
	d.Fail("invalid_value", param, "%s names no tool", param)
}

// choiceWord reads none, auto, required; and any, as Mistral spells it.
func (f *fields) choiceWord(param, word string) schema.ToolMode {
	switch word {
	case "none", "auto", "required":
		return schema.ToolMode(word)
	case "any":
		return schema.ToolRequired
	}
	f.Fail("invalid_value", param, "%s must be none, auto, required, or name a tool", param)
	return ""
}

func (f *fields) allowed(param string, v gjson.Result) schema.ToolChoice {
	choice := schema.ToolChoice{Mode: f.choiceWord(param, v.Get("mode").String()), Allowed: []string{}}
	f.Each(param+".tools", v.Get("tools"), func(i int, tool gjson.Result) {
		for _, path := range [...]string{"function.name", "custom.name", "name"} {
			if name := tool.Get(path); name.Str != "" {
				choice.Allowed = append(choice.Allowed, name.Str)
				return
			}
		}
		choice.Allowed = append(choice.Allowed, hostedName(tool.Get("type").String()))
	})
	return choice
}

// outputFormat reads response_format, or Responses' text.format, whose schema is not nested.
func (d *chatRequest) outputFormat(param string, v, definition gjson.Result) {
	d.r.Output = d.format(param, v, definition)
}

func (f *fields) format(param string, v, definition gjson.Result) schema.OutputFormat {
	switch kind := f.Text(param+".type", v.Get("type")); kind {
	case "text", "":
	case "json_object":
		return schema.OutputFormat{Kind: schema.OutputJSON}
	case "json_schema":
		return schema.OutputFormat{
			Kind:        schema.OutputSchema,
			Name:        f.Text(param+".name", definition.Get("name")),
			Description: f.Text(param+".description", definition.Get("description")),
			Schema:      json.RawMessage(definition.Get("schema").Raw),
			Strict:      f.Bool(param+".strict", definition.Get("strict")),
		}
	default:
		f.Fail("invalid_value", param+".type", "%s.type must be text, json_object or json_schema", param)
	}
	return schema.OutputFormat{}
}
