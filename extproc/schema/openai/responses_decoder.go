package openai

import (
	"encoding/json"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// responsesDecoder reads a stream of Responses events.
//
// Source: https://platform.openai.com/docs/api-reference/responses-streaming
type responsesDecoder struct {
	parser sse.Parser
	names  schema.ToolNames
	dst    []schema.Event

	open    []openItem
	parts   int
	called  bool
	started bool
	over    bool
}

// openItem is a part that has begun: an output item, or one part of a message's content.
type openItem struct {
	output, content int // output_index, content_index; content is -1 for a whole item
	part            int
	kind            schema.PartKind
	spoken          bool // text or arguments came
}

func newResponsesDecoder(r *schema.Request) *responsesDecoder {
	return &responsesDecoder{names: toolNames.Changed(r)}
}

// Append implements schema.Decoder.
func (d *responsesDecoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	d.dst = dst
	err := d.parser.Append(chunk, d.event)
	return d.take(), err
}

// Close implements schema.Decoder.
func (d *responsesDecoder) Close(dst []schema.Event) ([]schema.Event, error) {
	d.dst = dst
	err := d.parser.Close(d.event)
	if err == nil && !d.over {
		d.over = true
		err = truncated()
	}
	return d.take(), err
}

func (d *responsesDecoder) take() []schema.Event {
	dst := d.dst
	d.dst = nil
	return dst
}

func (d *responsesDecoder) emit(e schema.Event) { d.dst = append(d.dst, e) }

func (d *responsesDecoder) event(name string, data []byte) error {
	if d.over || len(data) == 0 || string(data) == "[DONE]" {
		return nil
	}
	if !json.Valid(data) {
		d.over = true
		return broken("the provider's stream has an event that is not valid JSON")
	}
	root := gjson.ParseBytes(data)
	if kind := root.Get("type").String(); kind != "" {
		name = kind
	}
	if e := d.errorOf(name, root); e != nil {
		d.over = true
		d.emit(schema.Event{Kind: schema.EventError, Err: e})
		return nil
	}
	return d.handle(name, root)
}

// errorOf reads {"type":"error","code":…,"message":…}, the same nested under "error", and response.failed.
func (d *responsesDecoder) errorOf(name string, root gjson.Result) *schema.Error {
	switch name {
	case "response.failed":
		if e := errorIn(root.Get("response")); e != nil {
			return e
		}
		return broken("the provider's answer failed without a reason")
	case "error":
		if nested := root.Get("error"); nested.IsObject() {
			return errorIn(root)
		}
		return errorIn(gjson.Parse(`{"error":` + root.Raw + `}`))
	}
	return errorIn(root)
}

func (d *responsesDecoder) handle(name string, v gjson.Result) error {
	switch name {
	case "response.created", "response.in_progress", "response.queued":
		d.start(v.Get("response"))
	case "response.output_item.added":
		return d.added(v)
	case "response.content_part.added":
		return d.partAdded(v)
	case "response.output_text.delta":
		d.delta(v, schema.PartText)
	case "response.refusal.delta":
		d.delta(v, schema.PartRefusal)
	case "response.reasoning_summary_part.added":
		d.paragraph(v)
	case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		d.speak(d.item(v), v.Get("delta").String())
	case "response.function_call_arguments.delta":
		d.speak(d.item(v), v.Get("delta").String())
	case "response.output_text.annotation.added":
		if p := d.content(v); p != nil {
			d.emit(schema.Event{Kind: schema.EventDelta, Part: p.part, Citations: []schema.Citation{citation(v.Get("annotation"))}})
		}
	case "response.content_part.done":
		d.end(d.content(v))
	case "response.output_item.done":
		d.done(v)
	case "response.completed", "response.incomplete":
		d.complete(v.Get("response"))
	}
	return nil
}

func (d *responsesDecoder) start(response gjson.Result) {
	if d.started {
		return
	}
	d.started = true
	d.emit(schema.Event{
		Kind: schema.EventStart, ID: response.Get("id").String(), Model: response.Get("model").String(),
		Created: response.Get("created_at").Int(), ServiceTier: response.Get("service_tier").String(),
	})
}

// added begins the items that are parts themselves; a message's parts come with content_part.added.
func (d *responsesDecoder) added(v gjson.Result) error {
	item := v.Get("item")
	switch item.Get("type").String() {
	case "function_call":
		d.called = true
		return d.begin(v, -1, schema.Part{
			Kind: schema.PartToolCall, ID: item.Get("call_id").String(), Name: d.names.Client(item.Get("name").String()),
		})
	case "reasoning":
		return d.begin(v, -1, schema.Part{Kind: schema.PartThinking, ID: item.Get("id").String(), SignedBy: schema.OpenAI})
	}
	return nil
}

func (d *responsesDecoder) partAdded(v gjson.Result) error {
	kind := schema.PartText
	switch v.Get("part.type").String() {
	case "refusal":
		kind = schema.PartRefusal
	case "output_text":
	default:
		return nil // reasoning_text belongs to its item
	}
	return d.begin(v, count0(v, "content_index"), schema.Part{Kind: kind})
}

func (d *responsesDecoder) begin(v gjson.Result, content int, value schema.Part) error {
	d.start(gjson.Result{})
	if len(d.open) == maxCalls {
		return broken("the provider's stream has too many items open at once")
	}
	d.open = append(d.open, openItem{output: count0(v, "output_index"), content: content, part: d.parts, kind: value.Kind})
	d.emit(schema.Event{Kind: schema.EventPartStart, Part: d.parts, Value: value})
	d.parts++
	return nil
}

// item is the open item that an event belongs to, or nil.
func (d *responsesDecoder) item(v gjson.Result) *openItem {
	return d.find(count0(v, "output_index"), -1)
}

func (d *responsesDecoder) content(v gjson.Result) *openItem {
	return d.find(count0(v, "output_index"), count0(v, "content_index"))
}

func (d *responsesDecoder) find(output, content int) *openItem {
	for i := range d.open {
		if d.open[i].output == output && d.open[i].content == content {
			return &d.open[i]
		}
	}
	return nil
}

// delta extends a part of a message. Compatible servers leave content_part.added out.
func (d *responsesDecoder) delta(v gjson.Result, kind schema.PartKind) {
	p := d.content(v)
	if p == nil {
		if d.begin(v, count0(v, "content_index"), schema.Part{Kind: kind}) != nil {
			return
		}
		p = d.content(v)
	}
	d.speak(p, v.Get("delta").String())
	if tokens := v.Get("logprobs"); tokens.IsArray() && !empty(tokens) && len(d.dst) > 0 {
		if last := &d.dst[len(d.dst)-1]; last.Kind == schema.EventDelta {
			last.Logprobs = json.RawMessage(`{"content":` + tokens.Raw + `,"refusal":null}`)
		}
	}
}

func (d *responsesDecoder) speak(p *openItem, text string) {
	if p == nil || text == "" {
		return
	}
	p.spoken = true
	d.emit(schema.Event{Kind: schema.EventDelta, Part: p.part, Text: text})
}

// paragraph parts the second and later pieces of a summary from what came before.
func (d *responsesDecoder) paragraph(v gjson.Result) {
	if p := d.item(v); p != nil && p.spoken && count0(v, "summary_index") > 0 {
		d.speak(p, paragraph)
	}
}

// done ends an item. It repeats the whole item, for what no delta has told.
func (d *responsesDecoder) done(v gjson.Result) {
	item := v.Get("item")
	output := count0(v, "output_index")
	switch item.Get("type").String() {
	case "function_call":
		if p := d.find(output, -1); p != nil && !p.spoken {
			d.speak(p, arguments(item.Get("arguments")))
		}
	case "reasoning":
		d.thought(d.find(output, -1), item)
	case "message":
	default:
		d.whole(v, item)
	}
	for i := len(d.open) - 1; i >= 0; i-- {
		if i < len(d.open) && d.open[i].output == output {
			d.end(&d.open[i])
		}
	}
}

func (d *responsesDecoder) thought(p *openItem, item gjson.Result) {
	if p == nil {
		return
	}
	if !p.spoken {
		d.speak(p, summaryOf(item))
	}
	if value := reasoningItem(item); value.Signature != "" {
		d.emit(signed(0, p.part, value))
	}
}

// whole passes an item that comes in one piece: a picture, or what only this API has.
func (d *responsesDecoder) whole(v, item gjson.Result) {
	for _, p := range itemParts(d.names, item) {
		if d.begin(v, -1, p) != nil {
			return
		}
	}
}

func (d *responsesDecoder) end(p *openItem) {
	if p == nil {
		return
	}
	d.emit(schema.Event{Kind: schema.EventPartEnd, Part: p.part})
	for i := range d.open {
		if &d.open[i] == p {
			d.open = append(d.open[:i], d.open[i+1:]...)
			return
		}
	}
}

func (d *responsesDecoder) complete(response gjson.Result) {
	d.over = true
	d.start(response)
	for len(d.open) > 0 {
		d.end(&d.open[0])
	}
	reason, detail := responsesStop(response, d.called)
	d.emit(schema.Event{Kind: schema.EventStop, Stop: reason, StopDetail: detail})
	if usage := responsesUsageOf(response.Get("usage")); usage != nil {
		d.emit(schema.Event{Kind: schema.EventUsage, Usage: usage})
	}
	d.emit(schema.Event{Kind: schema.EventEnd})
}
