package gemini

import (
	"github.com/llmroute/llmroute/extproc/schema"
)

// system writes systemInstruction: the system and developer messages, wherever they stand.
func (e *requestEncoder) system() {
	if !e.hasSystem() || !e.hasTurns() {
		return
	}
	e.w.Key("systemInstruction").Open('{')
	e.w.Key("parts").Open('[')
	e.systemParts()
	e.w.Close(']')
	e.w.Close('}')
}

func (e *requestEncoder) systemParts() {
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if !isSystem(m.Role) {
			continue
		}
		for j := range m.Parts {
			e.part(place{e, i, j}, m.Role, &m.Parts[j])
		}
	}
}

func isSystem(role schema.Role) bool {
	return role == schema.RoleSystem || role == schema.RoleDeveloper
}

func (e *requestEncoder) hasSystem() bool {
	for i := range e.r.Messages {
		if isSystem(e.r.Messages[i].Role) && len(e.r.Messages[i].Parts) > 0 {
			return true
		}
	}
	return false
}

func (e *requestEncoder) hasTurns() bool {
	for i := range e.r.Messages {
		if !isSystem(e.r.Messages[i].Role) {
			return true
		}
	}
	return false
}

// contents writes the turns. Messages of one side that follow each other are one content. A conversation that has
// only a system message says it as the user, for contents must not be empty.
func (e *requestEncoder) contents() {
	e.w.Key("contents").Open('[')
	e.turns()
	e.w.Close(']')
}

func (e *requestEncoder) turns() {
	w := &e.w
	if !e.hasTurns() {
		w.Open('{')
		w.Key("role").String("user")
		w.Key("parts").Open('[')
		e.systemParts()
		w.Close(']')
		w.Close('}')
		return
	}
	names := e.callNames()
	var turns []int // messages that are turns; a system message between two does not part them
	for i := range e.r.Messages {
		if m := &e.r.Messages[i]; !isSystem(m.Role) && len(m.Parts) > 0 {
			turns = append(turns, i)
		}
	}
	empty := w.Mark()
	for len(turns) > 0 {
		n := 1
		for n < len(turns) && e.side(turns[n]) == e.side(turns[0]) {
			n++
		}
		e.content(turns[:n], names)
		turns = turns[n:]
	}
	if !w.Wrote(empty) { // the model's turns alone, and nothing in them
		w.Raw([]byte(`{"role":"user","parts":[{"text":" "}]}`))
	}
}

// side is whose turn a message is.
func (e *requestEncoder) side(message int) string {
	if e.r.Messages[message].Role == schema.RoleAssistant {
		return "model"
	}
	return "user"
}

// content writes messages of one side. Google refuses a content without parts: an empty turn of the model is left
// out, one of the user says a space.
func (e *requestEncoder) content(messages []int, names map[string]string) {
	w, start := &e.w, e.w.Mark()
	w.Open('{')
	w.Key("role").String(e.side(messages[0]))
	w.Key("parts").Open('[')
	empty := w.Mark()
	for _, i := range messages {
		if m := &e.r.Messages[i]; m.Name != "" && m.Role != schema.RoleTool {
			e.lose("messages[%d].name", i)
		}
		e.message(i, names)
	}
	if !w.Wrote(empty) {
		if e.side(messages[0]) == "model" {
			w.Back(start)
			return
		}
		w.Open('{')
		w.Key("text").String(" ")
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
}

// callNames gives the function that each call id called: a result must repeat it.
func (e *requestEncoder) callNames() map[string]string {
	names := map[string]string{}
	for i := range e.r.Messages {
		for j := range e.r.Messages[i].Parts {
			if p := &e.r.Messages[i].Parts[j]; p.Kind == schema.PartToolCall {
				names[p.ID] = p.Name
			}
		}
	}
	return names
}

// place is where a part stands, for naming what is lost.
type place struct {
	e             *requestEncoder
	message, part int
}

func (p place) lose(what string) {
	p.e.lose("messages[%d].content[%d]%s", p.message, p.part, what)
}

// message writes the parts of one turn. A thought's signature goes onto the call or text that follows it, where
// Gemini itself puts it; other formats carry it on the thought.
func (e *requestEncoder) message(i int, names map[string]string) {
	m := &e.r.Messages[i]
	signed := hasSignedCall(m)
	pending := ""
	for j := range m.Parts {
		p, at := &m.Parts[j], place{e, i, j}
		signature := signatureOf(p)
		switch p.Kind {
		case schema.PartThinking:
			e.thought(p, signature)
			if signature != "" && !e.own {
				pending = signature
			}
			continue
		case schema.PartToolCall:
			if signature == "" {
				signature = pending
			}
			if signature == "" && !signed && e.version >= 30 && m.Role == schema.RoleAssistant {
				signature = placeholder
			}
			signed, pending = true, ""
			e.call(p, signature)
			continue
		case schema.PartToolResult:
			e.result(at, p, names)
			continue
		}
		e.part(at, m.Role, p)
	}
}

// hasSignedCall: of parallel calls only the first carries a signature.
func hasSignedCall(m *schema.Message) bool {
	for j := range m.Parts {
		if m.Parts[j].Kind == schema.PartToolCall {
			if signatureOf(&m.Parts[j]) != "" {
				return true
			}
		}
	}
	return false
}

// signatureOf is a part's signature if Gemini made it: it would refuse another's.
func signatureOf(p *schema.Part) string {
	if own, ok := ownSignature(p); ok {
		return own
	}
	return ""
}

// thought writes a thought that Gemini had. Another model's thoughts are not Gemini's to continue.
func (e *requestEncoder) thought(p *schema.Part, signature string) {
	if p.Text == "" || signature == "" && !e.own {
		return
	}
	e.w.Open('{')
	e.w.Key("text").String(p.Text)
	e.w.Key("thought").Bool(true)
	if signature != "" && e.own {
		e.w.Key("thoughtSignature").Plain(signature)
	}
	e.w.Close('}')
}
