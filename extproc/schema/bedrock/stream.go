package bedrock

import (
	"maps"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// NewDecoder implements schema.Provider.
func (Provider) NewDecoder(r *schema.Request) schema.Decoder {
	return &decoder{r: r, names: toolNames.Changed(r)}
}

// decoder reads one ConverseStream:
//
//	messageStart, for each block contentBlockStart (tools only), contentBlockDelta…, contentBlockStop,
//	then messageStop and metadata
type decoder struct {
	events
	r     *schema.Request
	names schema.ToolNames
	parts int           // begun so far
	open  map[int64]int // block → part
	began bool
	stop  string // the stop reason
	met   string // the stop sequence
	usage *schema.Usage
	tier  string
}

// maxOpen bounds what a provider can make the stream remember.
const maxOpen = 1024

// Append implements schema.Decoder.
func (d *decoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	return d.read(dst, chunk, d.frame)
}

func (d *decoder) frame(m frame) error {
	if string(m.messageType) != "event" {
		return nil
	}
	payload := payloadOf(m)
	if !payload.IsObject() {
		return invalid(nil)
	}
	return d.event(string(m.eventType), payload)
}

// payloadOf reads the payload of a frame; nothing if it is no JSON. It copies: what follows does not alias the frame.
func payloadOf(m frame) gjson.Result {
	if !gjson.ValidBytes(m.payload) {
		return gjson.Result{}
	}
	return gjson.ParseBytes(m.payload)
}

func (d *decoder) event(name string, v gjson.Result) error {
	switch name {
	case "messageStart":
		d.start()
	case "contentBlockStart":
		d.begin(v)
	case "contentBlockDelta":
		d.delta(v)
	case "contentBlockStop":
		d.end(v.Get("contentBlockIndex").Int())
	case "messageStop":
		d.stop = v.Get("stopReason").String()
		d.met = v.Get("additionalModelResponseFields.stop_sequence").String()
	case "metadata":
		if u := v.Get("usage"); u.Exists() {
			d.usage = usageOf(u)
		}
		d.tier = v.Get("serviceTier.type").String()
	}
	if len(d.open) > maxOpen {
		return &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_stream", Message: "the provider's stream begins too many blocks"}
	}
	return nil
}

func (d *decoder) start() {
	if d.began {
		return
	}
	d.began = true
	e := schema.Event{Kind: schema.EventStart}
	if d.r != nil {
		e.Model = d.r.Model
	}
	d.dst = append(d.dst, e)
}

// begin reads {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"…","name":"…"}}}.
func (d *decoder) begin(v gjson.Result) {
	if call := v.Get("start.toolUse"); call.Exists() {
		d.part(v.Get("contentBlockIndex").Int(), schema.Part{
			Kind: schema.PartToolCall, ID: call.Get("toolUseId").String(), Name: d.names.Client(call.Get("name").String()),
		})
	}
}

// part begins a part.
func (d *decoder) part(block int64, p schema.Part) int {
	d.start()
	if d.open == nil {
		d.open = map[int64]int{}
	}
	part := d.parts
	d.parts++
	d.open[block] = part
	d.dst = append(d.dst, schema.Event{Kind: schema.EventPartStart, Part: part, Value: p})
	return part
}

// delta reads {"contentBlockIndex":0,"delta":{"text":"…"}}, and its like for tools, thoughts and citations.
func (d *decoder) delta(v gjson.Result) {
	block, delta := v.Get("contentBlockIndex").Int(), v.Get("delta")
	value, e := schema.Part{Kind: schema.PartText}, schema.Event{Kind: schema.EventDelta}
	switch thought := delta.Get("reasoningContent"); {
	case delta.Get("text").Exists():
		e.Text = delta.Get("text").String()
	case delta.Get("toolUse").Exists():
		value.Kind, e.Text = schema.PartToolCall, delta.Get("toolUse.input").String()
	case delta.Get("citation").Exists():
		e.Citations = []schema.Citation{citationOf(delta.Get("citation"))}
	case thought.Exists():
		value = schema.Part{Kind: schema.PartThinking, SignedBy: makerOf(d.r)}
		e.Text = thought.Get("text").String()
		e.Value.SignedBy = value.SignedBy
		if redacted := thought.Get("redactedContent"); redacted.Exists() {
			value.Redacted, value.Signature = true, schema.Sign(makerOf(d.r), redacted.String())
		} else {
			e.Signature = schema.Sign(makerOf(d.r), thought.Get("signature").String())
		}
	default:
		return
	}
	part, ok := d.open[block]
	if !ok {
		part = d.part(block, value)
	}
	if e.Text == "" && e.Signature == "" && e.Citations == nil {
		return
	}
	e.Part = part
	d.dst = append(d.dst, e)
}

func (d *decoder) end(block int64) {
	if part, ok := d.open[block]; ok {
		delete(d.open, block)
		d.dst = append(d.dst, schema.Event{Kind: schema.EventPartEnd, Part: part})
	}
}

// Close implements schema.Decoder.
func (d *decoder) Close(dst []schema.Event) ([]schema.Event, error) {
	if d.done {
		return dst, nil
	}
	d.done = true
	if d.stop == "" || len(d.frames.held) > 0 {
		return dst, truncated()
	}
	d.dst = dst
	d.start()
	blocks := slices.SortedFunc(maps.Keys(d.open), func(a, b int64) int { return d.open[a] - d.open[b] })
	for _, block := range blocks { // those that the provider did not end
		d.end(block)
	}
	stop := schema.Event{Kind: schema.EventStop, StopSequence: d.met}
	stop.Stop, stop.StopDetail = stopOf(d.stop)
	d.dst = append(d.dst, stop)
	if d.usage != nil {
		d.dst = append(d.dst, schema.Event{Kind: schema.EventUsage, Usage: d.usage, ServiceTier: d.tier})
	}
	dst, d.dst = append(d.dst, schema.Event{Kind: schema.EventEnd}), nil
	return dst, nil
}

func truncated() error {
	return &schema.Error{
		Kind: schema.KindTruncated, Code: "truncated_stream", Message: "the provider's stream broke off before its last event",
	}
}
