package anthropic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// turn is a message as the API takes it: neighbours of one role are one turn, and in a user's turn the results of
// tools come first.
type turn struct {
	role   string
	blocks []block
}

// block is a part and its place in the request, for the names of what is lost.
type block struct {
	part *schema.Part
	at   string
}

// goOn stands in for a user's turn that the API demands and the client did not send: before an answer that comes
// first, and after one that comes last, where the model would have to go on with it and cannot.
const goOn = "Continue."

// filler stands for what a user left blank, which the API refuses.
const filler = "."

// arrange hoists system messages in their order, and sorts the rest into turns.
func (o *outbound) arrange() {
	for i := range o.r.Messages {
		m := &o.r.Messages[i]
		if m.Name != "" {
			o.lose(fmt.Sprintf("messages[%d].name", i))
		}
		if m.Role == schema.RoleSystem || m.Role == schema.RoleDeveloper {
			if len(o.turns) > 0 && o.own && o.model.since(firstMidSystem) { // the client counts on its place
				o.addTurn("system", o.usable(m, i))
				continue
			}
			o.hoist(m, i)
			continue
		}
		role := "user"
		if m.Role == schema.RoleAssistant {
			role = "assistant"
		}
		blocks := o.usable(m, i)
		if n := len(o.turns); len(blocks) == 0 && role == "user" && (n == 0 || o.turns[n-1].role != "user") {
			o.turns = append(o.turns, turn{role: role}) // the client said nothing, and waits for an answer
		}
		o.addTurn(role, blocks)
	}
	for i := range o.turns {
		if t := &o.turns[i]; len(t.blocks) == 0 {
			t.blocks = []block{{part: &schema.Part{Kind: schema.PartText, Text: filler}}}
		}
	}
	if len(o.turns) == 0 { // a lone system message
		for i := range o.system {
			o.addTurn("user", []block{{part: &o.system[i]}})
		}
		o.system = nil
	}
	if o.answer == answerWords {
		o.system = append(o.system, schema.Part{Kind: schema.PartText, Text: instruction(&o.r.Output)})
	}
	if len(o.turns) == 0 || o.own {
		return
	}
	stand := turn{role: "user", blocks: []block{{part: &schema.Part{Kind: schema.PartText, Text: goOn}}}}
	if o.turns[0].role == "assistant" {
		o.turns = slices.Insert(o.turns, 0, stand)
	}
	if o.turns[len(o.turns)-1].role == "assistant" && o.model.since(firstAdaptive) {
		o.turns = append(o.turns, stand)
	}
}

// hoist takes the text of a system message; the API's system prompt has nothing else.
func (o *outbound) hoist(m *schema.Message, i int) {
	for j := range m.Parts {
		switch p := &m.Parts[j]; {
		case p.Kind != schema.PartText:
			o.lose(fmt.Sprintf("messages[%d].content[%d] (%s)", i, j, p.Kind))
		case strings.TrimSpace(p.Text) != "":
			o.system = append(o.system, *p)
		}
	}
}

func (o *outbound) addTurn(role string, blocks []block) {
	if len(blocks) == 0 {
		return
	}
	if n := len(o.turns); n > 0 && o.turns[n-1].role == role {
		blocks = append(o.turns[n-1].blocks, blocks...)
		o.turns = o.turns[:n-1]
	}
	if role == "user" {
		slices.SortStableFunc(blocks, func(a, b block) int { return rank(a) - rank(b) })
	}
	o.turns = append(o.turns, turn{role: role, blocks: blocks})
}

func rank(b block) int {
	if b.part.Kind == schema.PartToolResult {
		return 0
	}
	return 1
}

// usable are the parts of a message that the API takes. The others are named as lost, but for those that say nothing:
// empty text, which the API refuses, and thoughts that no Claude signed.
func (o *outbound) usable(m *schema.Message, i int) []block {
	blocks := make([]block, 0, len(m.Parts))
	for j := range m.Parts {
		p := &m.Parts[j]
		at := fmt.Sprintf("messages[%d].content[%d]", i, j)
		switch o.fate(p, m.Role == schema.RoleAssistant) {
		case keep:
			blocks = append(blocks, block{p, at})
		case lose:
			o.lose(at + " (" + o.kindOf(p) + ")")
		}
	}
	return blocks
}

// fate is what becomes of a part.
type fate int

const (
	drop fate = iota // it says nothing
	keep
	lose
)

func (o *outbound) fate(p *schema.Part, assistant bool) fate {
	if o.own && p.Raw != nil {
		return keep
	}
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		return keepIf(strings.TrimSpace(p.Text) != "", drop)
	case schema.PartThinking:
		_, ok := o.signature(p)
		return keepIf(ok && assistant, drop)
	case schema.PartToolCall:
		return keepIf(assistant, lose)
	case schema.PartToolResult:
		return keepIf(!assistant, lose)
	case schema.PartImage:
		return keepIf(!assistant && o.takesImage(&p.Media), lose)
	case schema.PartFile:
		return keepIf(!assistant && o.takesFile(&p.Media), lose)
	}
	return lose
}

func keepIf(ok bool, otherwise fate) fate {
	if ok {
		return keep
	}
	return otherwise
}

func (o *outbound) writeSystem() {
	if len(o.system) == 0 {
		return
	}
	o.w.Key("system")
	if len(o.system) == 1 && o.system[0].Cache == nil && (o.system[0].Raw == nil || !o.own) {
		o.w.String(o.system[0].Text)
		return
	}
	o.w.Open('[')
	for i := range o.system {
		o.writeBlock(block{part: &o.system[i]}, "system")
	}
	o.w.Close(']')
}

func (o *outbound) writeTurns() {
	w := &o.w
	w.Key("messages").Open('[')
	for i, t := range o.turns {
		last := i == len(o.turns)-1
		w.Open('{')
		w.Key("role").String(t.role)
		w.Key("content")
		if p := t.blocks[0].part; len(t.blocks) == 1 && p.Kind == schema.PartText && p.Cache == nil && p.Raw == nil && len(p.Citations) == 0 {
			w.String(o.proper(p.Text, last && t.role == "assistant"))
		} else {
			w.Open('[')
			for j, b := range t.blocks {
				if last && t.role == "assistant" && j == len(t.blocks)-1 && b.part.Kind == schema.PartText && (!o.own || b.part.Raw == nil) {
					trimmed := *b.part
					trimmed.Text = o.proper(trimmed.Text, true)
					b.part = &trimmed
				}
				o.writeBlock(b, t.role)
			}
			w.Close(']')
		}
		w.Close('}')
	}
	w.Close(']')
}

// proper cuts the white space after which the API refuses to go on with an answer.
func (o *outbound) proper(text string, prefill bool) string {
	if prefill {
		return strings.TrimRight(text, " \t\r\n")
	}
	return text
}
