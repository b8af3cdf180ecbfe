package openai

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// responsesEncoder writes the events of the Responses API. Its closing events repeat what the deltas said, the last
// one the whole answer, so it remembers the answer as it goes: memory grows with the output, which the model's output
// limit bounds.
//
// Source: https://platform.openai.com/docs/api-reference/responses-streaming
type responsesEncoder struct {
	request *schema.Request
	head    responseHead
	begun   bool
	seq     int64
	w       writer

	items   [][]byte // complete, by output_index; nil while open
	message *openMessage
	open    []*openPart
	usage   *schema.Usage
	status  responseStatus
}

// openMessage is the message item that text and refusals go into.
type openMessage struct {
	index int // output_index
	id    string
	parts []*openPart
}

// openPart is a part that has begun.
type openPart struct {
	part    int // the event's
	index   int // output_index
	content int // content_index, in a message
	id      string
	value   schema.Part
	text    strings.Builder // text, refusal, thought or arguments
	tokens  writer          // logprobs
	ended   bool
}

func newResponsesEncoder(r *schema.Request) *responsesEncoder {
	return &responsesEncoder{request: r, status: responseStatus{name: "completed"}}
}

// ContentType implements schema.Encoder.
func (*responsesEncoder) ContentType() string { return "text/event-stream" }

// Append implements schema.Encoder.
func (e *responsesEncoder) Append(dst []byte, ev *schema.Event) ([]byte, error) {
	if ev.Choice != 0 { // this API has one answer
		return dst, nil
	}
	switch ev.Kind {
	case schema.EventPing:
		return append(dst, ":\n\n"...), nil
	case schema.EventUsage:
		e.usage = ev.Usage
		return dst, nil
	}
	dst = e.begin(dst, ev)
	switch ev.Kind {
	case schema.EventPartStart:
		return e.partStart(dst, ev), nil
	case schema.EventDelta:
		return e.delta(dst, ev), nil
	case schema.EventPartEnd:
		return e.partEnd(dst, e.find(ev.Part)), nil
	case schema.EventStop:
		e.status = statusOf(ev.Stop)
		return e.closeAll(dst), nil
	case schema.EventEnd:
		return e.end(dst), nil
	case schema.EventError:
		return e.fail(dst, ev.Err), nil
	}
	return dst, nil
}

// Close implements schema.Encoder. The stream ends with its last event.
func (*responsesEncoder) Close(dst []byte) ([]byte, error) { return dst, nil }

// begin writes response.created and response.in_progress.
func (e *responsesEncoder) begin(dst []byte, ev *schema.Event) []byte {
	if e.begun {
		return dst
	}
	e.begun = true
	if ev.Usage != nil {
		e.usage = ev.Usage
	}
	id := ev.ID
	if ev.Kind != schema.EventStart {
		id = ""
	}
	e.head = headOf(id, ev.Model, ev.Created, e.request)
	e.head.tier = ev.ServiceTier
	dst = e.response(dst, "response.created", responseStatus{name: "in_progress"}, nil)
	return e.response(dst, "response.in_progress", responseStatus{name: "in_progress"}, nil)
}

// event begins the data of an event, up to its own members.
func (e *responsesEncoder) event(name string) *writer {
	e.w.b = e.w.b[:0]
	e.w.object()
	e.w.str("type", name)
	e.w.num("sequence_number", e.seq)
	e.seq++
	return &e.w
}

func (e *responsesEncoder) send(dst []byte, name string) []byte {
	e.w.endObject()
	return sse.AppendEvent(dst, name, e.w.b)
}

// response writes an event that carries the response object.
func (e *responsesEncoder) response(dst []byte, name string, status responseStatus, fault *schema.Error) []byte {
	w := e.event(name)
	w.key("response")
	var items writer
	for _, item := range e.items {
		if item != nil {
			items.value(item)
		}
	}
	usage := e.usage
	if status.name == "in_progress" {
		usage = nil
	}
	e.head.write(w, status, items.b, usage, fault)
	return e.send(dst, name)
}

func (e *responsesEncoder) end(dst []byte) []byte {
	dst = e.closeAll(dst)
	return e.response(dst, "response."+e.status.name, e.status, nil)
}

// fail writes response.failed, which agents read, and the error event, on which SDKs raise. OpenAI documents the
// latter's members flat and sends them under "error" too.
func (e *responsesEncoder) fail(dst []byte, fault *schema.Error) []byte {
	if fault == nil {
		fault = broken("the provider's stream failed")
	}
	dst = e.response(dst, "response.failed", responseStatus{name: "failed"}, fault)
	w := e.event("error")
	w.str("code", codeOf(fault))
	w.str("message", fault.Message)
	w.orNull("param", fault.Param)
	nested := appendError(nil, fault) // {"error":{…}}
	w.comma()
	w.b = append(w.b, nested[1:len(nested)-1]...)
	return e.send(dst, "error")
}

// add reserves an output_index and announces the item.
func (e *responsesEncoder) add(dst []byte, write func(w *writer, id string)) (out []byte, index int, id string) {
	index = len(e.items)
	id = e.head.itemID(index)
	e.items = append(e.items, nil)
	w := e.event("response.output_item.added")
	w.num("output_index", int64(index))
	w.key("item")
	write(w, id)
	return e.send(dst, "response.output_item.added"), index, id
}

// done announces a complete item and remembers it.
func (e *responsesEncoder) done(dst []byte, index int, item []byte) []byte {
	e.items[index] = item
	w := e.event("response.output_item.done")
	w.num("output_index", int64(index))
	w.raw("item", item)
	return e.send(dst, "response.output_item.done")
}

func (e *responsesEncoder) find(part int) *openPart {
	for _, p := range e.open {
		if p.part == part {
			return p
		}
	}
	return nil
}

// closeAll ends what is open.
func (e *responsesEncoder) closeAll(dst []byte) []byte {
	for len(e.open) > 0 {
		dst = e.partEnd(dst, e.open[0])
	}
	return e.closeMessage(dst)
}

// closeMessage ends the message item, unless a part of it is still open.
func (e *responsesEncoder) closeMessage(dst []byte) []byte {
	m := e.message
	if m == nil {
		return dst
	}
	for _, p := range m.parts {
		if !p.ended {
			return dst
		}
	}
	e.message = nil
	var item writer
	item.messageOpen(m.id, "completed")
	for _, p := range m.parts {
		item.outputPart(&p.value, logprobsOf(p.tokens.b))
	}
	item.messageClose()
	return e.done(dst, m.index, item.b)
}

// logprobsOf makes the neutral form of a list of tokens.
func logprobsOf(tokens []byte) []byte {
	if len(tokens) == 0 {
		return nil
	}
	return append(append([]byte(`{"content":[`), tokens...), `]}`...)
}
