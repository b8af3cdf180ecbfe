package anthropic

import (
	"slices"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// NewEncoder implements schema.Client.
func (Client) NewEncoder(schema.Target, *schema.Request) schema.Encoder {
	return &encoder{parts: make(map[int]*outPart)}
}

// encoder writes one stream.
//
// Blocks of this format follow each other, while the parts of other formats may interleave. A block of text or
// thoughts ends when another part begins, and goes on as a new block if more of it comes; a tool call cannot be cut, so
// parts that begin meanwhile wait until it ends. message_start is held until there is content, so that a failure
// before it can still be told as what it is.
type encoder struct {
	start    schema.Event
	usage    *schema.Usage
	stop     schema.Event
	begun    bool // message_start is written
	finished bool // message_stop or an error is written

	parts   map[int]*outPart // those that have not ended, by their number
	open    *outPart         // the block being written
	waiting []*outPart       // behind a tool call, in order
	blocks  int              // begun so far

	called, refused bool
	json            jsonout.Writer // of one event
}

// outPart is a part on its way to be one block, or several.
type outPart struct {
	value schema.Part
	skip  bool // the format has no place for it
	ended bool

	// What came while the part waited.
	text      []byte
	signature string
	citations []schema.Citation
}

// ContentType implements schema.Encoder.
func (*encoder) ContentType() string { return sse.ContentType }

// Append implements schema.Encoder. Of several choices the format has room for the first.
func (e *encoder) Append(dst []byte, ev *schema.Event) ([]byte, error) {
	if e.finished {
		return dst, nil
	}
	switch ev.Kind {
	case schema.EventStart:
		e.start = *ev
		if ev.Usage != nil {
			e.usage = ev.Usage
		}
	case schema.EventPartStart:
		if ev.Choice == 0 {
			dst = e.partStart(dst, ev)
		}
	case schema.EventDelta:
		if p := e.parts[ev.Part]; p != nil && ev.Choice == 0 && !p.skip {
			dst = e.delta(dst, p, ev)
		}
	case schema.EventPartEnd:
		if p := e.parts[ev.Part]; p != nil && ev.Choice == 0 {
			delete(e.parts, ev.Part)
			p.ended = true
			if p == e.open {
				dst = e.drain(e.closeBlock(dst))
			}
		}
	case schema.EventStop:
		if ev.Choice == 0 {
			e.stop = *ev
		}
	case schema.EventUsage:
		if ev.Usage != nil {
			e.usage = ev.Usage
		}
	case schema.EventPing:
		if e.begun {
			dst = sse.AppendEvent(dst, "ping", []byte(`{"type":"ping"}`))
		}
	case schema.EventError:
		e.finished = true
		dst = sse.AppendEvent(dst, "error", appendError(nil, ev.Err))
	case schema.EventEnd:
		dst = e.finish(dst)
	}
	return dst, nil
}

// Close implements schema.Encoder.
func (e *encoder) Close(dst []byte) ([]byte, error) {
	if e.finished {
		return dst, nil
	}
	return e.finish(dst), nil
}

// partStart begins a part. Text and thoughts wait for their first delta: the API refuses empty blocks when they come
// back.
func (e *encoder) partStart(dst []byte, ev *schema.Event) []byte {
	p := &outPart{value: ev.Value}
	e.parts[ev.Part] = p
	switch ev.Value.Kind {
	case schema.PartText, schema.PartRefusal:
		e.refused = e.refused || ev.Value.Kind == schema.PartRefusal
		return dst
	case schema.PartThinking:
		if !ev.Value.Redacted {
			return dst
		}
	case schema.PartToolCall:
		e.called = true
	case schema.PartOther:
		p.skip = !isOwnBlock(&p.value)
	default:
		p.skip = true
	}
	if p.skip {
		return dst
	}
	return e.enter(dst, p)
}

// enter makes p the block being written, or lets it wait behind a tool call.
func (e *encoder) enter(dst []byte, p *outPart) []byte {
	switch {
	case e.open == nil:
	case e.open.value.Kind == schema.PartToolCall || len(e.waiting) > 0:
		e.waiting = append(e.waiting, p)
		return dst
	default:
		dst = e.closeBlock(dst)
	}
	return e.openBlock(dst, p)
}

func (e *encoder) delta(dst []byte, p *outPart, ev *schema.Event) []byte {
	signature := ev.Signature
	if p.value.Kind != schema.PartThinking { // Gemini signs other parts too, for which there is no place
		signature = ""
	}
	if ev.Text == "" && signature == "" && len(ev.Citations) == 0 {
		return dst
	}
	p.text = append(p.text, ev.Text...)
	p.citations = append(p.citations, ev.Citations...)
	if signature != "" {
		p.signature = signature
	}
	if p != e.open && !slices.Contains(e.waiting, p) {
		return e.enter(dst, p) // which writes what p has, if it is its turn
	}
	if p == e.open {
		return e.flush(dst)
	}
	return dst
}

// drain gives the turn to parts that waited, until one of them is not whole yet.
func (e *encoder) drain(dst []byte) []byte {
	for len(e.waiting) > 0 {
		p := e.waiting[0]
		e.waiting = e.waiting[1:]
		dst = e.openBlock(dst, p)
		if !p.ended && (p.value.Kind == schema.PartToolCall || len(e.waiting) == 0) {
			return dst
		}
		dst = e.closeBlock(dst)
	}
	return dst
}

func (e *encoder) openBlock(dst []byte, p *outPart) []byte {
	dst = e.begin(dst)
	e.open = p
	w := e.event("content_block_start")
	w.Key("index").Int(int64(e.blocks))
	w.Key("content_block")
	switch v := &p.value; v.Kind {
	case schema.PartOther:
		w.Raw(v.Raw)
	case schema.PartThinking:
		w.Open('{')
		writeThought(w, &schema.Part{Redacted: v.Redacted}, shown(v.Signature, v.SignedBy))
		w.Close('}')
	case schema.PartToolCall:
		w.Open('{')
		writeCallHead(w, v, e.blocks)
		w.Key("input").Open('{')
		w.Close('}')
		w.Close('}')
	default:
		w.Open('{')
		w.Key("type").String("text")
		w.Key("text").String("")
		w.Close('}')
	}
	e.blocks++
	return e.flush(e.send(dst, "content_block_start"))
}

func (e *encoder) closeBlock(dst []byte) []byte {
	e.open = nil
	w := e.event("content_block_stop")
	w.Key("index").Int(int64(e.blocks - 1))
	return e.send(dst, "content_block_stop")
}

// flush writes what the open part has as deltas.
func (e *encoder) flush(dst []byte) []byte {
	p := e.open
	if len(p.text) > 0 {
		kind, member := "text_delta", "text"
		switch p.value.Kind {
		case schema.PartThinking:
			kind, member = "thinking_delta", "thinking"
		case schema.PartToolCall:
			kind, member = "input_json_delta", "partial_json"
		}
		dst = e.blockDelta(dst, kind, func(w *jsonout.Writer) { w.Key(member).String(string(p.text)) })
		p.text = p.text[:0]
	}
	for i := range p.citations {
		dst = e.blockDelta(dst, "citations_delta", func(w *jsonout.Writer) { w.Key("citation").Raw(citation(&p.citations[i])) })
	}
	p.citations = nil
	if p.signature != "" {
		dst = e.blockDelta(dst, "signature_delta", func(w *jsonout.Writer) {
			w.Key("signature").String(shown(p.signature, p.value.SignedBy))
		})
	}
	p.signature = ""
	return dst
}

func (e *encoder) blockDelta(dst []byte, kind string, rest func(*jsonout.Writer)) []byte {
	w := e.event("content_block_delta")
	w.Key("index").Int(int64(e.blocks - 1))
	w.Key("delta").Open('{')
	w.Key("type").String(kind)
	rest(w)
	w.Close('}')
	return e.send(dst, "content_block_delta")
}

// begin writes message_start, once.
func (e *encoder) begin(dst []byte) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	w := e.event("message_start")
	w.Key("message").Open('{')
	writeHead(w, e.start.ID, e.start.Model)
	w.Key("content").Open('[')
	w.Close(']')
	w.Key("stop_reason").Raw(nil)
	w.Key("stop_sequence").Raw(nil)
	w.Key("usage")
	writeUsage(w, e.usage, e.start.ServiceTier)
	w.Close('}')
	return e.send(dst, "message_start")
}

// finish writes what is left of the content, message_delta and message_stop.
func (e *encoder) finish(dst []byte) []byte {
	e.finished = true
	if e.open != nil {
		dst = e.closeBlock(dst)
	}
	for _, p := range e.waiting {
		p.ended = true
	}
	dst = e.begin(e.drain(dst))
	w := e.event("message_delta")
	w.Key("delta").Open('{')
	writeStopped(w, stopWord(e.stop.Stop, e.called, e.refused), e.stop.StopSequence, e.stop.StopDetail)
	w.Close('}')
	w.Key("usage")
	writeUsage(w, e.usage, "")
	dst = e.send(dst, "message_delta")
	e.event("message_stop")
	return e.send(dst, "message_stop")
}

// event begins the data of an event; send ends and writes it.
func (e *encoder) event(kind string) *jsonout.Writer {
	e.json = jsonout.Writer{B: e.json.B[:0]}
	e.json.Open('{')
	e.json.Key("type").String(kind)
	return &e.json
}

func (e *encoder) send(dst []byte, name string) []byte {
	e.json.Close('}')
	return sse.AppendEvent(dst, name, e.json.B)
}
