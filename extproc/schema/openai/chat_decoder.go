package openai

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// Bounds on what a stream may make the decoder remember.
const (
	maxChoices  = 128
	maxCalls    = 256
	maxHeldArgs = 1 << 20 // bytes of arguments that came before the name of their function
)

// chatDecoder reads a stream of Chat Completions or Completions chunks.
//
// Source: https://platform.openai.com/docs/api-reference/chat-streaming
type chatDecoder struct {
	parser sse.Parser
	names  schema.ToolNames
	dst    []schema.Event

	choices []*streamChoice
	members members // of the choice at hand
	delta   members // and of its delta
	started bool
	over    bool // [DONE], or an error
}

// streamChoice is one answer of a stream.
type streamChoice struct {
	index   int
	parts   int             // so far
	kind    schema.PartKind // of the open text-like part; empty: none is open
	open    int             // its index
	calls   []streamCall
	stopped bool
}

// streamCall is a tool call. It stays open until the choice stops, for deltas of parallel calls may interleave.
type streamCall struct {
	key  int    // the provider's index
	id   string // as the provider gave it
	part int    // -1 until the name is known
	held string // arguments that came before the name
	sign string // a signature that came before the name
}

func newChatDecoder(r *schema.Request) *chatDecoder { return &chatDecoder{names: toolNames.Changed(r)} }

// Append implements schema.Decoder.
func (d *chatDecoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	d.dst = dst
	err := d.parser.Append(chunk, d.event)
	return d.take(), err
}

// Close implements schema.Decoder.
func (d *chatDecoder) Close(dst []schema.Event) ([]schema.Event, error) {
	d.dst = dst
	err := d.parser.Close(d.event)
	if err == nil && !d.over {
		err = d.end()
	}
	return d.take(), err
}

func (d *chatDecoder) take() []schema.Event {
	dst := d.dst
	d.dst = nil
	return dst
}

// end decides about a stream without [DONE]: it is complete if every answer has its finish_reason.
func (d *chatDecoder) end() error {
	d.over = true
	for _, c := range d.choices {
		if !c.stopped {
			return truncated()
		}
	}
	if len(d.choices) == 0 {
		return truncated()
	}
	d.emit(schema.Event{Kind: schema.EventEnd})
	return nil
}

func truncated() error {
	return &schema.Error{
		Kind: schema.KindTruncated, Code: "upstream_truncated",
		Message: "the provider's stream broke off before its end; the answer is incomplete, try again",
	}
}

func (d *chatDecoder) emit(e schema.Event) { d.dst = append(d.dst, e) }

func (d *chatDecoder) event(name string, data []byte) error {
	if d.over {
		return nil
	}
	if string(data) == "[DONE]" {
		return d.done()
	}
	if len(data) == 0 {
		return nil
	}
	if !json.Valid(data) {
		d.over = true
		return broken("the provider's stream has an event that is not valid JSON")
	}
	root := gjson.ParseBytes(data)
	if e := d.errorOf(name, root); e != nil {
		d.over = true
		d.emit(schema.Event{Kind: schema.EventError, Err: e})
		return nil
	}
	return d.chunk(root)
}

// errorOf finds an error in the stream: under "error", or as the data of an event named error.
func (d *chatDecoder) errorOf(name string, root gjson.Result) *schema.Error {
	if e := errorIn(root); e != nil {
		return e
	}
	if name != "error" {
		return nil
	}
	e := decodeErrorObject(502, noHeader, []byte(root.Raw))
	e.Status = 0
	return e
}

// done is [DONE]. Some servers leave the finish_reason out.
func (d *chatDecoder) done() error {
	d.over = true
	if len(d.choices) == 0 {
		return truncated()
	}
	for _, c := range d.choices {
		if !c.stopped {
			d.stop(c, "stop")
		}
	}
	d.emit(schema.Event{Kind: schema.EventEnd})
	return nil
}

// chunk reads one chunk. Azure's first has no choices, only filter results; usage may come with any, or in one of
// its own with choices: [].
func (d *chatDecoder) chunk(root gjson.Result) error {
	choices := root.Get("choices")
	usage := usageOf(root.Get("usage"))
	if usage == nil {
		usage = usageOf(root.Get("x_groq.usage")) // Groq, where stream_options is not set
	}
	if empty(choices) && usage == nil {
		return nil
	}
	if !d.started {
		d.started = true
		d.emit(schema.Event{
			Kind: schema.EventStart, ID: root.Get("id").String(), Model: root.Get("model").String(),
			Created: root.Get("created").Int(), ServiceTier: root.Get("service_tier").String(),
			Fingerprint: root.Get("system_fingerprint").String(),
		})
	}
	var err error
	walk(choices, func(v gjson.Result) bool {
		err = d.choice(v)
		return err == nil
	})
	if usage != nil && err == nil {
		d.emit(schema.Event{Kind: schema.EventUsage, Usage: usage})
	}
	return err
}

func (d *chatDecoder) choice(choice gjson.Result) error {
	v, delta := &d.members, &d.delta
	v.load(choice)
	c, err := d.choiceAt(countOf(v.get("index")))
	if err != nil || c.stopped { // what comes after the end is Azure's late filter results
		return err
	}
	delta.load(v.get("delta"))
	if text := v.get("text"); text.Type == gjson.String && !v.get("delta").Exists() { // Completions
		d.text(c, schema.PartText, text.Str)
	}
	d.thoughts(c, delta)
	d.content(c, delta.get("content"))
	d.text(c, schema.PartRefusal, delta.get("refusal").String())
	if list := citations(delta.get("annotations")); len(list) > 0 {
		d.part(c, schema.PartText)
		d.emit(schema.Event{Kind: schema.EventDelta, Choice: c.index, Part: c.open, Citations: list})
	}
	d.media(c, delta)
	if logprobs := v.get("logprobs"); logprobs.IsObject() {
		d.logprobs(c, jsonin.Raw(logprobs))
	}
	if err := d.calls(c, delta); err != nil {
		return err
	}
	if finish := v.get("finish_reason"); finish.Type == gjson.String && finish.Str != "" {
		d.stop(c, finish.Str)
	}
	return nil
}

func (d *chatDecoder) choiceAt(index int) (*streamChoice, error) {
	for _, c := range d.choices {
		if c.index == index {
			return c, nil
		}
	}
	if len(d.choices) == maxChoices {
		return nil, broken("the provider's stream has too many choices")
	}
	c := &streamChoice{index: index}
	d.choices = append(d.choices, c)
	return c, nil
}

// thoughts reads reasoning_content, reasoning, and the signatures in reasoning_details.
func (d *chatDecoder) thoughts(c *streamChoice, delta *members) {
	d.text(c, schema.PartThinking, thoughtText(delta))
	spoken := thoughtText(delta) != ""
	for _, p := range thoughtDetails(delta.get("reasoning_details")) {
		if p.Redacted {
			d.closeOpen(c)
			d.emit(schema.Event{Kind: schema.EventPartStart, Choice: c.index, Part: c.parts, Value: p})
			d.emit(schema.Event{Kind: schema.EventPartEnd, Choice: c.index, Part: c.parts})
			c.parts++
			continue
		}
		if !spoken {
			d.text(c, schema.PartThinking, p.Text)
		}
		if p.Signature != "" {
			d.part(c, schema.PartThinking)
			d.emit(signed(c.index, c.open, p))
			d.closeOpen(c)
		}
	}
}

// content reads a string, or Mistral's parts.
func (d *chatDecoder) content(c *streamChoice, v gjson.Result) {
	if v.Type == gjson.String {
		d.text(c, schema.PartText, v.Str)
		return
	}
	walk(v, func(piece gjson.Result) bool {
		if piece.Get("type").String() == "thinking" {
			d.text(c, schema.PartThinking, mistralThought(piece))
		} else {
			d.text(c, schema.PartText, piece.Get("text").String())
		}
		return true
	})
}

// text appends to the open part of that kind, or opens one.
func (d *chatDecoder) text(c *streamChoice, kind schema.PartKind, text string) {
	if text == "" {
		return
	}
	d.part(c, kind)
	d.emit(schema.Event{Kind: schema.EventDelta, Choice: c.index, Part: c.open, Text: text})
}

// part makes sure that a part of that kind is open, which ends the one before.
func (d *chatDecoder) part(c *streamChoice, kind schema.PartKind) {
	if c.kind == kind {
		return
	}
	d.closeOpen(c)
	c.kind, c.open = kind, c.parts
	c.parts++
	d.emit(schema.Event{Kind: schema.EventPartStart, Choice: c.index, Part: c.open, Value: schema.Part{Kind: kind}})
}

func (d *chatDecoder) closeOpen(c *streamChoice) {
	if c.kind == "" {
		return
	}
	c.kind = ""
	d.emit(schema.Event{Kind: schema.EventPartEnd, Choice: c.index, Part: c.open})
}

func (d *chatDecoder) logprobs(c *streamChoice, raw json.RawMessage) {
	if n := len(d.dst); n > 0 {
		if last := &d.dst[n-1]; last.Kind == schema.EventDelta && last.Choice == c.index && last.Part == c.open && last.Text != "" {
			last.Logprobs = raw
			return
		}
	}
	if c.kind != "" { // logprobs without text: tokens that are half a character
		d.emit(schema.Event{Kind: schema.EventDelta, Choice: c.index, Part: c.open, Logprobs: raw})
	}
}

// media reads sound in pieces, and whole pictures.
func (d *chatDecoder) media(c *streamChoice, delta *members) {
	if audio := delta.get("audio"); audio.IsObject() {
		d.part(c, schema.PartAudio)
		d.emit(schema.Event{
			Kind: schema.EventDelta, Choice: c.index, Part: c.open, Text: audio.Get("transcript").String(),
			Value: schema.Part{
				Kind: schema.PartAudio, Raw: jsonin.Raw(audio),
				Media: schema.Media{FileID: audio.Get("id").String(), Data: audio.Get("data").String()},
			},
		})
	}
	walk(delta.get("images"), func(v gjson.Result) bool {
		d.closeOpen(c)
		d.emit(schema.Event{Kind: schema.EventPartStart, Choice: c.index, Part: c.parts, Value: contentPart(v)})
		d.emit(schema.Event{Kind: schema.EventPartEnd, Choice: c.index, Part: c.parts})
		c.parts++
		return true
	})
}

// stop ends what is open and the choice.
func (d *chatDecoder) stop(c *streamChoice, finish string) {
	d.closeOpen(c)
	called := false
	for i := range c.calls {
		if c.calls[i].part < 0 { // a call that never got a name is none
			continue
		}
		called = true
		d.emit(schema.Event{Kind: schema.EventPartEnd, Choice: c.index, Part: c.calls[i].part})
	}
	c.calls, c.stopped = nil, true
	reason, detail := stopOf(finish, called)
	d.emit(schema.Event{Kind: schema.EventStop, Choice: c.index, Stop: reason, StopDetail: detail})
}
