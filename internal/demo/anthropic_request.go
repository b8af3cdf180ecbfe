package demo

import (
	"encoding/json"
	"strings"
)

const messageParams = `anthropic_beta anthropic_version cache_control container context_management diagnostics inference_geo
max_tokens mcp_servers messages metadata model output_config output_format service_tier speed stop_sequences stream system
temperature thinking thread tool_choice tools top_k top_p`

type messagesRequest struct {
	AnthropicVersion string             `json:"anthropic_version"` // clouds; Anthropic itself has a header
	Model            string             `json:"model"`
	MaxTokens        *int               `json:"max_tokens"`
	Messages         []anthropicMessage `json:"messages"`
	System           json.RawMessage    `json:"system"` // text, or text blocks
	StopSequences    []string           `json:"stop_sequences"`
	Stream           bool               `json:"stream"`
	Temperature      *float64           `json:"temperature"`
	TopP             *float64           `json:"top_p"`
	Thinking         *thinkingConfig    `json:"thinking"`
	Thread           *messageThread     `json:"thread"`
	Tools            []anthropicTool    `json:"tools"`
	ToolChoice       *struct {
		Type            string `json:"type"`
		Name            string `json:"name"`
		DisableParallel bool   `json:"disable_parallel_tool_use"`
	} `json:"tool_choice"`
	OutputConfig *struct {
		Effort string `json:"effort"`
		Format *struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"output_config"`
}

type thinkingConfig struct {
	Type   string `json:"type"`
	Budget *int   `json:"budget_tokens"`
}

// messageThread asks the server to keep the conversation, or to go on with one that it keeps.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/message-threads
type messageThread struct {
	Type     string `json:"type"` // create, continue
	Previous string `json:"previous_message_id"`
}

const threadsBeta = "message-threads-2026-08-12"

// lost: the demo keeps no thread, which every server may forget at any time.
func (t *messageThread) lost(betas string) *failure {
	switch {
	case t == nil:
		return nil
	case !strings.Contains(betas, threadsBeta):
		return invalid("thread", "Extra inputs are not permitted")
	case t.Type == "continue":
		return &failure{problem: NotFound, code: "thread_not_found"}
	case t.Type != "create":
		return invalid("thread", "Input tag '%s' found using 'type' does not match any of the expected tags: 'create', 'continue'", t.Type)
	}
	return nil
}

type anthropicTool struct {
	Type         string          `json:"type"` // empty or custom: the client's own
	Name         string          `json:"name"`
	InputSchema  json.RawMessage `json:"input_schema"`
	CacheControl json.RawMessage `json:"cache_control"`
}

type anthropicMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"` // text, or blocks
}

type anthropicBlock struct {
	Type         string           `json:"type"`
	Text         string           `json:"text"`
	Source       *anthropicSource `json:"source"`
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	Input        json.RawMessage  `json:"input"`
	ToolUseID    string           `json:"tool_use_id"`
	Content      json.RawMessage  `json:"content"` // of a tool_result: text, or blocks
	IsError      bool             `json:"is_error"`
	Thinking     string           `json:"thinking"`
	Signature    string           `json:"signature"`
	CacheControl json.RawMessage  `json:"cache_control"`
}

type anthropicSource struct {
	Type      string          `json:"type"`
	MediaType string          `json:"media_type"`
	Data      string          `json:"data"`
	URL       string          `json:"url"`
	FileID    string          `json:"file_id"`
	Content   json.RawMessage `json:"content"`
}

// ask reads the request. counting leaves out what count_tokens does not need.
func (m *messagesRequest) ask(counting bool) (*ask, *failure) {
	a := &ask{model: m.Model, stream: m.Stream, stops: m.StopSequences}
	if !counting {
		if f := m.check(); f != nil {
			return nil, f
		}
		a.limit = *m.MaxTokens
	}
	c := &anthropicReader{ask: a}
	if f := firstFailure(m.think(a), c.tools(m), c.system(m.System)); f != nil {
		return nil, f
	}
	if f := c.messages(m); f != nil {
		return nil, f
	}
	a.cacheable = min(c.marked, a.input())
	if o := m.OutputConfig; o != nil && o.Format != nil {
		if o.Format.Type != "json_schema" || absent(o.Format.Schema) {
			return nil, invalid("output_config.format", "Field required: schema")
		}
		a.format, a.schema = formatSchema, o.Format.Schema
	}
	return a, nil
}

func (m *messagesRequest) check() *failure {
	switch {
	case m.MaxTokens == nil:
		return invalid("max_tokens", "Field required")
	case *m.MaxTokens < 1:
		return invalid("max_tokens", "Input should be greater than or equal to 1")
	case m.Temperature != nil && m.TopP != nil && newerClaude(m.Model):
		return invalid("", "`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
	}
	for i, s := range m.StopSequences {
		if strings.TrimSpace(s) == "" {
			return invalid(at("stop_sequences", i), "each stop sequence must contain non-whitespace")
		}
	}
	return firstFailure(inRange(m.Temperature, 0, 1, "temperature"), inRange(m.TopP, 0, 1, "top_p"))
}

// newerClaude: from Opus 4.1 on, the API takes either temperature or top_p.
func newerClaude(model string) bool {
	for _, version := range []string{"-4-1", "-4-5", "-4-6", "-4-7", "-4-8", "-5"} {
		if strings.Contains(model, "claude") && strings.Contains(model, version) {
			return true
		}
	}
	return false
}

func (m *messagesRequest) think(a *ask) *failure {
	if o := m.OutputConfig; o != nil && o.Effort != "" {
		if _, known := effortTokens[o.Effort]; !known {
			return invalid("output_config.effort", "Input should be 'low', 'medium', 'high' or 'max'")
		}
	}
	t := m.Thinking
	if t == nil {
		return nil
	}
	switch t.Type {
	case "disabled":
		return nil
	case "adaptive":
		a.reasoning = 32
	case "enabled":
		switch {
		case t.Budget == nil:
			return invalid("thinking.enabled.budget_tokens", "Field required")
		case *t.Budget < 1024:
			return invalid("thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024")
		case m.MaxTokens != nil && *t.Budget >= *m.MaxTokens:
			return invalid("max_tokens", "`max_tokens` must be greater than `thinking.budget_tokens`.")
		}
		a.reasoning = *t.Budget / 32
	default:
		return invalid("thinking", "Input tag '%s' found using 'type' does not match any of the expected tags: 'disabled', 'enabled', 'adaptive'", t.Type)
	}
	a.thoughts = true
	switch {
	case m.Temperature != nil && *m.Temperature != 1:
		return invalid("", "`temperature` may only be set to 1 when thinking is enabled.")
	case m.ToolChoice != nil && (m.ToolChoice.Type == "any" || m.ToolChoice.Type == "tool"):
		return invalid("", "Thinking may not be enabled when tool_choice forces tool use.")
	}
	return nil
}

// anthropicReader gathers turns, and counts tokens up to the last cache marker.
type anthropicReader struct {
	ask    *ask
	tokens int
	marked int
	open   map[string]string // names of tools, by the ids of uses that wait for a result
}

func (c *anthropicReader) count(text string, marker json.RawMessage) {
	c.tokens += tokensOf(text)
	if !absent(marker) {
		c.marked = c.tokens
	}
}

func (c *anthropicReader) tools(m *messagesRequest) *failure {
	for i, t := range m.Tools {
		if t.Type != "" && t.Type != "custom" {
			continue // Anthropic's own tools, which the demo does not use
		}
		var schema jsonSchema
		switch {
		case !toolName(t.Name, 128):
			return invalid(at("tools", i)+".custom.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
		case absent(t.InputSchema):
			return invalid(at("tools", i)+".custom.input_schema", "Field required")
		case json.Unmarshal(t.InputSchema, &schema) != nil || string(schema.Type) != `"object"`:
			return invalid(at("tools", i)+".custom.input_schema.type", "Input should be 'object'")
		}
		c.count(t.Name+string(t.InputSchema), t.CacheControl)
		c.ask.tools = append(c.ask.tools, tool{name: t.Name, schema: t.InputSchema})
	}
	if m.ToolChoice == nil {
		return nil
	}
	choices := map[string]toolChoice{"auto": chooseAuto, "any": chooseRequired, "tool": chooseNamed, "none": chooseNone}
	choice, known := choices[m.ToolChoice.Type]
	switch {
	case !known:
		return invalid("tool_choice", "Input tag '%s' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'", m.ToolChoice.Type)
	case len(m.Tools) == 0:
		return invalid("tool_choice", "may only be specified while providing tools.")
	}
	c.ask.choice, c.ask.named, c.ask.single = choice, m.ToolChoice.Name, m.ToolChoice.DisableParallel
	if choice == chooseNamed && !c.ask.has(m.ToolChoice.Name) {
		return invalid("tool_choice", "Tool '%s' not found in provided tools", m.ToolChoice.Name)
	}
	return nil
}

func (a *ask) has(name string) bool {
	for _, t := range a.tools {
		if t.name == name {
			return true
		}
	}
	return false
}

func (c *anthropicReader) system(raw json.RawMessage) *failure {
	if absent(raw) {
		return nil
	}
	t := turn{role: system}
	if raw[0] == '"' {
		f := decodeValue(raw, &t.text, "system")
		c.count(t.text, nil)
		c.ask.turns = append(c.ask.turns, t)
		return f
	}
	var blocks []anthropicBlock
	if f := decodeValue(raw, &blocks, "system"); f != nil {
		return f
	}
	for i, b := range blocks {
		if b.Type != "text" || b.Text == "" {
			return invalid(at("system", i), "text content blocks must be non-empty")
		}
		t.say(b.Text)
		c.count(b.Text, b.CacheControl)
	}
	c.ask.turns = append(c.ask.turns, t)
	return nil
}
