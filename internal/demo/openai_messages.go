package demo

import (
	"encoding/json"
	"slices"
	"strings"
)

// messages turns the conversation into turns. Every tool call must be answered before anyone else speaks.
func (c *chatRequest) messages(a *ask) *failure {
	names := map[string]string{} // of the tools, by the ids of calls that wait for a result
	for i := range c.Messages {
		m := &c.Messages[i]
		where := at("messages", i)
		if f := c.known(i, where); f != nil {
			return f
		}
		if m.Role != "tool" && len(names) > 0 {
			return unanswered(where, names)
		}
		t, f := m.turn(where)
		if f != nil {
			return f
		}
		if m.Role != "tool" {
			for _, call := range t.calls {
				names[call.id] = call.name
			}
			a.turns = append(a.turns, t)
			continue
		}
		name, waited := names[m.ToolCallID]
		if !waited {
			return invalid(where+".role", "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
		}
		delete(names, m.ToolCallID)
		r := result{id: m.ToolCallID, name: name, text: t.text, images: t.images}
		if last := len(a.turns) - 1; len(a.turns[last].results) > 0 {
			a.turns[last].results = append(a.turns[last].results, r)
		} else {
			a.turns = append(a.turns, turn{role: user, results: []result{r}})
		}
	}
	if len(names) > 0 {
		return unanswered("messages", names)
	}
	return nil
}

// known refuses members of a message that OpenAI does not have, such as thoughts in the ways of others.
func (c *chatRequest) known(i int, where string) *failure {
	if c.compatible || i >= len(c.raw) {
		return nil
	}
	for name := range c.raw[i] {
		if !slices.Contains(chatMessageMembers, name) {
			return invalid(where+"."+name, "Unknown parameter: '%s.%s'.", where, name)
		}
	}
	return nil
}

var chatMessageMembers = []string{
	"annotations", "audio", "content", "function_call", "name", "parsed", "refusal", "role", "tool_call_id", "tool_calls",
}

func unanswered(where string, names map[string]string) *failure {
	var ids []string
	for id := range names {
		ids = append(ids, id)
	}
	return invalid(where+".role", "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: %s", strings.Join(ids, ", "))
}

func (m *chatMessage) turn(where string) (turn, *failure) {
	t := turn{}
	switch m.Role {
	case "system", "developer":
		t.role = system
	case "user", "tool":
		t.role = user
	case "assistant":
		t.role = assistant
	default:
		return t, invalid(where+".role", "Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", m.Role)
	}
	if absent(m.Content) && (m.Role != "assistant" || len(m.ToolCalls) == 0 && m.Refusal == "") {
		return t, invalid(where+".content", "Invalid value for 'content': expected a string, got null.")
	}
	if len(m.ToolCalls) > 0 && m.Role != "assistant" {
		return t, invalid(where+".tool_calls", "Unknown parameter: '%s.tool_calls'.", where)
	}
	for i, c := range m.ToolCalls {
		if c.ID == "" || c.Function.Name == "" && c.Type != "custom" {
			return t, invalid(where+"."+at("tool_calls", i), "Missing required parameter: '%s.%s.id' or its function.", where, at("tool_calls", i))
		}
		if c.Type != "custom" && !json.Valid([]byte(c.Function.Arguments)) {
			return t, invalid(where+"."+at("tool_calls", i)+".function.arguments", "Invalid arguments: expected JSON.")
		}
		t.calls = append(t.calls, call{id: c.ID, name: c.Function.Name, args: c.Function.Arguments})
	}
	return t, t.content(m.Content, where+".content")
}

// content reads text or parts.
func (t *turn) content(raw json.RawMessage, where string) *failure {
	if absent(raw) {
		return nil
	}
	if raw[0] == '"' {
		return decodeValue(raw, &t.text, where)
	}
	var parts []chatPart
	if f := decodeValue(raw, &parts, where); f != nil {
		return f
	}
	if len(parts) == 0 {
		return invalid(where, "Invalid '%s': empty array. Expected an array with minimum length 1.", where)
	}
	for i := range parts {
		if f := parts[i].into(t, at(where, i)); f != nil {
			return f
		}
	}
	return nil
}

func (p *chatPart) into(t *turn, where string) *failure {
	switch {
	case p.Type == "text":
		t.say(p.Text)
	case p.Type == "refusal":
		t.say(p.Refusal)
	case p.Type == "image_url" && p.ImageURL != nil:
		t.images++
		return imageURL(p.ImageURL.URL, where+".image_url.url")
	case p.Type == "input_audio" && p.InputAudio != nil && p.InputAudio.Data != "":
		t.audios++
	case p.Type == "file" && p.File != nil && p.File.FileID+p.File.FileData != "":
		t.files++
	default:
		return invalid(where, "Invalid value: '%s'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.", p.Type)
	}
	return nil
}

// say adds text, one line a part.
func (t *turn) say(text string) {
	if t.text != "" && text != "" {
		t.text += "\n"
	}
	t.text += text
}

// imageURL checks what OpenAI takes: http(s), or a data URL of an image type in base64.
func imageURL(url, where string) *failure {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return nil
	}
	head, data, found := strings.Cut(url, ",")
	kind, isImage := strings.CutPrefix(head, "data:image/")
	if !found || !isImage || !strings.HasSuffix(kind, ";base64") || !isBase64(data) {
		return invalid(where, "Invalid image URL: expected an http(s) URL, or a data URL with a base64-encoded image.")
	}
	return nil
}
