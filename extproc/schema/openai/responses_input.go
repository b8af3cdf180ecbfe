package openai

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// items writes instructions and input. A system message at the front becomes instructions; later ones stay in place.
func (o *outbound) items() {
	messages, w := o.r.Messages, &o.w
	first := 0
	if len(messages) > 1 && messages[0].Role == schema.RoleSystem {
		if text, plain := plainText(&messages[0]); plain {
			w.str("instructions", text)
			first = 1
		}
	}
	w.arrayAt("input")
	for i := first; i < len(messages); i++ {
		o.itemsOf(i, &messages[i])
	}
	w.endArray()
}

// plainText joins a message's text, if it has nothing else.
func plainText(m *schema.Message) (string, bool) {
	texts := make([]string, 0, len(m.Parts))
	for i := range m.Parts {
		if m.Parts[i].Kind != schema.PartText {
			return "", false
		}
		texts = append(texts, m.Parts[i].Text)
	}
	return strings.Join(texts, paragraph), true
}

// itemsOf writes a message as items: runs of content as messages, calls, results and thoughts as items of their own.
func (o *outbound) itemsOf(i int, m *schema.Message) {
	if m.Name != "" {
		o.lose("messages[%d].name", i)
	}
	open := false
	for j := range m.Parts {
		p := &m.Parts[j]
		if o.isContent(m.Role, p) {
			if !open {
				o.openMessage(m.Role)
				open = true
			}
			o.inputPart(m.Role, p)
			continue
		}
		if open {
			o.closeMessage()
			open = false
		}
		if !o.item(i, j, p) {
			o.lose("messages[%d].content[%d] (%s)", i, j, nameOf(p))
		}
	}
	if open {
		o.closeMessage()
	}
}

func (o *outbound) openMessage(role schema.Role) {
	o.w.object()
	o.w.str("type", "message")
	o.w.str("role", string(role))
	o.w.arrayAt("content")
}

func (o *outbound) closeMessage() {
	o.w.endArray()
	o.w.endObject()
}

// isContent reports whether the part stands inside a message item.
func (o *outbound) isContent(role schema.Role, p *schema.Part) bool {
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		return true
	case schema.PartImage:
		return role != schema.RoleAssistant && (p.Media.Data != "" || isWeb(p.Media.URL) || p.Media.FileID != "" && o.r.Format == schema.OpenAI)
	case schema.PartFile:
		return role != schema.RoleAssistant &&
			(p.Media.Data != "" || p.Media.Text != "" || isWeb(p.Media.URL) || p.Media.FileID != "" && o.r.Format == schema.OpenAI)
	case schema.PartAudio:
		format := audioFormat(p.Media.Type)
		return role != schema.RoleAssistant && p.Media.Data != "" && (format == "wav" || format == "mp3")
	}
	return false
}

// inputPart writes a part of a message item; what the assistant said is output_text.
func (o *outbound) inputPart(role schema.Role, p *schema.Part) {
	w := &o.w
	w.object()
	switch {
	case p.Kind == schema.PartRefusal && role == schema.RoleAssistant:
		w.str("type", "refusal")
		w.str("refusal", p.Text)
	case p.Kind == schema.PartImage:
		w.str("type", "input_image")
		if p.Media.FileID != "" && p.Media.Data == "" && p.Media.URL == "" {
			w.str("file_id", p.Media.FileID)
		} else {
			w.str("image_url", linkOf(p.Media, "image/png"))
		}
		detail := p.Media.Detail
		if detail == "" {
			detail = "auto"
		}
		w.str("detail", detail)
	case p.Kind == schema.PartFile && p.Media.Text == "":
		w.str("type", "input_file")
		if p.Media.Data == "" && p.Media.URL != "" {
			w.str("file_url", p.Media.URL)
		} else {
			o.file(p.Media)
		}
	case p.Kind == schema.PartAudio:
		w.str("type", "input_audio")
		w.objectAt("input_audio")
		w.str("data", p.Media.Data)
		w.str("format", audioFormat(p.Media.Type))
		w.endObject()
	case role == schema.RoleAssistant:
		w.str("type", "output_text")
		w.str("text", p.Text)
	default:
		w.str("type", "input_text")
		w.str("text", p.Text+p.Media.Text)
	}
	if role != schema.RoleAssistant {
		o.cache(p.Cache)
	}
	w.endObject()
}

// item writes a part that is an item of its own, and reports whether it could.
func (o *outbound) item(i, j int, p *schema.Part) bool {
	w := &o.w
	switch p.Kind {
	case schema.PartToolCall:
		w.object()
		w.str("type", "function_call")
		w.str("call_id", p.ID)
		w.str("name", wireName(p.Name))
		w.str("arguments", argsOf(p.Args))
		w.endObject()
	case schema.PartToolResult:
		w.object()
		w.str("type", "function_call_output")
		w.str("call_id", p.ID)
		w.key("output")
		o.output(i, j, p)
		w.endObject()
	case schema.PartThinking:
		by, signature := madeBy(p)
		if by != schema.OpenAI || signature == "" {
			return true // only OpenAI's own signed thoughts are taken; not a loss, for the model thinks anew
		}
		w.object()
		w.str("type", "reasoning")
		w.optional("id", p.ID)
		w.summary(p.Text)
		w.str("encrypted_content", signature)
		w.endObject()
	case schema.PartOther:
		if o.r.Format != schema.OpenAI || o.r.Op != schema.OpResponses || kindOf(p.Raw) == "" {
			return false
		}
		w.value(p.Raw)
	default:
		return false
	}
	return true
}

// output writes a tool's result: a string if it is text alone, else parts.
func (o *outbound) output(i, j int, p *schema.Part) {
	texts := make([]schema.Part, 0, len(p.Result))
	plain := true
	for k := range p.Result {
		q := p.Result[k]
		if !o.isContent(schema.RoleTool, &q) || q.Kind == schema.PartAudio {
			o.lose("messages[%d].content[%d].content[%d] (%s)", i, j, k, q.Kind)
			continue
		}
		if q.Kind == schema.PartFile && q.Media.Text != "" {
			q = schema.Part{Kind: schema.PartText, Text: q.Media.Text}
		}
		plain = plain && q.Kind == schema.PartText
		texts = append(texts, q)
	}
	if p.IsError {
		texts = markErrorFirst(texts)
	}
	if plain {
		text, _ := plainText(&schema.Message{Parts: texts})
		o.w.text(text)
		return
	}
	o.w.array()
	for k := range texts {
		o.inputPart(schema.RoleTool, &texts[k])
	}
	o.w.endArray()
}

// markErrorFirst is markError for a result that may begin with an image.
func markErrorFirst(parts []schema.Part) []schema.Part {
	if len(parts) > 0 && parts[0].Kind == schema.PartText {
		return markError(parts)
	}
	return append([]schema.Part{{Kind: schema.PartText, Text: "Error"}}, parts...)
}
