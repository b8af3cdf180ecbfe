package demo

import (
	"encoding/json"
	"slices"
	"strings"
)

var (
	bedrockImages    = []string{"png", "jpeg", "gif", "webp"}
	bedrockDocuments = []string{"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"}
	bedrockAudios    = []string{"mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm"}
)

func (r *converseReader) block(t *turn, b *converseBlock, waiting map[string]string) *failure {
	switch {
	case b.Text != nil:
		if strings.TrimSpace(*b.Text) == "" {
			return invalid("", "The text field in the ContentBlock object is blank. Add text to the text field, and try again.")
		}
		t.say(*b.Text)
		r.tokens += tokensOf(*b.Text)
	case b.Image != nil:
		t.images++
		return b.Image.check("image", bedrockImages)
	case b.Document != nil:
		t.files++
		if b.Document.Name == "" {
			return invalid("", "1 validation error detected: Value at 'document.name' failed to satisfy constraint: Member must not be null")
		}
		return b.Document.check("document", bedrockDocuments)
	case b.Audio != nil:
		t.audios++
		return b.Audio.check("audio", bedrockAudios)
	case b.ToolUse != nil:
		var args map[string]json.RawMessage
		if t.role != assistant || b.ToolUse.ID == "" || !toolName(b.ToolUse.Name, 64) || json.Unmarshal(b.ToolUse.Input, &args) != nil {
			return invalid("", "toolUse blocks need toolUseId, name and an input object, in an assistant message.")
		}
		t.calls = append(t.calls, call{id: b.ToolUse.ID, name: b.ToolUse.Name, args: string(b.ToolUse.Input)})
	case b.ToolResult != nil:
		return r.result(t, b.ToolResult, waiting)
	case b.Reasoning != nil:
		if rt := b.Reasoning.ReasoningText; rt != nil && rt.Signature != signatureOf(rt.Text) {
			return invalid("", "The model returned the following errors: Invalid `signature` in `thinking` block")
		}
	case !absent(b.CachePoint):
		r.marked = r.tokens
	default:
		return invalid("", "The content block is empty, or of a kind that is not known.")
	}
	return nil
}

func (r *converseReader) result(t *turn, b *converseResult, waiting map[string]string) *failure {
	name, waited := waiting[b.ID]
	switch {
	case !waited || t.role != user:
		return invalid("", "The toolResult block with id %q answers no toolUse block of the previous turn.", b.ID)
	case b.Status != "" && b.Status != "success" && b.Status != "error":
		return invalid("", "1 validation error detected: Value at 'toolResult.status' failed to satisfy constraint: Member must satisfy enum value set: [success, error]")
	}
	delete(waiting, b.ID)
	inner := turn{role: user}
	for i := range b.Content {
		c := &b.Content[i]
		if !absent(c.JSON) {
			inner.say(string(c.JSON))
			continue
		}
		if c.ToolUse != nil || c.ToolResult != nil {
			return invalid("", "A toolResult block holds text, json, images and documents only.")
		}
		if f := r.block(&inner, c, nil); f != nil {
			return f
		}
	}
	t.results = append(t.results, result{id: b.ID, name: name, text: inner.text, images: inner.images, failed: b.Status == "error"})
	return nil
}

func (m *converseMedia) check(kind string, formats []string) *failure {
	switch {
	case !slices.Contains(formats, m.Format):
		return invalid("", "1 validation error detected: Value '%s' at '%s.format' failed to satisfy constraint: Member must satisfy enum value set: [%s]", m.Format, kind, strings.Join(formats, ", "))
	case !isBase64(m.Source.Bytes) && m.Source.Text == "" && absent(m.Source.S3):
		return invalid("", "The %s source is empty, or its bytes are not base64.", kind)
	}
	return nil
}
