package openai

import (
	"bytes"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// chatEncoder writes chunks of Chat Completions, or of Completions. Chunks are built one at a time; what it remembers
// of a stream is which parts are open.
//
// Source: https://platform.openai.com/docs/api-reference/chat-streaming
type chatEncoder struct {
	request *schema.Request
	text    bool // Completions

	start   schema.Event
	begun   bool
	lead    []byte // what all chunks begin with
	w       writer
	choices []*writtenChoice
	usage   *schema.Usage
}

type writtenChoice struct {
	index    int
	calls    int // tool calls so far
	thoughts int // thinking parts so far
	runes    int // characters of text in parts that have ended, for citations
	open     []writtenPart
}

type writtenPart struct {
	part  int
	kind  schema.PartKind
	index int         // of the tool call, or of the thought
	value schema.Part // of a thought: who signed it
	runes int
	args  bool // arguments were written
}

// ContentType implements schema.Encoder.
func (*chatEncoder) ContentType() string { return "text/event-stream" }

// Append implements schema.Encoder.
func (e *chatEncoder) Append(dst []byte, ev *schema.Event) ([]byte, error) {
	switch ev.Kind {
	case schema.EventStart:
		e.begin(ev)
		return e.role(dst, 0), nil
	case schema.EventPing:
		return append(dst, ":\n\n"...), nil // a comment, which clients skip
	case schema.EventUsage:
		e.usage = ev.Usage
		return dst, nil
	case schema.EventError:
		return sse.AppendEvent(dst, "", appendError(nil, ev.Err)), nil
	case schema.EventEnd:
		return e.usageChunk(dst), nil
	}
	dst = e.role(dst, ev.Choice)
	c := e.choice(ev.Choice)
	switch ev.Kind {
	case schema.EventPartStart:
		return e.partStart(dst, c, ev), nil
	case schema.EventDelta:
		return e.delta(dst, c, ev), nil
	case schema.EventPartEnd:
		return e.partEnd(dst, c, ev), nil
	case schema.EventStop:
		return e.stop(dst, c, ev), nil
	}
	return dst, nil
}

// Close implements schema.Encoder.
func (e *chatEncoder) Close(dst []byte) ([]byte, error) {
	return append(dst, "data: [DONE]\n\n"...), nil
}

func (e *chatEncoder) begin(ev *schema.Event) {
	if e.begun {
		return
	}
	e.begun = true
	if ev.Kind == schema.EventStart {
		e.start = *ev
	}
	if ev.Usage != nil {
		e.usage = ev.Usage
	}
	prefix := "chatcmpl-"
	if e.text {
		prefix = "cmpl-"
	}
	e.start.ID = idOr(e.start.ID, prefix)
	if e.start.Model == "" {
		e.start.Model = e.request.Model
	}
}

func (e *chatEncoder) choice(index int) *writtenChoice {
	for _, c := range e.choices {
		if c.index == index {
			return c
		}
	}
	return nil
}

// role writes a choice's first chunk, unless that was done.
func (e *chatEncoder) role(dst []byte, index int) []byte {
	e.begin(&schema.Event{})
	if e.choice(index) != nil {
		return dst
	}
	c := &writtenChoice{index: index}
	e.choices = append(e.choices, c)
	if e.text {
		return dst
	}
	w := e.open(c)
	w.str("role", "assistant")
	w.str("content", "")
	w.null("refusal")
	return e.close(dst, nil, "")
}

// open begins a chunk, up to and including "delta":{.
func (e *chatEncoder) open(c *writtenChoice) *writer {
	w := &e.w
	e.head()
	w.arrayAt("choices")
	w.object()
	w.num("index", int64(c.index))
	if !e.text {
		w.objectAt("delta")
	}
	return w
}

// head begins a chunk with what is the same in all.
func (e *chatEncoder) head() {
	w := &e.w
	if e.lead != nil {
		w.b = append(w.b[:0], e.lead...)
		return
	}
	w.b = w.b[:0]
	w.object()
	w.str("id", e.start.ID)
	if e.text {
		w.str("object", "text_completion")
	} else {
		w.str("object", "chat.completion.chunk")
	}
	w.num("created", e.start.Created)
	w.str("model", e.start.Model)
	w.optional("service_tier", e.start.ServiceTier)
	w.orNull("system_fingerprint", e.start.Fingerprint)
	e.lead = bytes.Clone(w.b)
}

// close ends a chunk that open began.
func (e *chatEncoder) close(dst []byte, logprobs []byte, finish string) []byte {
	w := &e.w
	if !e.text {
		w.endObject()
	}
	w.raw("logprobs", logprobs)
	w.orNull("finish_reason", finish)
	w.endObject()
	w.endArray()
	if e.request.IncludeUsage {
		w.null("usage")
	}
	w.endObject()
	return sse.AppendEvent(dst, "", w.b)
}

// usageChunk is the last chunk, for a client that asked for it.
func (e *chatEncoder) usageChunk(dst []byte) []byte {
	if !e.request.IncludeUsage || e.usage == nil {
		return dst
	}
	e.begin(&schema.Event{})
	e.head()
	w := &e.w
	w.arrayAt("choices")
	w.endArray()
	w.key("usage")
	w.usage(e.usage)
	w.endObject()
	return sse.AppendEvent(dst, "", w.b)
}

func (e *chatEncoder) stop(dst []byte, c *writtenChoice, ev *schema.Event) []byte {
	for len(c.open) > 0 { // parts that nobody ended
		dst = e.partEnd(dst, c, &schema.Event{Part: c.open[0].part})
	}
	finish := finishOf(ev.Stop)
	if finish == "tool_calls" && e.request.LegacyFunctions {
		finish = "function_call"
	}
	w := e.open(c)
	if e.text {
		w.str("text", "")
	}
	return e.close(dst, nil, finish)
}

func (c *writtenChoice) part(part int) *writtenPart {
	for i := range c.open {
		if c.open[i].part == part {
			return &c.open[i]
		}
	}
	return nil
}
