package gemini

import (
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// chunks turns the GenerateContentResponses of one answer, one or many, into events. A complete answer is the special
// case of a single chunk.
type chunks struct {
	r       *schema.Request // may be nil
	names   schema.ToolNames
	single  bool // one chunk is the whole answer: parts that ended may still be cited
	started bool
	id      string
	choices []*choice
	blocked string       // promptFeedback.blockReason
	counts  gjson.Result // the newest usageMetadata, which every chunk may bring
}

// choice is the state of one candidate.
type choice struct {
	index   int
	parts   int             // begun so far
	open    schema.PartKind // of the last part, if text may still be added to it
	ascii   bool            // the last text has only one-byte characters, so that byte offsets count characters
	text    int             // the last text part, plus one
	calls   bool
	finish  string
	logprob []byte // of the chunk at hand
}

// maxChoices bounds what a provider can make the stream remember.
const maxChoices = 128

// read appends the events of one chunk:
//
//	{"candidates":[{"content":{"parts":[…],"role":"model"},"finishReason":"STOP","index":0}],
//	 "usageMetadata":{…},"modelVersion":"…","responseId":"…"}
func (c *chunks) read(dst []schema.Event, root gjson.Result) []schema.Event {
	if block := root.Get("promptFeedback.blockReason").String(); block != "" && block != "BLOCKED_REASON_UNSPECIFIED" {
		c.blocked = block
	}
	if u := root.Get("usageMetadata"); u.Exists() {
		c.counts = u
	}
	if !c.started {
		c.started = true
		dst = append(dst, c.start(root))
	}
	root.Get("candidates").ForEach(func(_, v gjson.Result) bool {
		index := int(v.Get("index").Int())
		if ch := c.choice(index); ch != nil {
			dst = c.candidate(dst, ch, v)
		}
		return true
	})
	return dst
}

func (c *chunks) start(root gjson.Result) schema.Event {
	c.id = root.Get("responseId").String()
	e := schema.Event{Kind: schema.EventStart, ID: c.id, Model: root.Get("modelVersion").String()}
	if at, err := time.Parse(time.RFC3339Nano, root.Get("createTime").String()); err == nil { // Vertex AI
		e.Created = at.Unix()
	}
	e.Usage = c.usage()
	return e
}

// usage is as the newest chunk has it; nil if none told.
func (c *chunks) usage() *schema.Usage {
	if !c.counts.Exists() {
		return nil
	}
	usage := usageOf(c.counts)
	return &usage
}

// choice finds the state of a candidate, or begins it.
func (c *chunks) choice(index int) *choice {
	for _, ch := range c.choices {
		if ch.index == index {
			return ch
		}
	}
	if index < 0 || len(c.choices) >= maxChoices {
		return nil
	}
	ch := &choice{index: index}
	c.choices = append(c.choices, ch)
	return ch
}

func (c *chunks) candidate(dst []schema.Event, ch *choice, v gjson.Result) []schema.Event {
	ch.logprob = logprobsOf(v.Get("logprobsResult"))
	v.Get("content.parts").ForEach(func(_, p gjson.Result) bool {
		dst = c.part(dst, ch, p)
		return true
	})
	if ch.text > 0 && (c.single || ch.open == schema.PartText) {
		if cites := citationsOf(v, ch.ascii); len(cites) > 0 {
			dst = append(dst, schema.Event{Kind: schema.EventDelta, Choice: ch.index, Part: ch.text - 1, Citations: cites})
		}
	}
	if len(ch.logprob) > 0 { // no text came that could carry them
		dst = c.text(dst, ch, schema.PartText, "", "")
	}
	if finish := v.Get("finishReason").String(); finish != "" && finish != "FINISH_REASON_UNSPECIFIED" {
		ch.finish = finish
	}
	return dst
}

// part reads one part of the answer.
func (c *chunks) part(dst []schema.Event, ch *choice, p gjson.Result) []schema.Event {
	signature := schema.Sign(schema.Gemini, p.Get("thoughtSignature").String())
	switch {
	case p.Get("functionCall").Exists():
		return c.call(dst, ch, p.Get("functionCall"), signature)
	case p.Get("inlineData").Exists():
		data := p.Get("inlineData")
		media := schema.Media{Type: data.Get("mimeType").String(), Data: data.Get("data").String()}
		return c.whole(dst, ch, schema.Part{Kind: kindOfMedia(media.Type), Media: media, Signature: signature, SignedBy: schema.Gemini})
	case p.Get("fileData").Exists():
		file := p.Get("fileData")
		media := schema.Media{Type: file.Get("mimeType").String(), URL: file.Get("fileUri").String()}
		return c.whole(dst, ch, schema.Part{Kind: kindOfMedia(media.Type), Media: media, Signature: signature, SignedBy: schema.Gemini})
	case p.Get("text").Exists() || signature != "":
		kind := schema.PartText
		if p.Get("thought").Bool() {
			kind = schema.PartThinking
		}
		return c.text(dst, ch, kind, p.Get("text").String(), signature)
	}
	return c.whole(dst, ch, schema.Part{Kind: schema.PartOther, Raw: raw(p)})
}

// text adds to the open part of that kind, or begins one. A signature closes a thought, and marks a text.
func (c *chunks) text(dst []schema.Event, ch *choice, kind schema.PartKind, text, signature string) []schema.Event {
	if text == "" && signature == "" && len(ch.logprob) == 0 {
		return dst
	}
	if ch.open != kind {
		dst = c.close(dst, ch)
		dst = append(dst, schema.Event{Kind: schema.EventPartStart, Choice: ch.index, Part: ch.parts, Value: schema.Part{Kind: kind, SignedBy: schema.Gemini}})
		ch.parts++
		ch.open = kind
		if kind == schema.PartText {
			ch.text, ch.ascii = ch.parts, true
		}
	}
	if kind == schema.PartText {
		ch.ascii = ch.ascii && isASCII(text)
	}
	if text != "" || len(ch.logprob) > 0 {
		e := schema.Event{Kind: schema.EventDelta, Choice: ch.index, Part: ch.parts - 1, Text: text}
		if kind == schema.PartText {
			e.Logprobs, ch.logprob = ch.logprob, nil
		}
		dst = append(dst, e)
	}
	if signature != "" {
		dst = append(dst, schema.Event{Kind: schema.EventDelta, Choice: ch.index, Part: ch.parts - 1, Signature: signature, Value: schema.Part{SignedBy: schema.Gemini}})
	}
	return dst
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// call reads {"name":"…","args":{…},"id":"…"}. Formats that have no place for a signature on a call carry it on a
// thought before the call; requestEncoder.message puts it back.
func (c *chunks) call(dst []schema.Event, ch *choice, v gjson.Result, signature string) []schema.Event {
	if signature != "" && c.r != nil && c.r.Format != schema.Gemini {
		if ch.open == schema.PartThinking {
			dst = append(dst, schema.Event{Kind: schema.EventDelta, Choice: ch.index, Part: ch.parts - 1, Signature: signature, Value: schema.Part{SignedBy: schema.Gemini}})
		} else {
			dst = c.whole(dst, ch, schema.Part{Kind: schema.PartThinking, Redacted: true, Signature: signature, SignedBy: schema.Gemini})
		}
	}
	ch.calls = true
	args := v.Get("args").Raw
	if args == "" || args == "null" {
		args = "{}"
	}
	p := schema.Part{
		Kind: schema.PartToolCall, ID: v.Get("id").String(),
		Name: c.names.Client(v.Get("name").String()), Signature: signature, SignedBy: schema.Gemini,
	}
	if p.ID == "" {
		p.ID = c.callID(ch, p.Name, args)
	}
	dst = c.close(dst, ch)
	at := schema.Event{Choice: ch.index, Part: ch.parts}
	ch.parts++
	begin, delta, end := at, at, at
	begin.Kind, begin.Value = schema.EventPartStart, p
	delta.Kind, delta.Text = schema.EventDelta, args
	end.Kind = schema.EventPartEnd
	return append(dst, begin, delta, end)
}

// ownID begins the ids that llmroute gives to calls that Gemini gave none. They are not sent to Gemini, which then
// pairs calls and results by name and order.
const ownID = "call_lr"

// callID makes an id that no other call of the conversation has: it depends on the answer, on how far the
// conversation is, and on the call's place and content.
func (c *chunks) callID(ch *choice, name, args string) string {
	h := fnv.New128a()
	turns := 0
	if c.r != nil {
		turns = max(c.r.Turns, len(c.r.Messages))
	}
	for _, s := range []string{c.id, strconv.Itoa(turns), strconv.Itoa(ch.index), strconv.Itoa(ch.parts), name, args} {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	return ownID + hex.EncodeToString(h.Sum(nil)[:12])
}

// whole adds a part that comes in one piece.
func (c *chunks) whole(dst []schema.Event, ch *choice, p schema.Part) []schema.Event {
	dst = c.close(dst, ch)
	at := schema.Event{Choice: ch.index, Part: ch.parts}
	ch.parts++
	begin, end := at, at
	begin.Kind, begin.Value, end.Kind = schema.EventPartStart, p, schema.EventPartEnd
	return append(dst, begin, end)
}

// close ends the open part, if there is one.
func (c *chunks) close(dst []schema.Event, ch *choice) []schema.Event {
	if ch.open == "" {
		return dst
	}
	ch.open = ""
	return append(dst, schema.Event{Kind: schema.EventPartEnd, Choice: ch.index, Part: ch.parts - 1})
}

// end appends what ends the answer. Stops come only here: a finish reason may stand in an early chunk, with calls to
// come. ok is false if the answer broke off.
func (c *chunks) end(dst []schema.Event) (_ []schema.Event, ok bool) {
	if c.blocked != "" && len(c.choices) == 0 {
		c.choice(0)
	}
	complete := len(c.choices) > 0
	for _, ch := range c.choices {
		complete = complete && (ch.finish != "" || c.blocked != "")
	}
	if !complete {
		return dst, false
	}
	for _, ch := range c.choices {
		dst = c.close(dst, ch)
		stop := schema.Event{Kind: schema.EventStop, Choice: ch.index}
		stop.Stop, stop.StopDetail = stopOf(ch.finish, ch.calls)
		if ch.finish == "" {
			stop.Stop, stop.StopDetail = schema.StopContentFilter, c.blocked
		}
		dst = append(dst, stop)
	}
	if usage := c.usage(); usage != nil {
		dst = append(dst, schema.Event{Kind: schema.EventUsage, Usage: usage})
	}
	return append(dst, schema.Event{Kind: schema.EventEnd}), true
}
