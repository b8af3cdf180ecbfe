package demo

import (
	"encoding/json"
	"slices"
	"strings"
)

const converseParams = `additionalModelRequestFields additionalModelResponseFieldPaths guardrailConfig inferenceConfig messages outputConfig
performanceConfig promptVariables requestMetadata serviceTier system toolConfig`

type converseRequest struct {
	Messages        []converseMessage `json:"messages"`
	System          []converseBlock   `json:"system"`
	InferenceConfig struct {
		MaxTokens     *int     `json:"maxTokens"`
		Temperature   *float64 `json:"temperature"`
		TopP          *float64 `json:"topP"`
		StopSequences []string `json:"stopSequences"`
	} `json:"inferenceConfig"`
	ToolConfig *struct {
		Tools []struct {
			ToolSpec   *converseTool   `json:"toolSpec"`
			CachePoint json.RawMessage `json:"cachePoint"`
			SystemTool json.RawMessage `json:"systemTool"`
		} `json:"tools"`
		ToolChoice map[string]struct {
			Name string `json:"name"`
		} `json:"toolChoice"`
	} `json:"toolConfig"`
	OutputConfig *struct {
		Effort     string `json:"effort"`
		TextFormat *struct {
			Type      string `json:"type"`
			Structure struct {
				JSONSchema struct {
					Schema string `json:"schema"`
				} `json:"jsonSchema"`
			} `json:"structure"`
		} `json:"textFormat"`
	} `json:"outputConfig"`
	Additional struct {
		Thinking *thinkingConfig `json:"thinking"`
	} `json:"additionalModelRequestFields"`
}

type converseTool struct {
	Name        string `json:"name"`
	InputSchema struct {
		JSON json.RawMessage `json:"json"`
	} `json:"inputSchema"`
}

type converseMessage struct {
	Role    string          `json:"role"`
	Content []converseBlock `json:"content"`
}

// converseBlock is a union: exactly one member is set.
type converseBlock struct {
	Text       *string          `json:"text,omitempty"`
	Image      *converseMedia   `json:"image,omitempty"`
	Document   *converseMedia   `json:"document,omitempty"`
	Audio      *converseMedia   `json:"audio,omitempty"`
	ToolUse    *converseUse     `json:"toolUse,omitempty"`
	ToolResult *converseResult  `json:"toolResult,omitempty"`
	Reasoning  *converseThought `json:"reasoningContent,omitempty"`
	JSON       json.RawMessage  `json:"json,omitempty"` // tool results only
	CachePoint json.RawMessage  `json:"cachePoint,omitempty"`
}

type converseMedia struct {
	Format string `json:"format"`
	Name   string `json:"name"` // documents only
	Source struct {
		Bytes string          `json:"bytes"`
		Text  string          `json:"text"`
		S3    json.RawMessage `json:"s3Location"`
	} `json:"source"`
}

type converseUse struct {
	ID    string          `json:"toolUseId"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input,omitempty"`
}

type converseResult struct {
	ID      string          `json:"toolUseId"`
	Content []converseBlock `json:"content"`
	Status  string          `json:"status"`
}

type converseThought struct {
	ReasoningText *reasoningText `json:"reasoningText,omitempty"`
	Redacted      string         `json:"redactedContent,omitempty"`
}

type reasoningText struct {
	Text      string `json:"text"`
	Signature string `json:"signature,omitempty"`
}

// converseReader gathers turns, and counts tokens up to the last cache point.
type converseReader struct {
	ask    *ask
	tokens int
	marked int
}

func (c *converseRequest) ask(model string) (*ask, *failure) {
	i := c.InferenceConfig
	a := &ask{model: model, stops: i.StopSequences}
	if i.MaxTokens != nil {
		a.limit = *i.MaxTokens
	}
	switch {
	case i.MaxTokens != nil && a.limit < 1:
		return nil, invalid("", "1 validation error detected: Value '%d' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1", a.limit)
	case len(a.stops) > 4:
		return nil, invalid("", "1 validation error detected: Value at 'inferenceConfig.stopSequences' failed to satisfy constraint: Member must have length less than or equal to 4")
	case slices.Contains(a.stops, ""):
		return nil, invalid("", "Stop sequences must not be empty.")
	}
	if t := c.Additional.Thinking; t != nil && t.Type == "enabled" && t.Budget != nil {
		if *t.Budget < 1024 || a.limit > 0 && *t.Budget >= a.limit {
			return nil, invalid("", "The model returned the following errors: `max_tokens` must be greater than `thinking.budget_tokens`, which must be at least 1024.")
		}
		a.reasoning, a.thoughts = *t.Budget/32, true
	}
	if o := c.OutputConfig; o != nil && o.TextFormat != nil {
		a.format, a.schema = formatSchema, json.RawMessage(o.TextFormat.Structure.JSONSchema.Schema)
		if o.TextFormat.Type != "json_schema" || !json.Valid(a.schema) {
			return nil, invalid("", "outputConfig.textFormat needs type json_schema and a schema that is JSON.")
		}
	}
	r := &converseReader{ask: a}
	f := firstFailure(inRange(i.Temperature, 0, 1, "inferenceConfig.temperature"), inRange(i.TopP, 0, 1, "inferenceConfig.topP"), r.tools(c), r.system(c), r.messages(c))
	a.cacheable = min(r.marked, a.input())
	return a, f
}

func (r *converseReader) tools(c *converseRequest) *failure {
	if c.ToolConfig == nil {
		return nil
	}
	for _, t := range c.ToolConfig.Tools {
		switch s := t.ToolSpec; {
		case s != nil && (!toolName(s.Name, 64) || absent(s.InputSchema.JSON)):
			return invalid("", "1 validation error detected: Value at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+")
		case s != nil:
			r.tokens += tokensOf(s.Name + string(s.InputSchema.JSON))
			r.ask.tools = append(r.ask.tools, tool{name: s.Name, schema: s.InputSchema.JSON})
		case !absent(t.CachePoint):
			r.marked = r.tokens
		}
	}
	if len(c.ToolConfig.Tools) == 0 {
		return invalid("", "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	choices := map[string]toolChoice{"auto": chooseAuto, "any": chooseRequired, "tool": chooseNamed} // there is no none
	for kind, named := range c.ToolConfig.ToolChoice {
		choice, known := choices[kind]
		if !known || len(c.ToolConfig.ToolChoice) != 1 || kind == "tool" && !r.ask.has(named.Name) {
			return invalid("", "Invalid toolChoice: %s", kind)
		}
		r.ask.choice, r.ask.named = choice, named.Name
	}
	return nil
}

func (r *converseReader) system(c *converseRequest) *failure {
	t := turn{role: system}
	for _, b := range c.System {
		if b.Text != nil {
			if *b.Text == "" {
				return invalid("", "The text field in the SystemContentBlock object is blank. Add text to the text field, and try again.")
			}
			t.say(*b.Text)
			r.tokens += tokensOf(*b.Text)
		}
		if !absent(b.CachePoint) {
			r.marked = r.tokens
		}
	}
	if len(c.System) > 0 {
		r.ask.turns = append(r.ask.turns, t)
	}
	return nil
}

// messages: user and assistant take turns, the user first; each tool use is answered in the next message.
func (r *converseReader) messages(c *converseRequest) *failure {
	if len(c.Messages) == 0 {
		return invalid("", "1 validation error detected: Value at 'messages' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	waiting := map[string]string{}
	for i, m := range c.Messages {
		want, t := "user", turn{role: user}
		if i%2 == 1 {
			want, t.role = "assistant", assistant
		}
		switch {
		case m.Role != want && i == 0:
			return invalid("", "A conversation must start with a user message. Try again with a conversation that starts with a user message.")
		case m.Role != want:
			return invalid("", "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.")
		case len(m.Content) == 0:
			return invalid("", "The content field in the Message object at messages.%d is empty. Add a ContentBlock object to the content field and try again.", i)
		}
		for j := range m.Content {
			if f := r.block(&t, &m.Content[j], waiting); f != nil {
				return f
			}
		}
		if want == "user" && len(waiting) > 0 {
			return invalid("", "Expected toolResult blocks at messages.%d.content for the following Ids: %s", i, strings.Join(keys(waiting), ", "))
		}
		// Claude wants its thoughts back while it uses tools.
		if r.ask.thoughts && i == len(c.Messages)-2 && len(t.calls) > 0 && m.Content[0].Reasoning == nil {
			return invalid("", "The model returned the following errors: messages.%d.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.", i)
		}
		for _, call := range t.calls {
			waiting[call.id] = call.name
		}
		if len(t.calls)+len(t.results) > 0 && c.ToolConfig == nil {
			return invalid("", "The toolConfig field must be defined when using toolUse and toolResult content blocks.")
		}
		r.ask.turns = append(r.ask.turns, t)
	}
	return nil
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
