package openai

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// messages writes the conversation. Images in tool results go into a user message behind the results, for a tool
// message takes text only.
func (o *outbound) messages() *schema.Error {
	w := &o.w
	w.arrayAt("messages")
	var images []schema.Part
	for i := range o.r.Messages {
		m := &o.r.Messages[i]
		results, others := split(m)
		if len(results) == 0 {
			images = o.flush(images)
		}
		for _, j := range results {
			images = o.toolMessage(i, j, &m.Parts[j], images)
		}
		if len(results) > 0 && len(others) == 0 {
			continue
		}
		if len(results) > 0 {
			images = o.flush(images)
		}
		o.message(i, m, others)
	}
	o.flush(images)
	w.endArray()
	return nil
}

// split tells the indexes of tool results from those of other parts.
func split(m *schema.Message) (results, others []int) {
	for j := range m.Parts {
		if m.Parts[j].Kind == schema.PartToolResult {
			results = append(results, j)
		} else {
			others = append(others, j)
		}
	}
	return results, others
}

// flush writes the images of tool results as a user message.
func (o *outbound) flush(images []schema.Part) []schema.Part {
	if len(images) == 0 {
		return nil
	}
	w := &o.w
	w.object()
	w.str("role", "user")
	w.arrayAt("content")
	for i := range images {
		o.part(&images[i])
	}
	w.endArray()
	w.endObject()
	return nil
}

func (o *outbound) toolMessage(i, j int, p *schema.Part, images []schema.Part) []schema.Part {
	w := &o.w
	w.object()
	w.str("role", "tool")
	w.str("tool_call_id", o.callID(p.ID))
	if o.d.Name == "mistral" && p.Name != "" {
		w.str("name", wireName(p.Name))
	}
	var texts []schema.Part
	for k := range p.Result {
		q := p.Result[k]
		switch {
		case q.Kind == schema.PartText:
			texts = append(texts, q)
		case q.Kind == schema.PartFile && q.Media.Text != "":
			texts = append(texts, schema.Part{Kind: schema.PartText, Text: q.Media.Text})
		case o.carries(&q):
			images = append(images, q)
		default:
			o.lose("messages[%d].content[%d].content[%d] (%s)", i, j, k, q.Kind)
		}
	}
	if p.IsError { // Chat Completions has no flag for it
		texts = markError(texts)
	}
	if len(texts) == 0 && len(images) > 0 {
		texts = []schema.Part{{Kind: schema.PartText, Text: "see the attachment in the next message"}}
	}
	o.texts("content", texts, "\n")
	w.endObject()
	return images
}

// markError makes an error result read as one.
func markError(texts []schema.Part) []schema.Part {
	if len(texts) == 0 {
		return []schema.Part{{Kind: schema.PartText, Text: "Error"}}
	}
	if strings.HasPrefix(strings.ToLower(texts[0].Text), "error") {
		return texts
	}
	marked := append([]schema.Part(nil), texts...)
	marked[0].Text = "Error: " + marked[0].Text
	return marked
}

func (o *outbound) message(i int, m *schema.Message, parts []int) {
	w := &o.w
	w.object()
	w.str("role", o.role(m.Role))
	if m.Name != "" && o.d.takes("name") {
		w.str("name", m.Name)
	} else if m.Name != "" {
		o.lose("messages[%d].name", i)
	}
	if m.Role == schema.RoleAssistant {
		o.assistant(i, m)
		w.endObject()
		return
	}
	var kept []schema.Part
	plain := true
	for _, j := range parts {
		p := m.Parts[j]
		if p.Kind == schema.PartFile && p.Media.Text != "" {
			p = schema.Part{Kind: schema.PartText, Text: p.Media.Text, Cache: p.Cache}
		}
		if m.Role != schema.RoleUser && p.Kind != schema.PartText || !o.carries(&p) {
			o.lose("messages[%d].content[%d] (%s)", i, j, nameOf(&p))
			continue
		}
		plain = plain && p.Kind == schema.PartText
		kept = append(kept, p)
	}
	if plain && (m.Role != schema.RoleUser || len(kept) < 2) {
		o.texts("content", kept, "\n\n")
		w.endObject()
		return
	}
	w.arrayAt("content")
	for k := range kept {
		o.part(&kept[k])
	}
	w.endArray()
	w.endObject()
}

func (o *outbound) role(r schema.Role) string {
	if r == schema.RoleDeveloper && o.d.NoDeveloper {
		return "system"
	}
	return string(r)
}

// texts writes text parts: one as a string, several as parts, or joined where the server takes no parts.
func (o *outbound) texts(name string, parts []schema.Part, separator string) {
	marked := false
	for i := range parts {
		marked = marked || parts[i].Cache != nil
	}
	if len(parts) < 2 && !marked || o.d.FlatText {
		texts := make([]string, len(parts))
		for i := range parts {
			texts[i] = parts[i].Text
		}
		o.w.str(name, strings.Join(texts, separator))
		return
	}
	o.w.arrayAt(name)
	for i := range parts {
		o.part(&parts[i])
	}
	o.w.endArray()
}

// carries reports whether the part can stand in a user message.
func (o *outbound) carries(p *schema.Part) bool {
	m := &p.Media
	switch p.Kind {
	case schema.PartText:
		return true
	case schema.PartImage:
		return m.Data != "" || isWeb(m.URL)
	case schema.PartAudio:
		return m.Data != "" && (audioFormat(m.Type) == "wav" || audioFormat(m.Type) == "mp3" || !o.d.official() && audioFormat(m.Type) != "")
	case schema.PartFile:
		return m.Data != "" || m.FileID != "" && o.r.Format == schema.OpenAI
	case schema.PartOther:
		return o.r.Format == schema.OpenAI && o.r.Op == schema.OpChat
	}
	return false
}

// nameOf names a part that is lost.
func nameOf(p *schema.Part) string {
	if p.Kind == schema.PartOther {
		return kindOf(p.Raw)
	}
	return string(p.Kind)
}

// part writes one part of a user message.
func (o *outbound) part(p *schema.Part) {
	w := &o.w
	if p.Kind == schema.PartOther {
		w.value(p.Raw)
		return
	}
	w.object()
	switch p.Kind {
	case schema.PartImage:
		w.str("type", "image_url")
		w.objectAt("image_url")
		w.str("url", linkOf(p.Media, "image/png"))
		w.optional("detail", p.Media.Detail)
		w.endObject()
	case schema.PartAudio:
		w.str("type", "input_audio")
		w.objectAt("input_audio")
		w.str("data", p.Media.Data)
		w.str("format", audioFormat(p.Media.Type))
		w.endObject()
	case schema.PartFile:
		w.str("type", "file")
		w.objectAt("file")
		o.file(p.Media)
		w.endObject()
	default:
		w.str("type", "text")
		w.str("text", p.Text)
	}
	o.cache(p.Cache)
	w.endObject()
}

// file writes the members of a document, which needs a name beside inline data.
func (o *outbound) file(m schema.Media) {
	if m.FileID != "" && o.r.Format == schema.OpenAI {
		o.w.str("file_id", m.FileID)
		return
	}
	name := m.Filename
	if name == "" {
		name = "document.pdf"
	}
	o.w.str("filename", name)
	o.w.str("file_data", linkOf(m, "application/pdf"))
}

// assistant writes an earlier answer.
func (o *outbound) assistant(i int, m *schema.Message) {
	var texts []schema.Part
	var refusal strings.Builder
	var thoughts []*schema.Part
	var calls []*schema.Part
	for j := range m.Parts {
		p := &m.Parts[j]
		switch {
		case p.Kind == schema.PartText && p.Text == "" && o.r.Format != schema.OpenAI: // says nothing
		case p.Kind == schema.PartText:
			texts = append(texts, *p)
		case p.Kind == schema.PartRefusal:
			refusal.WriteString(p.Text)
		case p.Kind == schema.PartThinking: // not a loss where there is no place: a model thinks anew
			thoughts = append(thoughts, p)
		case p.Kind == schema.PartToolCall, p.Kind == schema.PartOther && p.ID != "" && o.r.Format == schema.OpenAI && o.r.Op == schema.OpChat:
			calls = append(calls, p)
		case p.Kind == schema.PartAudio && p.Media.FileID != "" && o.d.official() && o.r.Format == schema.OpenAI:
			o.w.objectAt("audio")
			o.w.str("id", p.Media.FileID)
			o.w.endObject()
		default:
			o.lose("messages[%d].content[%d] (%s)", i, j, nameOf(p))
		}
	}
	o.thoughts(thoughts)
	if refusal.Len() > 0 && !o.d.official() { // only OpenAI tells a refusal from text
		texts = append(texts, schema.Part{Kind: schema.PartText, Text: refusal.String()})
		refusal.Reset()
	}
	if len(texts) == 0 && (len(calls) > 0 || refusal.Len() > 0) {
		o.w.null("content")
	} else {
		o.texts("content", texts, "")
	}
	o.w.optional("refusal", refusal.String())
	o.toolCalls(calls)
}

// thoughts gives earlier thoughts back in the server's form, if it has one.
func (o *outbound) thoughts(parts []*schema.Part) {
	if len(parts) == 0 || o.d.Thoughts == "" {
		return
	}
	if o.d.Thoughts == "reasoning_details" {
		o.w.arrayAt(o.d.Thoughts)
		for index, p := range parts {
			o.w.thoughtDetail(p, index)
		}
		o.w.endArray()
		return
	}
	var text strings.Builder
	for _, p := range parts {
		text.WriteString(p.Text)
	}
	o.w.optional(o.d.Thoughts, text.String())
}

func (o *outbound) toolCalls(calls []*schema.Part) {
	if len(calls) == 0 {
		return
	}
	w := &o.w
	w.arrayAt("tool_calls")
	for _, p := range calls {
		if p.Kind == schema.PartOther {
			w.value(p.Raw)
			continue
		}
		w.object()
		w.str("id", o.callID(p.ID))
		w.str("type", "function")
		w.objectAt("function")
		w.str("name", wireName(p.Name))
		w.str("arguments", argsOf(p.Args))
		w.endObject()
		if by, signature := madeBy(p); by == schema.Gemini && signature != "" && !o.d.official() {
			w.signature(signature)
		}
		w.endObject()
	}
	w.endArray()
}

// signature writes Google's thought signature of a tool call.
func (w *writer) signature(s string) {
	w.objectAt("extra_content")
	w.objectAt("google")
	w.str("thought_signature", s)
	w.endObject()
	w.endObject()
}

// argsOf are the arguments as text; none at all are an empty object.
func argsOf(args string) string {
	if strings.TrimSpace(args) == "" {
		return "{}"
	}
	return args
}

func (o *outbound) callID(id string) string {
	if o.d.ShortCallIDs {
		return shortID(id)
	}
	return id
}
