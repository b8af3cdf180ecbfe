package demo

import (
	"bytes"
	"encoding/json"
	"strings"
)

// chatParams are the members of a Chat Completions request.
const chatParams = `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options
temperature tool_choice tools top_logprobs top_p user verbosity web_search_options`

// compatibleParams are members that vLLM has besides.
//
// Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#extra-parameters
const compatibleParams = "chat_template_kwargs include_reasoning min_p repetition_penalty top_k"

type chatRequest struct {
	Model               string          `json:"model"`
	Messages            []chatMessage   `json:"messages"`
	Tools               []chatTool      `json:"tools"`
	ToolChoice          json.RawMessage `json:"tool_choice"`
	ParallelToolCalls   *bool           `json:"parallel_tool_calls"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Stop                json.RawMessage `json:"stop"`
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options"`
	ResponseFormat      *responseFormat `json:"response_format"`
	N                   *int            `json:"n"`
	Logprobs            bool            `json:"logprobs"`
	TopLogprobs         *int            `json:"top_logprobs"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	ReasoningEffort     string          `json:"reasoning_effort"`

	compatible bool                         // knows members that OpenAI does not
	raw        []map[string]json.RawMessage // the messages' members
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema *struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

type chatMessage struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"` // text, parts or null
	Refusal    string          `json:"refusal"`
	ToolCalls  []chatCall      `json:"tool_calls"`
	ToolCallID string          `json:"tool_call_id"`
}

type chatCall struct {
	Index    *int         `json:"index,omitempty"` // streams only
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type chatTool struct {
	Type     string `json:"type"`
	Function *struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
}

type chatPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Refusal  string `json:"refusal"`
	ImageURL *struct {
		URL string `json:"url"`
	} `json:"image_url"`
	InputAudio *struct {
		Data   string `json:"data"`
		Format string `json:"format"`
	} `json:"input_audio"`
	File *struct {
		FileID   string `json:"file_id"`
		FileData string `json:"file_data"`
	} `json:"file"`
}

func (c *chatRequest) ask(body []byte) (*ask, *failure) {
	if f := c.check(body); f != nil {
		return nil, f
	}
	a := &ask{model: c.Model, stream: c.Stream, n: 1, reasoning: effortTokens[c.ReasoningEffort]}
	a.single = c.ParallelToolCalls != nil && !*c.ParallelToolCalls
	if c.N != nil {
		a.n = *c.N
	}
	for _, limit := range []*int{c.MaxTokens, c.MaxCompletionTokens} {
		if limit != nil {
			a.limit = *limit
		}
	}
	var f *failure
	if a.stops, f = textOrList(c.Stop, "stop"); f != nil {
		return nil, f
	}
	if len(a.stops) > 4 {
		return nil, invalid("stop", "Invalid 'stop': array too long. Expected an array with maximum length 4.")
	}
	if c.ResponseFormat != nil {
		if f := c.ResponseFormat.into(a, body); f != nil {
			return nil, f
		}
	}
	return a, firstFailure(c.tools(a), c.messages(a))
}

func (c *chatRequest) check(body []byte) *failure {
	_, known := effortTokens[c.ReasoningEffort]
	switch {
	case len(c.Messages) == 0:
		return invalid("messages", "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")
	case c.MaxTokens != nil && c.MaxCompletionTokens != nil:
		return invalid("max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case c.MaxTokens != nil && *c.MaxTokens < 1:
		return invalid("max_tokens", "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1.")
	case c.MaxCompletionTokens != nil && *c.MaxCompletionTokens < 1:
		return invalid("max_completion_tokens", "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1.")
	case c.N != nil && (*c.N < 1 || *c.N > 128):
		return invalid("n", "Invalid 'n': expected a value from 1 to 128.")
	case c.StreamOptions != nil && !c.Stream:
		return invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	case c.TopLogprobs != nil && !c.Logprobs:
		return invalid("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is enabled.")
	case c.TopLogprobs != nil && (*c.TopLogprobs < 0 || *c.TopLogprobs > 20):
		return invalid("top_logprobs", "Invalid 'top_logprobs': expected a value from 0 to 20.")
	case c.ParallelToolCalls != nil && len(c.Tools) == 0:
		return invalid("parallel_tool_calls", "'parallel_tool_calls' is only allowed when 'tools' are specified.")
	case c.ReasoningEffort != "" && !known:
		return invalid("reasoning_effort", "Invalid value: '%s'.", c.ReasoningEffort)
	}
	return firstFailure(inRange(c.Temperature, 0, 2, "temperature"), inRange(c.TopP, 0, 1, "top_p"))
}

func (r *responseFormat) into(a *ask, body []byte) *failure {
	switch r.Type {
	case "text":
	case "json_object":
		// The real API refuses this, lest the model write white space without end.
		if !bytes.Contains(bytes.ToLower(bytes.ReplaceAll(body, []byte("json_object"), nil)), []byte("json")) {
			return invalid("messages", "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
		}
		a.format = formatJSON
	case "json_schema":
		if r.JSONSchema == nil || !toolName(r.JSONSchema.Name, 64) {
			return invalid("response_format.json_schema.name", "Missing or invalid parameter: 'response_format.json_schema.name'.")
		}
		a.format, a.schema = formatSchema, r.JSONSchema.Schema
	default:
		return invalid("response_format.type", "Invalid value: '%s'. Supported values are: 'json_object', 'json_schema', and 'text'.", r.Type)
	}
	return nil
}

func (c *chatRequest) tools(a *ask) *failure {
	for i, t := range c.Tools {
		switch {
		case t.Type == "custom":
			continue
		case t.Type != "function" || t.Function == nil:
			return invalid(at("tools", i)+".type", "Invalid value: '%s'. Supported values are: 'function' and 'custom'.", t.Type)
		case !toolName(t.Function.Name, 64):
			return invalid(at("tools", i)+".function.name", "Invalid '%s.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", at("tools", i))
		}
		a.tools = append(a.tools, tool{name: t.Function.Name, schema: t.Function.Parameters})
	}
	return openAIToolChoice(c.ToolChoice, a)
}

// openAIToolChoice reads tool_choice of Chat Completions and of Responses, which put the name at different places.
func openAIToolChoice(raw json.RawMessage, a *ask) *failure {
	if absent(raw) {
		return nil
	}
	if len(a.tools) == 0 {
		return invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
	}
	if raw[0] == '"' {
		choices := map[string]toolChoice{"auto": chooseAuto, "none": chooseNone, "required": chooseRequired}
		word := strings.Trim(string(raw), `"`)
		choice, known := choices[word]
		if !known {
			return invalid("tool_choice", "Invalid value: '%s'. Supported values are: 'none', 'auto', and 'required'.", word)
		}
		a.choice = choice
		return nil
	}
	var named struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if f := decodeValue(raw, &named, "tool_choice"); f != nil {
		return f
	}
	if named.Type == "allowed_tools" {
		return nil
	}
	a.choice, a.named = chooseNamed, named.Name+named.Function.Name
	for _, t := range a.tools {
		if t.name == a.named {
			return nil
		}
	}
	return invalid("tool_choice", "Tool choice '%s' not found in 'tools' parameter.", a.named)
}
