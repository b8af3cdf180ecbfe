package demo

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"
)

// messages turns the conversation into turns. Each tool use must be answered in the very next message.
func (c *anthropicReader) messages(m *messagesRequest) *failure {
	if len(m.Messages) == 0 {
		return invalid("messages", "at least one message is required")
	}
	for i := range m.Messages {
		msg := &m.Messages[i]
		where := at("messages", i)
		if msg.Role != "user" && msg.Role != "assistant" {
			return invalid(where+".role", "Input should be 'user' or 'assistant'")
		}
		blocks, f := msg.blocks(where)
		if f != nil {
			return f
		}
		last := i == len(m.Messages)-1
		if len(blocks) == 0 && !(last && msg.Role == "assistant") {
			return invalid(where, "all messages must have non-empty content except for the optional final assistant message")
		}
		t := turn{role: user}
		if msg.Role == "assistant" {
			t.role = assistant
		}
		waiting := c.open
		c.open = map[string]string{}
		for j := range blocks {
			if f := c.block(&t, &blocks[j], waiting, where+"."+at("content", j)); f != nil {
				return f
			}
		}
		for id := range waiting {
			return invalid(where, "`tool_use` ids were found without `tool_result` blocks immediately after: %s. Each `tool_use` block must have a corresponding `tool_result` block in the next message.", id)
		}
		// Thinking must be kept while tools are used: the turn that used them begins with it.
		if c.ask.thoughts && i == len(m.Messages)-2 && len(t.calls) > 0 && !strings.HasSuffix(blocks[0].Type, "thinking") {
			return invalid(where+".content[0].type", "Expected `thinking` or `redacted_thinking`, but found `%s`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.", blocks[0].Type)
		}
		c.ask.turns = append(c.ask.turns, t)
	}
	for id := range c.open {
		return invalid("messages", "`tool_use` ids were found without `tool_result` blocks immediately after: %s.", id)
	}
	return nil
}

func (m *anthropicMessage) blocks(where string) ([]anthropicBlock, *failure) {
	if absent(m.Content) {
		return nil, invalid(where+".content", "Field required")
	}
	return anthropicBlocks(m.Content, where+".content")
}

// anthropicBlocks reads blocks, or text, which stands for one block.
func anthropicBlocks(raw json.RawMessage, where string) ([]anthropicBlock, *failure) {
	if raw[0] == '"' {
		b := anthropicBlock{Type: "text"}
		f := decodeValue(raw, &b.Text, where)
		if b.Text == "" {
			return nil, f
		}
		return []anthropicBlock{b}, f
	}
	var blocks []anthropicBlock
	f := decodeValue(raw, &blocks, where)
	return blocks, f
}

func (c *anthropicReader) block(t *turn, b *anthropicBlock, waiting map[string]string, where string) *failure {
	c.count(b.Text+b.Thinking+string(b.Input)+string(b.Content), b.CacheControl)
	switch b.Type {
	case "text":
		if b.Text == "" {
			return invalid("messages", "text content blocks must be non-empty")
		}
		t.say(b.Text)
	case "image":
		t.images++
		return b.Source.check(where+".image.source", "image/jpeg", "image/png", "image/gif", "image/webp")
	case "document":
		t.files++
		return b.Source.check(where+".document.source", "application/pdf", "text/plain")
	case "tool_use":
		var args map[string]json.RawMessage
		if t.role != assistant || b.ID == "" || !toolName(b.Name, 200) || json.Unmarshal(b.Input, &args) != nil {
			return invalid(where+".tool_use", "`tool_use` blocks need id, name and an input object, in an assistant message")
		}
		c.open[b.ID] = b.Name
		t.calls = append(t.calls, call{id: b.ID, name: b.Name, args: string(b.Input)})
	case "tool_result":
		return c.result(t, b, waiting, where)
	case "thinking":
		if t.role != assistant || b.Signature != signatureOf(b.Thinking) {
			return invalid(where, "Invalid `signature` in `thinking` block")
		}
	case "redacted_thinking", "server_tool_use", "web_search_tool_result", "search_result":
	default:
		return invalid(where, "Input tag '%s' found using 'type' does not match any of the expected tags", b.Type)
	}
	return nil
}

func (c *anthropicReader) result(t *turn, b *anthropicBlock, waiting map[string]string, where string) *failure {
	name, waited := waiting[b.ToolUseID]
	if !waited || t.role != user {
		return invalid(where, "unexpected `tool_use_id` found in `tool_result` blocks: %s. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.", b.ToolUseID)
	}
	if t.text != "" {
		return invalid(where, "`tool_result` blocks must come before other content")
	}
	delete(waiting, b.ToolUseID)
	inner := turn{role: user}
	if !absent(b.Content) {
		blocks, f := anthropicBlocks(b.Content, where+".tool_result.content")
		if f != nil {
			return f
		}
		for i := range blocks {
			if kind := blocks[i].Type; kind != "text" && kind != "image" && kind != "document" && kind != "search_result" {
				return invalid(where+".tool_result.content", "Input tag '%s' does not match any of the expected tags", kind)
			}
			if f := c.block(&inner, &blocks[i], nil, where+".tool_result."+at("content", i)); f != nil {
				return f
			}
		}
	}
	t.results = append(t.results, result{id: b.ToolUseID, name: name, text: inner.text, images: inner.images, failed: b.IsError})
	return nil
}

func (s *anthropicSource) check(where string, types ...string) *failure {
	if s == nil {
		return invalid(where, "Field required")
	}
	known := false
	for _, t := range types {
		known = known || t == s.MediaType
	}
	switch {
	case s.Type == "base64" && known && isBase64(s.Data),
		s.Type == "url" && strings.HasPrefix(s.URL, "https://"),
		s.Type == "text" && s.Data != "",
		s.Type == "content" && !absent(s.Content),
		s.Type == "file" && s.FileID != "":
		return nil
	case s.Type == "url":
		return invalid(where+".url", "Only HTTPS URLs are supported.")
	case s.Type == "base64" && !known:
		return invalid(where+".base64.media_type", "Input should be one of %s", strings.Join(types, ", "))
	}
	return invalid(where, "Could not process the source: type, data or url is wrong")
}

// signatureOf proves that a thought is the provider's own.
func signatureOf(thought string) string {
	h := fnv.New64a()
	h.Write([]byte("demo signature " + thought))
	return "c2lnbmVk" + strconv.FormatUint(h.Sum64()|1<<63, 36)
}
