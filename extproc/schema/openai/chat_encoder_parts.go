package openai

import (
	"slices"
	"unicode/utf8"

	"github.com/llmroute/llmroute/extproc/schema"
)

func (e *chatEncoder) partStart(dst []byte, c *writtenChoice, ev *schema.Event) []byte {
	p := writtenPart{part: ev.Part, kind: ev.Value.Kind}
	switch p.kind {
	case schema.PartToolCall:
		p.index = c.calls
		c.calls++
		dst = e.callStart(dst, c, p.index, &ev.Value)
		dst = e.callArgs(dst, c, &p, ev.Value.Args)
	case schema.PartThinking:
		p.index = c.thoughts
		c.thoughts++
		p.value = schema.Part{Kind: schema.PartThinking, ID: ev.Value.ID, SignedBy: ev.Value.SignedBy}
		if ev.Value.Text != "" || ev.Value.Signature != "" {
			dst = e.thought(dst, c, &p, ev.Value.Text, ev.Value.Signature, ev.Value.Redacted)
		}
	case schema.PartImage:
		dst = e.image(dst, c, &ev.Value)
	default:
		if ev.Value.Text != "" {
			dst = e.words(dst, c, &p, ev.Value.Text, nil)
		}
	}
	c.open = append(c.open, p)
	return dst
}

func (e *chatEncoder) delta(dst []byte, c *writtenChoice, ev *schema.Event) []byte {
	p := c.part(ev.Part)
	if p == nil {
		return dst
	}
	switch p.kind {
	case schema.PartToolCall:
		dst = e.callArgs(dst, c, p, ev.Text)
		if ev.Signature != "" && !e.text && !e.request.LegacyFunctions {
			w := e.callOpen(c, p.index)
			w.signature(thoughtSignature(ev.Signature))
			dst = e.callClose(dst)
		}
	case schema.PartThinking:
		if ev.Value.SignedBy != "" {
			p.value.SignedBy = ev.Value.SignedBy
		}
		if ev.Text != "" || ev.Signature != "" {
			dst = e.thought(dst, c, p, ev.Text, ev.Signature, false)
		}
	case schema.PartAudio:
		dst = e.audio(dst, c, ev)
	default:
		if ev.Text != "" || len(ev.Logprobs) > 0 {
			dst = e.words(dst, c, p, ev.Text, ev.Logprobs)
		}
		if len(ev.Citations) > 0 {
			dst = e.citations(dst, c, ev.Citations)
		}
	}
	return dst
}

func (e *chatEncoder) partEnd(dst []byte, c *writtenChoice, ev *schema.Event) []byte {
	p := c.part(ev.Part)
	if p == nil {
		return dst
	}
	if p.kind == schema.PartToolCall && !p.args {
		dst = e.callArgs(dst, c, p, "{}") // clients parse the arguments: "" is not JSON
	}
	c.runes += p.runes
	c.open = slices.DeleteFunc(c.open, func(q writtenPart) bool { return q.part == ev.Part })
	return dst
}

// words writes text or a refusal.
func (e *chatEncoder) words(dst []byte, c *writtenChoice, p *writtenPart, text string, logprobs []byte) []byte {
	w := e.open(c)
	switch {
	case e.text:
		w.str("text", text)
		logprobs = nil // Completions' own logprobs have another shape
	case p.kind == schema.PartRefusal:
		w.str("refusal", text)
	default:
		p.runes += utf8.RuneCountInString(text)
		w.str("content", text)
	}
	return e.close(dst, logprobs, "")
}

// thought writes text both ways that clients read it; see thoughts. A signature comes in an entry of its own.
func (e *chatEncoder) thought(dst []byte, c *writtenChoice, p *writtenPart, text, signature string, redacted bool) []byte {
	if e.text {
		return dst
	}
	value := p.value
	value.Text, value.Signature, value.Redacted = text, signature, redacted
	w := e.open(c)
	w.optional("reasoning_content", text)
	w.arrayAt("reasoning_details")
	w.thoughtDetail(&value, p.index)
	w.endArray()
	return e.close(dst, nil, "")
}

func (e *chatEncoder) citations(dst []byte, c *writtenChoice, list []schema.Citation) []byte {
	var items writer
	for i := range list {
		items.annotation(&list[i], c.runes, true)
	}
	if e.text || len(items.b) == 0 {
		return dst
	}
	e.open(c).list("annotations", items.b)
	return e.close(dst, nil, "")
}

func (e *chatEncoder) image(dst []byte, c *writtenChoice, p *schema.Part) []byte {
	if e.text {
		return dst
	}
	w := e.open(c)
	w.arrayAt("images")
	w.picture(p)
	w.endArray()
	return e.close(dst, nil, "")
}

func (e *chatEncoder) audio(dst []byte, c *writtenChoice, ev *schema.Event) []byte {
	if e.text || len(ev.Value.Raw) == 0 {
		return dst
	}
	e.open(c).raw("audio", ev.Value.Raw)
	return e.close(dst, nil, "")
}

// callOpen begins a chunk for one tool call, up to and including its index.
func (e *chatEncoder) callOpen(c *writtenChoice, index int) *writer {
	w := e.open(c)
	w.arrayAt("tool_calls")
	w.object()
	w.num("index", int64(index))
	return w
}

func (e *chatEncoder) callClose(dst []byte) []byte {
	e.w.endObject()
	e.w.endArray()
	return e.close(dst, nil, "")
}

func (e *chatEncoder) callStart(dst []byte, c *writtenChoice, index int, p *schema.Part) []byte {
	if e.text || e.request.LegacyFunctions && index > 0 {
		return dst
	}
	if e.request.LegacyFunctions {
		w := e.open(c)
		w.objectAt("function_call")
		w.str("name", p.Name)
		w.str("arguments", "")
		w.endObject()
		return e.close(dst, nil, "")
	}
	w := e.callOpen(c, index)
	w.str("id", idOr(p.ID, "call_"))
	w.str("type", "function")
	w.objectAt("function")
	w.str("name", p.Name)
	w.str("arguments", "")
	w.endObject()
	if p.Signature != "" {
		w.signature(thoughtSignature(p.Signature))
	}
	return e.callClose(dst)
}

func (e *chatEncoder) callArgs(dst []byte, c *writtenChoice, p *writtenPart, args string) []byte {
	if args == "" {
		return dst
	}
	p.args = true
	if e.text || e.request.LegacyFunctions && p.index > 0 {
		return dst
	}
	if e.request.LegacyFunctions {
		w := e.open(c)
		w.objectAt("function_call")
		w.str("arguments", args)
		w.endObject()
		return e.close(dst, nil, "")
	}
	w := e.callOpen(c, p.index)
	w.objectAt("function")
	w.str("arguments", args)
	w.endObject()
	return e.callClose(dst)
}
