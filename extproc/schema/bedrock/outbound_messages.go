package bedrock

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// filler stands where Converse demands text and the client gave none: a blank text is refused.
const filler = "."

// system writes the system and developer messages, wherever they stand.
func (e *requestEncoder) system() {
	start := e.w.Mark()
	e.w.Key("system").Open('[')
	empty := e.w.Mark()
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if !isSystem(m.Role) || e.turns() == 0 {
			continue
		}
		for j := range m.Parts {
			at := fmt.Sprintf("messages[%d].content[%d]", i, j)
			switch p := &m.Parts[j]; {
			case p.Kind != schema.PartText:
				e.lose("%s (%s)", at, p.Kind)
			case strings.TrimSpace(p.Text) != "":
				e.text(p.Text)
				e.cachePoint(p.Cache, at)
			}
		}
	}
	if e.wordsForJSON() {
		e.text(jsonInstruction(&e.r.Output))
	}
	if !e.w.Wrote(empty) {
		e.w.Back(start)
		return
	}
	e.w.Close(']')
}

// jsonInstruction asks for JSON in words.
func jsonInstruction(o *schema.OutputFormat) string {
	const alone = "Answer with one JSON object and nothing else: no explanation around it, no code fence."
	if len(o.Schema) == 0 {
		return alone
	}
	return alone + " It must follow this JSON Schema:\n" + string(o.Schema)
}

func isSystem(role schema.Role) bool {
	return role == schema.RoleSystem || role == schema.RoleDeveloper
}

// turns counts the messages that are not the system's.
func (e *requestEncoder) turns() (n int) {
	for i := range e.r.Messages {
		if !isSystem(e.r.Messages[i].Role) {
			n++
		}
	}
	return n
}

// turn is a message as Converse has it.
type turn struct {
	role    string
	content []byte // elements of the array, with commas between
}

// messages writes the turns. They must alternate, beginning with the user, and none may be empty. Messages of one
// side become one, so that the results of parallel calls stand together. A lone system message is the user's.
func (e *requestEncoder) messages() {
	lone := e.turns() == 0
	var turns []turn
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if isSystem(m.Role) && !lone {
			continue
		}
		if m.Name != "" && m.Role != schema.RoleTool {
			e.lose("messages[%d].name", i)
		}
		role := "user"
		if m.Role == schema.RoleAssistant {
			role = "assistant"
		}
		content := e.content(i)
		if n := len(turns); n > 0 && turns[n-1].role == role {
			turns[n-1].content = joined(turns[n-1].content, content)
		} else if len(content) > 0 || role == "user" {
			turns = append(turns, turn{role, content})
		}
	}
	if len(turns) == 0 && len(e.r.Messages) > 0 || len(turns) > 0 && turns[0].role != "user" {
		turns = append([]turn{{role: "user"}}, turns...)
	}
	w := &e.w
	w.Key("messages").Open('[')
	for _, t := range turns {
		if len(t.content) == 0 {
			t.content = []byte(`{"text":"` + filler + `"}`)
		}
		w.Open('{')
		w.Key("role").String(t.role)
		w.Key("content").Open('[')
		w.B = append(w.B, t.content...)
		w.Close(']')
		w.Close('}')
	}
	w.Close(']')
}

func joined(a, b []byte) []byte {
	if len(a) > 0 && len(b) > 0 {
		a = append(a, ',')
	}
	return append(a, b...)
}

// content writes the blocks of one message, apart from what was written so far.
func (e *requestEncoder) content(i int) []byte {
	outer := e.w
	m := &e.r.Messages[i]
	e.w.B = make([]byte, 0, m.Size())
	e.w.Open('[')
	empty := e.w.Mark()
	document, text := false, false
	for j := range m.Parts {
		p, at := &m.Parts[j], fmt.Sprintf("messages[%d].content[%d]", i, j)
		document = document || p.Kind == schema.PartFile
		text = text || p.Kind == schema.PartText && strings.TrimSpace(p.Text) != ""
		before := e.w.Mark()
		e.part(p, at)
		if e.w.Wrote(before) {
			e.cachePoint(p.Cache, at)
		}
	}
	if document && !text { // Converse demands text beside a document
		e.text(filler)
	}
	content := e.w.B[1:]
	if !e.w.Wrote(empty) {
		content = nil
	}
	e.w = outer
	return content
}

// part writes a part as a content block, or names what cannot be one.
func (e *requestEncoder) part(p *schema.Part, at string) {
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		if strings.TrimSpace(p.Text) != "" {
			e.text(p.Text)
		}
	case schema.PartImage, schema.PartAudio, schema.PartFile:
		if p.Media.Detail != "" && p.Media.Detail != "auto" {
			e.lose("%s.detail", at)
		}
		if !e.media(p.Kind, &p.Media) {
			e.lose("%s (%s)", at, mediaName(p))
		}
	case schema.PartToolCall:
		e.call(p)
	case schema.PartToolResult:
		e.result(p, at)
	case schema.PartThinking:
		e.thought(p)
	default:
		e.lose("%s (%s)", at, p.Kind)
	}
}

// mediaName tells a remote address, which Bedrock does not fetch, from a type it does not take.
func mediaName(p *schema.Part) string {
	if p.Media.URL != "" {
		return string(p.Kind) + " by URL"
	}
	return string(p.Kind)
}

func (e *requestEncoder) text(s string) {
	e.w.Open('{')
	e.w.Key("text").String(s)
	e.w.Close('}')
}

// media writes {"image":{"format":"png","source":{"bytes":"…"}}} and its like. Converse takes bytes and S3 locations.
func (e *requestEncoder) media(kind schema.PartKind, m *schema.Media) bool {
	mime, data := typeOf(m), m.Data
	if data == "" && m.Text != "" {
		data = base64.StdEncoding.EncodeToString([]byte(m.Text))
		if mime == "" {
			mime = "text/plain"
		}
	}
	format := formats[mime]
	s3 := strings.HasPrefix(m.URL, "s3://")
	if format == "" || data == "" && !s3 {
		return false
	}
	block := "document"
	switch {
	case strings.HasPrefix(mime, "image/"):
		block = "image"
	case strings.HasPrefix(mime, "audio/"):
		block = "audio"
	case strings.HasPrefix(mime, "video/"):
		block = "video"
	}
	if kind != schema.PartFile && string(kind) != block {
		return false
	}
	w := &e.w
	w.Open('{')
	w.Key(block).Open('{')
	w.Key("format").String(format)
	if block == "document" {
		w.Key("name").String(documentName(m.Filename, e.documents))
	}
	w.Key("source").Open('{')
	if data != "" {
		w.Key("bytes").Plain(data)
	} else {
		w.Key("s3Location").Open('{')
		w.Key("uri").String(m.URL)
		w.Close('}')
	}
	w.Close('}')
	w.Close('}')
	w.Close('}')
	return true
}

// call writes {"toolUse":{"toolUseId":"…","name":"…","input":{…}}}.
func (e *requestEncoder) call(p *schema.Part) {
	w := &e.w
	w.Open('{')
	w.Key("toolUse").Open('{')
	w.Key("toolUseId").String(toolNames.Fit(p.ID))
	w.Key("name").String(toolNames.Fit(p.Name))
	w.Key("input").Arguments(p.Args)
	w.Close('}')
	w.Close('}')
}

// result writes {"toolResult":{"toolUseId":"…","content":[…],"status":"error"}}.
func (e *requestEncoder) result(p *schema.Part, at string) {
	w := &e.w
	w.Open('{')
	w.Key("toolResult").Open('{')
	w.Key("toolUseId").String(toolNames.Fit(p.ID))
	w.Key("content").Open('[')
	empty := w.Mark()
	for i := range p.Result {
		switch r := &p.Result[i]; r.Kind {
		case schema.PartText, schema.PartRefusal:
			if strings.TrimSpace(r.Text) != "" {
				e.text(r.Text)
			}
		case schema.PartImage, schema.PartFile:
			if !e.media(r.Kind, &r.Media) {
				e.lose("%s (%s in a tool result)", at, mediaName(r))
			}
		default:
			e.lose("%s (%s in a tool result)", at, r.Kind)
		}
	}
	if !w.Wrote(empty) {
		e.text("(no output)")
	}
	w.Close(']')
	if p.IsError {
		if e.caches() { // the same models: Claude and Nova
			w.Key("status").String("error")
		} else {
			e.lose("%s.is_error", at)
		}
	}
	w.Close('}')
	w.Close('}')
}

// thought writes back a thought of the same maker's model; another's would be refused.
func (e *requestEncoder) thought(p *schema.Part) {
	signature, ok := e.signature(p)
	if !ok {
		return
	}
	w := &e.w
	w.Open('{')
	w.Key("reasoningContent").Open('{')
	if p.Redacted {
		w.Key("redactedContent").Plain(signature)
	} else {
		w.Key("reasoningText").Open('{')
		w.Key("text").String(p.Text)
		w.Key("signature").Plain(signature)
		w.Close('}')
	}
	w.Close('}')
	w.Close('}')
}

func (e *requestEncoder) signature(p *schema.Part) (string, bool) {
	maker := makerOf(e.r)
	if own, ok := schema.Unsign(maker, p.Signature); ok {
		return own, true
	}
	return p.Signature, p.Signature != "" && p.SignedBy == maker && !schema.IsSigned(p.Signature)
}

// makerOf is whose mark signatures bear: Claude's are Anthropic's wherever Claude runs.
func makerOf(r *schema.Request) schema.Format {
	if r != nil && familyOf(r.Model) == claude {
		return schema.Anthropic
	}
	return schema.Bedrock
}
