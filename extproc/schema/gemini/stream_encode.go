package gemini

import (
	"cmp"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// NewEncoder implements schema.Client.
func (Client) NewEncoder(t schema.Target, r *schema.Request) schema.Encoder {
	e := &encoder{array: t.JSONArray, thoughts: true}
	if r != nil {
		e.thoughts = r.Reasoning.Said() || r.Reasoning.Summary != ""
	}
	return e
}

// encoder writes one stream: server-sent events, or one JSON array over all.
type encoder struct {
	array    bool
	thoughts bool // else the client did not ask for any, and might take them for the answer

	wrote     bool
	id, model string
	parts     map[partKey]*openPart
	calls     map[int]*firstCall // by choice
	stops     []stopped
	usage     *schema.Usage
	ended     bool
	scratch   []byte
}

type partKey struct{ choice, part int }

// openPart is a part whose end has not come. Calls are gathered: Gemini has no partial ones.
type openPart struct {
	kind  schema.PartKind
	value schema.Part
	args  strings.Builder
}

// stopped is the end of one candidate.
type stopped struct {
	choice  int
	finish  string
	cites   []schema.Citation
	invalid bool // a call could not be read
}

// ContentType implements schema.Encoder.
func (e *encoder) ContentType() string {
	if e.array {
		return "application/json; charset=UTF-8"
	}
	return sse.ContentType
}

// Append implements schema.Encoder.
func (e *encoder) Append(dst []byte, ev *schema.Event) ([]byte, error) {
	switch ev.Kind {
	case schema.EventStart:
		e.id, e.model = ev.ID, ev.Model
		if ev.Usage != nil {
			e.usage = ev.Usage
		}
	case schema.EventPartStart:
		return e.begin(dst, ev), nil
	case schema.EventDelta:
		return e.delta(dst, ev), nil
	case schema.EventPartEnd:
		return e.end(dst, partKey{ev.Choice, ev.Part}), nil
	case schema.EventStop:
		e.stop(ev.Choice).finish = finishOf(ev.Stop, ev.StopDetail)
	case schema.EventUsage:
		e.usage = ev.Usage
	case schema.EventPing: // Google's SDK for Python takes any line for data, a comment too
	case schema.EventError:
		e.ended = true
		return e.fail(dst, ev.Err), nil
	case schema.EventEnd:
		return e.finish(dst), nil
	}
	return dst, nil
}

func (e *encoder) begin(dst []byte, ev *schema.Event) []byte {
	if e.parts == nil {
		e.parts = map[partKey]*openPart{}
	}
	p := &openPart{kind: ev.Value.Kind, value: ev.Value}
	e.parts[partKey{ev.Choice, ev.Part}] = p
	if p.kind == schema.PartToolCall {
		p.args.WriteString(ev.Value.Args)
		return dst
	}
	if len(ev.Value.Citations) > 0 {
		s := e.stop(ev.Choice)
		s.cites = append(s.cites, ev.Value.Citations...)
	}
	if ev.Value.Text != "" || ev.Value.Signature != "" || ev.Value.Media != (schema.Media{}) || ev.Value.Raw != nil {
		return e.part(dst, ev.Choice, &ev.Value, nil)
	}
	return dst
}

func (e *encoder) delta(dst []byte, ev *schema.Event) []byte {
	p := e.parts[partKey{ev.Choice, ev.Part}]
	if p == nil { // a delta without a start: text
		p = &openPart{kind: schema.PartText}
	}
	if len(ev.Citations) > 0 {
		s := e.stop(ev.Choice)
		s.cites = append(s.cites, ev.Citations...)
	}
	if p.kind == schema.PartToolCall {
		p.args.WriteString(ev.Text)
		if ev.Signature != "" {
			p.value.Signature = ev.Signature
		}
		return dst
	}
	if ev.Text == "" && ev.Signature == "" && len(ev.Logprobs) == 0 {
		return dst
	}
	return e.part(dst, ev.Choice, &schema.Part{
		Kind: p.kind, Text: ev.Text, Signature: ev.Signature, SignedBy: cmp.Or(ev.Value.SignedBy, p.value.SignedBy),
	}, ev.Logprobs)
}

// end writes a call once its arguments are complete.
func (e *encoder) end(dst []byte, key partKey) []byte {
	p := e.parts[key]
	delete(e.parts, key)
	if p == nil || p.kind != schema.PartToolCall {
		return dst
	}
	call := p.value
	call.Args = strings.TrimSpace(p.args.String())
	if !isArgs(call.Args) {
		e.stop(key.choice).invalid = true
		return dst
	}
	return e.part(dst, key.choice, &call, nil)
}

// part writes a chunk of one part.
func (e *encoder) part(dst []byte, choice int, p *schema.Part, logprobs []byte) []byte {
	if p.Kind == schema.PartThinking && !e.thoughts {
		return dst
	}
	w := jsonout.Writer{B: e.scratch[:0]}
	w.Open('{')
	w.Key("candidates").Open('[')
	w.Open('{')
	w.Key("content").Open('{')
	w.Key("parts").Open('[')
	if e.calls[choice] == nil {
		if e.calls == nil {
			e.calls = make(map[int]*firstCall)
		}
		e.calls[choice] = &firstCall{}
	}
	writePart(&w, e.calls[choice].mark(p))
	w.Close(']')
	w.Key("role").String("model")
	w.Close('}')
	w.Key("index").Int(int64(choice))
	writeLogprobs(&w, logprobs)
	w.Close('}')
	w.Close(']')
	writeNames(&w, e.model, e.id)
	w.Close('}')
	return e.chunk(dst, w.B)
}

// stop finds the end of a candidate, or begins it.
func (e *encoder) stop(choice int) *stopped {
	for i := range e.stops {
		if e.stops[i].choice == choice {
			return &e.stops[i]
		}
	}
	e.stops = append(e.stops, stopped{choice: choice})
	return &e.stops[len(e.stops)-1]
}

// finish writes the last chunk: finish reasons, citations and usage.
func (e *encoder) finish(dst []byte) []byte {
	if e.ended {
		return dst
	}
	e.ended = true
	for len(e.parts) > 0 { // a provider that ended no part
		dst = e.end(dst, e.firstOpen())
	}
	w := jsonout.Writer{B: e.scratch[:0]}
	w.Open('{')
	w.Key("candidates").Open('[')
	for i := range e.stops {
		s := &e.stops[i]
		if s.finish == "" {
			s.finish = "STOP"
		}
		if s.invalid {
			s.finish = unreadable(s.finish)
		}
		w.Open('{')
		w.Key("content").Open('{')
		w.Key("parts").Open('[')
		w.Open('{')
		w.Key("text").String("")
		w.Close('}')
		w.Close(']')
		w.Key("role").String("model")
		w.Close('}')
		w.Key("finishReason").String(s.finish)
		w.Key("index").Int(int64(s.choice))
		writeCitations(&w, s.cites, "")
		w.Close('}')
	}
	w.Close(']')
	if e.usage != nil {
		writeUsage(&w, e.usage)
	}
	writeNames(&w, e.model, e.id)
	w.Close('}')
	return e.chunk(dst, w.B)
}

// firstOpen is the open part that began first.
func (e *encoder) firstOpen() (first partKey) {
	found := false
	for k := range e.parts {
		if !found || k.choice < first.choice || k.choice == first.choice && k.part < first.part {
			first, found = k, true
		}
	}
	return first
}

func (e *encoder) fail(dst []byte, err *schema.Error) []byte {
	status, body := Client{}.EncodeError(err)
	_ = status // it stands in the body: the stream's own status went out long ago
	dst = e.chunk(dst, body)
	if e.array {
		dst = append(dst, ']')
	}
	return dst
}

// chunk frames one JSON object.
func (e *encoder) chunk(dst, object []byte) []byte {
	e.scratch = object[:0]
	if cap(e.scratch) > maxHead {
		e.scratch = nil
	}
	if !e.array {
		return sse.AppendEvent(dst, "", object)
	}
	lead := byte('[')
	if e.wrote {
		lead = ','
	}
	e.wrote = true
	dst = append(dst, lead)
	if lead == ',' {
		dst = append(dst, "\r\n"...)
	}
	return append(dst, object...)
}

// Close implements schema.Encoder.
func (e *encoder) Close(dst []byte) ([]byte, error) {
	dst = e.finish(dst)
	if e.array {
		dst = append(dst, ']')
	}
	return dst, nil
}
