package openai

import (
	"slices"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func (e *responsesEncoder) partStart(dst []byte, ev *schema.Event) []byte {
	p := &openPart{part: ev.Part, value: ev.Value}
	kind := ev.Value.Kind
	switch kind {
	case schema.PartText, schema.PartRefusal:
		return e.textStart(dst, p)
	case schema.PartToolCall:
		dst = e.closeMessage(dst)
		p.value.ID = idOr(p.value.ID, "call_")
		p.value.Args = ""
		dst, p.index, p.id = e.add(dst, func(w *writer, id string) { w.functionCall(id, &p.value, "in_progress") })
		e.open = append(e.open, p)
		return e.args(dst, p, ev.Value.Args)
	case schema.PartThinking:
		dst = e.closeMessage(dst)
		announced := p.value
		announced.Text, announced.Signature = "", ""
		dst, p.index, p.id = e.add(dst, func(w *writer, id string) { w.reasoningItem(id, &announced) })
		p.id = reasoningID(p.id, &p.value)
		p.value.Text = ""
		e.open = append(e.open, p)
		return e.thought(dst, p, ev.Value.Text)
	case schema.PartImage, schema.PartOther:
		dst = e.closeMessage(dst)
		return e.inOnePiece(dst, p)
	}
	return dst // sound: this API has none
}

// inOnePiece writes an item that is complete when it begins.
func (e *responsesEncoder) inOnePiece(dst []byte, p *openPart) []byte {
	var item writer
	index := len(e.items)
	item.outputItem(e.head.itemID(index), []schema.Part{p.value}, nil)
	if len(item.b) == 0 {
		return dst // of another format
	}
	dst, index, _ = e.add(dst, func(w *writer, _ string) { w.value(item.b) })
	return e.done(dst, index, item.b)
}

func (e *responsesEncoder) textStart(dst []byte, p *openPart) []byte {
	if e.message == nil {
		m := &openMessage{}
		dst, m.index, m.id = e.add(dst, func(w *writer, id string) {
			w.messageOpen(id, "in_progress")
			w.messageClose()
		})
		e.message = m
	}
	m := e.message
	p.index, p.content, p.id = m.index, len(m.parts), "msg_"+m.id
	m.parts = append(m.parts, p)
	e.open = append(e.open, p)
	text := p.value.Text
	p.value.Text = ""
	w := e.place("response.content_part.added", p)
	w.key("part")
	w.outputPart(&schema.Part{Kind: p.value.Kind}, nil)
	dst = e.send(dst, "response.content_part.added")
	return e.say(dst, p, text, nil)
}

// place begins an event about a part of a message.
func (e *responsesEncoder) place(name string, p *openPart) *writer {
	w := e.event(name)
	w.str("item_id", p.id)
	w.num("output_index", int64(p.index))
	w.num("content_index", int64(p.content))
	return w
}

func (e *responsesEncoder) delta(dst []byte, ev *schema.Event) []byte {
	p := e.find(ev.Part)
	if p == nil {
		return dst
	}
	switch p.value.Kind {
	case schema.PartToolCall:
		return e.args(dst, p, ev.Text)
	case schema.PartThinking:
		if ev.Signature != "" {
			p.value.Signature = ev.Signature
		}
		if ev.Value.SignedBy != "" {
			p.value.SignedBy = ev.Value.SignedBy
		}
		return e.thought(dst, p, ev.Text)
	}
	dst = e.say(dst, p, ev.Text, ev.Logprobs)
	for i := range ev.Citations {
		dst = e.cite(dst, p, &ev.Citations[i])
	}
	return dst
}

// say extends text or a refusal.
func (e *responsesEncoder) say(dst []byte, p *openPart, text string, logprobs []byte) []byte {
	if text == "" {
		return dst
	}
	p.text.WriteString(text)
	if p.value.Kind == schema.PartRefusal {
		e.place("response.refusal.delta", p).str("delta", text)
		return e.send(dst, "response.refusal.delta")
	}
	var tokens writer
	walk(gjson.GetBytes(logprobs, "content"), func(token gjson.Result) bool {
		tokens.value([]byte(token.Raw))
		p.tokens.value([]byte(token.Raw))
		return true
	})
	w := e.place("response.output_text.delta", p)
	w.str("delta", text)
	w.list0("logprobs", tokens.b)
	return e.send(dst, "response.output_text.delta")
}

func (e *responsesEncoder) cite(dst []byte, p *openPart, c *schema.Citation) []byte {
	var annotation writer
	annotation.flatAnnotation(c, max(c.End, 0))
	if len(annotation.b) == 0 || p.value.Kind != schema.PartText {
		return dst
	}
	w := e.place("response.output_text.annotation.added", p)
	w.num("annotation_index", int64(len(p.value.Citations)))
	w.raw("annotation", annotation.b)
	p.value.Citations = append(p.value.Citations, *c)
	return e.send(dst, "response.output_text.annotation.added")
}

// args extends the arguments of a call.
func (e *responsesEncoder) args(dst []byte, p *openPart, args string) []byte {
	if args == "" {
		return dst
	}
	p.text.WriteString(args)
	w := e.event("response.function_call_arguments.delta")
	w.str("item_id", "fc_"+p.id)
	w.num("output_index", int64(p.index))
	w.str("delta", args)
	return e.send(dst, "response.function_call_arguments.delta")
}

// summary begins an event about the one part of a summary.
func (e *responsesEncoder) summary(name string, p *openPart) *writer {
	w := e.event(name)
	w.str("item_id", p.id)
	w.num("output_index", int64(p.index))
	w.num("summary_index", 0)
	return w
}

// thought extends a thought, which reads as one part of a summary.
func (e *responsesEncoder) thought(dst []byte, p *openPart, text string) []byte {
	if text == "" {
		return dst
	}
	if p.text.Len() == 0 {
		e.summary("response.reasoning_summary_part.added", p).raw("part", []byte(`{"type":"summary_text","text":""}`))
		dst = e.send(dst, "response.reasoning_summary_part.added")
	}
	p.text.WriteString(text)
	e.summary("response.reasoning_summary_text.delta", p).str("delta", text)
	return e.send(dst, "response.reasoning_summary_text.delta")
}

// partEnd writes the closing events of a part.
func (e *responsesEncoder) partEnd(dst []byte, p *openPart) []byte {
	if p == nil {
		return dst
	}
	p.ended = true
	e.open = slices.DeleteFunc(e.open, func(q *openPart) bool { return q == p })
	switch p.value.Kind {
	case schema.PartToolCall:
		return e.callEnd(dst, p)
	case schema.PartThinking:
		return e.thoughtEnd(dst, p)
	}
	p.value.Text = p.text.String()
	if p.value.Kind == schema.PartRefusal {
		e.place("response.refusal.done", p).str("refusal", p.value.Text)
		dst = e.send(dst, "response.refusal.done")
	} else {
		w := e.place("response.output_text.done", p)
		w.str("text", p.value.Text)
		w.list0("logprobs", p.tokens.b)
		dst = e.send(dst, "response.output_text.done")
	}
	w := e.place("response.content_part.done", p)
	w.key("part")
	w.outputPart(&p.value, logprobsOf(p.tokens.b))
	return e.send(dst, "response.content_part.done")
}

func (e *responsesEncoder) callEnd(dst []byte, p *openPart) []byte {
	if p.text.Len() == 0 {
		dst = e.args(dst, p, "{}") // clients parse the arguments: "" is not JSON
	}
	p.value.Args = p.text.String()
	w := e.event("response.function_call_arguments.done")
	w.str("item_id", "fc_"+p.id)
	w.num("output_index", int64(p.index))
	w.str("name", p.value.Name)
	w.str("arguments", p.value.Args)
	dst = e.send(dst, "response.function_call_arguments.done")
	var item writer
	item.functionCall(p.id, &p.value, "completed")
	return e.done(dst, p.index, item.b)
}

func (e *responsesEncoder) thoughtEnd(dst []byte, p *openPart) []byte {
	p.value.Text = p.text.String()
	if p.value.Text != "" {
		e.summary("response.reasoning_summary_text.done", p).str("text", p.value.Text)
		dst = e.send(dst, "response.reasoning_summary_text.done")
		w := e.summary("response.reasoning_summary_part.done", p)
		w.objectAt("part")
		w.str("type", "summary_text")
		w.str("text", p.value.Text)
		w.endObject()
		dst = e.send(dst, "response.reasoning_summary_part.done")
	}
	var item writer
	item.reasoningItem(p.id[len("rs_"):], &p.value)
	return e.done(dst, p.index, item.b)
}
