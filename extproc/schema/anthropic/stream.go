package anthropic

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// NewDecoder implements schema.Provider.
//
//	message_start, then for each block content_block_start, content_block_delta…, content_block_stop,
//	then message_delta (stop reason, usage) and message_stop; ping and error anywhere
//
// Source: https://platform.claude.com/docs/en/build-with-claude/streaming
func (Provider) NewDecoder(r *schema.Request) schema.Decoder {
	return &decoder{plan: planOf(r), blocks: make(map[int64]*openBlock)}
}

// decoder reads one stream. It holds the blocks that are open, of which the API has one at a time.
type decoder struct {
	plan
	frames sse.Parser
	blocks map[int64]*openBlock
	parts  int // begun so far
	counts usage

	started, stopped bool
	ended            bool // message_stop or an error came: nothing follows
	called           bool // a tool of the client's was called

	out []schema.Event
}

// maxOpen bounds the blocks that are open at one time.
const maxOpen = 1024

// openBlock is a content block whose end has not come.
type openBlock struct {
	kind      schema.PartKind
	part      int
	answer    bool   // a tool call that is the answer
	initial   string // a tool call's input as its start gave it
	begun     bool   // a piece of a tool call's input came
	signature string
	raw       []byte // PartOther: the block, sent on when it is whole
	input     []byte // PartOther: the input of a server's tool
	text      fence
}

// Append implements schema.Decoder.
func (d *decoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	d.out = dst
	err := d.frames.Append(chunk, d.frame)
	dst, d.out = d.out, nil
	return dst, err
}

// Close implements schema.Decoder.
func (d *decoder) Close(dst []schema.Event) ([]schema.Event, error) {
	d.out = dst
	err := d.frames.Close(d.frame)
	dst, d.out = d.out, nil
	if err == nil && !d.ended {
		err = &schema.Error{
			Kind: schema.KindTruncated, Code: "upstream_truncated",
			Message: "the provider's stream broke off before its end; try again",
		}
	}
	return dst, err
}

func (d *decoder) emit(e schema.Event) { d.out = append(d.out, e) }

// frame reads one event. Its type stands in the data too, and counts there.
func (d *decoder) frame(_ string, data []byte) error {
	if d.ended || string(data) == "[DONE]" {
		return nil
	}
	if !gjson.ValidBytes(data) {
		return broken("an event of the provider's stream is not valid JSON")
	}
	v := gjson.ParseBytes(validUTF8(data))
	switch v.Get("type").String() {
	case "message_start":
		d.start(v.Get("message"))
	case "content_block_start":
		return d.blockStart(v.Get("index").Int(), v.Get("content_block"))
	case "content_block_delta":
		d.blockDelta(v.Get("index").Int(), v.Get("delta"))
	case "content_block_stop":
		d.blockStop(v.Get("index").Int())
	case "message_delta":
		d.messageDelta(v)
	case "message_stop":
		d.end()
	case "ping":
		d.emit(schema.Event{Kind: schema.EventPing})
	case "error":
		d.ended = true
		d.emit(schema.Event{Kind: schema.EventError, Err: decodeError(v, 0)})
	}
	return nil
}

func (d *decoder) start(message gjson.Result) {
	if d.started {
		return
	}
	d.started = true
	d.counts.update(message.Get("usage"))
	d.emit(schema.Event{
		Kind: schema.EventStart, ID: message.Get("id").String(), Model: message.Get("model").String(),
		Usage: d.counts.neutral(), ServiceTier: d.counts.tier,
	})
}

func (d *decoder) blockStart(index int64, v gjson.Result) error {
	d.start(gjson.Result{})
	d.blockStop(index) // of a stream that does not say so
	if len(d.blocks) >= maxOpen {
		return broken("the provider's stream has too many open content blocks")
	}
	part := d.part(v)
	b := &openBlock{kind: part.Kind}
	d.blocks[index] = b
	switch part.Kind {
	case schema.PartOther:
		b.raw = part.Raw
		return nil
	case schema.PartText:
		part.Text, part.Citations = v.Get("text").String(), nil // as it came: the fence is taken off piece by piece
	case schema.PartToolCall:
		b.answer = d.isAnswer(v)
		d.called = d.called || !b.answer
		b.initial = part.Args
		part.Args = ""
	}
	if b.answer {
		part = schema.Part{Kind: schema.PartText}
	}
	d.begin(b, part)
	for _, c := range citationsOf(v.Get("citations")) {
		d.emit(schema.Event{Kind: schema.EventDelta, Part: b.part, Citations: []schema.Citation{c}})
	}
	return nil
}

// begin announces a part; text that came with it follows as a delta.
func (d *decoder) begin(b *openBlock, part schema.Part) {
	b.part = d.parts
	d.parts++
	text := part.Text
	part.Text = ""
	if part.Kind == schema.PartThinking && !part.Redacted {
		b.signature, _ = schema.Unsign(schema.Anthropic, part.Signature)
		part.Signature = ""
	}
	d.emit(schema.Event{Kind: schema.EventPartStart, Part: b.part, Value: part})
	d.text(b, text)
}

// text emits a piece of a part's text or arguments, if it is any.
func (d *decoder) text(b *openBlock, text string) {
	if b.kind == schema.PartText && d.answer == answerWords {
		text = b.text.add(text)
	}
	if text != "" {
		d.emit(schema.Event{Kind: schema.EventDelta, Part: b.part, Text: text})
	}
}

func (d *decoder) blockDelta(index int64, delta gjson.Result) {
	b := d.blocks[index]
	if b == nil {
		return
	}
	switch delta.Get("type").String() {
	case "text_delta":
		if b.kind == schema.PartText {
			d.text(b, delta.Get("text").String())
		}
	case "thinking_delta":
		if b.kind == schema.PartThinking {
			d.text(b, delta.Get("thinking").String())
		}
	case "signature_delta":
		b.signature += delta.Get("signature").String()
	case "input_json_delta":
		piece := delta.Get("partial_json").String()
		switch {
		case piece == "":
		case b.kind == schema.PartToolCall:
			b.begun = true
			d.text(b, piece)
		case b.kind == schema.PartOther && len(b.input)+len(piece) <= sse.MaxFrame:
			b.input = append(b.input, piece...)
		}
	case "citations_delta":
		if c := delta.Get("citation"); c.IsObject() && b.kind == schema.PartText {
			d.emit(schema.Event{Kind: schema.EventDelta, Part: b.part, Citations: []schema.Citation{citationOf(c)}})
		}
	}
}

func (d *decoder) blockStop(index int64) {
	b := d.blocks[index]
	if b == nil {
		return
	}
	delete(d.blocks, index)
	switch b.kind {
	case schema.PartOther:
		b.part = d.parts
		d.parts++
		d.emit(schema.Event{Kind: schema.EventPartStart, Part: b.part, Value: schema.Part{Kind: schema.PartOther, Raw: b.whole()}})
	case schema.PartToolCall:
		if !b.begun { // the start's input is no part of the arguments unless it is all there is
			d.text(b, b.initial)
		}
	case schema.PartThinking:
		if b.signature != "" {
			signature := schema.Sign(schema.Anthropic, b.signature)
			d.emit(schema.Event{Kind: schema.EventDelta, Part: b.part, Signature: signature})
		}
	case schema.PartText:
		if rest := b.text.end(); rest != "" {
			d.emit(schema.Event{Kind: schema.EventDelta, Part: b.part, Text: rest})
		}
	}
	d.emit(schema.Event{Kind: schema.EventPartEnd, Part: b.part})
}

// whole is a block of another kind with the input that was streamed.
func (b *openBlock) whole() json.RawMessage {
	if len(b.input) == 0 || !gjson.ValidBytes(b.input) {
		return b.raw
	}
	members := make(map[string]json.RawMessage)
	if json.Unmarshal(b.raw, &members) != nil {
		return b.raw
	}
	members["input"] = b.input
	whole, err := json.Marshal(members)
	if err != nil {
		return b.raw
	}
	return whole
}

// messageDelta reads {"delta":{"stop_reason":…,"stop_sequence":…},"usage":{…}}.
func (d *decoder) messageDelta(v gjson.Result) {
	if d.counts.update(v.Get("usage")) {
		d.emit(schema.Event{Kind: schema.EventUsage, Usage: d.counts.neutral()})
	}
	reason := v.Get("delta.stop_reason")
	if d.stopped || reason.Type != gjson.String {
		return
	}
	e := schema.Event{Kind: schema.EventStop, StopSequence: v.Get("delta.stop_sequence").String()}
	e.Stop, e.StopDetail = stopOf(reason.Str)
	switch {
	case e.Stop == schema.StopToolCalls && !d.called: // only the tool that stands for a JSON answer
		e.Stop = schema.StopEnd
	case e.Stop == schema.StopRefusal:
		e.StopDetail = v.Get("delta.stop_details.category").String()
	}
	d.stop(e)
}

// stop ends the parts that are still open and the choice.
func (d *decoder) stop(e schema.Event) {
	d.stopped = true
	for len(d.blocks) > 0 {
		first := int64(-1)
		for index := range d.blocks {
			if first < 0 || index < first {
				first = index
			}
		}
		d.blockStop(first)
	}
	d.emit(e)
}

func (d *decoder) end() {
	d.start(gjson.Result{})
	if !d.stopped {
		reason := schema.StopEnd
		if d.called {
			reason = schema.StopToolCalls
		}
		d.stop(schema.Event{Kind: schema.EventStop, Stop: reason})
	}
	d.ended = true
	d.emit(schema.Event{Kind: schema.EventEnd})
}
