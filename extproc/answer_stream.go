package extproc

import (
	"sync"

	"github.com/llmroute/llmroute/extproc/schema"
)

// answerStream translates one piece of a streamed answer. Nothing is kept of it but what a half-read event needs.
//
// The response headers wait for the first event that is more than a greeting: when a provider reports overload
// inside a 200 stream, the status can still say so, and Envoy can try the plan's next entry.
func answerStream(st *stream, msg message) (state, error) {
	var plain []byte
	var err error
	if msg.what == responseBody {
		plain, err = st.adapt.answer.inflate.append(nil, msg.body, maxAnswer)
	}
	return st.streamed(plain, err, msg)
}

// streamed translates what plain, which came with msg, adds to the stream. broken: no more of it can be read.
func (st *stream) streamed(plain []byte, broken error, msg message) (state, error) {
	a := &st.adapt.answer
	a.borrow(&st.server.scratch)
	defer a.giveBack(&st.server.scratch)
	err := broken
	if err == nil && len(plain) > 0 {
		a.events, err = a.decoder.Append(a.events, plain)
	}
	if err == nil && msg.end {
		a.events, err = a.decoder.Close(a.events)
	}
	if err != nil {
		a.events = append(a.events, schema.Event{Kind: schema.EventError, Err: asError(err)})
	}
	return st.sendEvents(msg)
}

// sendEvents encodes the events gathered from msg and sends what became of them.
func (st *stream) sendEvents(msg message) (state, error) {
	a := &st.adapt.answer
	var ready, complete bool
	for i := range a.events {
		e := &a.events[i]
		if e.Usage != nil {
			a.usage = e.Usage
		}
		complete = complete || e.Kind == schema.EventEnd
		if a.held && e.Kind == schema.EventError {
			return nil, st.answerError(e.Err, message{what: responseBody, end: true})
		}
		if a.ended {
			break
		}
		if !a.calls.keep(e) {
			continue
		}
		ready = ready || !isGreeting(e.Kind)
		if e.Kind == schema.EventStart {
			st.name(&e.ID, &e.Created)
			if e.Model == "" {
				e.Model = st.adapt.request.Model
			}
		}
		a.encode(e)
	}
	if msg.end && !a.ended {
		a.close()
	}
	if a.held {
		if !ready && !msg.end {
			a.body = append(a.body, a.out...)
			return answerStream, nil
		}
		if err := st.conn.sendResponseHeaders(st.answerMutation(a.status, a.encoder.ContentType()), tellUsage(st.forget(), a.usage, false)); err != nil {
			return nil, err
		}
		a.held = false
		a.out = append(a.body, a.out...)
		a.body = nil
	}
	if complete {
		st.adapt.note = tellUsage(nil, a.usage, true)
	}
	trailers := msg.what == responseTrailers
	if len(a.out) > 0 || msg.end && !trailers {
		if err := st.conn.sendResponseBody(a.out, msg.end && !trailers, st.adapt.takeNote()); err != nil {
			return nil, err
		}
	}
	if trailers {
		return nil, st.conn.sendResponseTrailers(st.adapt.takeNote())
	}
	if msg.end {
		return nil, nil
	}
	return answerStream, nil
}

// scratch is room for the events of one message and what becomes of them. Streams that are open share it: they wait
// for tokens nearly all the time, and need none meanwhile.
type scratch struct {
	events []schema.Event
	out    []byte
}

// What is kept of scratch for the next message. A message of Envoy's is rarely larger.
const (
	keptEvents = 1 << 10
	keptOut    = 256 << 10
)

func (a *answer) borrow(pool *sync.Pool) {
	if s, ok := pool.Get().(*scratch); ok {
		a.scratch = s
		return
	}
	a.scratch = &scratch{}
}

func (a *answer) giveBack(pool *sync.Pool) {
	s := a.scratch
	a.scratch = nil
	if cap(s.events) > keptEvents || cap(s.out) > keptOut {
		return
	}
	clear(s.events) // its strings are the provider's answer
	s.events, s.out = s.events[:0], s.out[:0]
	pool.Put(s)
}

// encode appends one event in the client's schema. An encoder's fault becomes an error event.
func (a *answer) encode(e *schema.Event) {
	mark := len(a.out)
	var err error
	if a.out, err = a.encoder.Append(a.out, e); err != nil {
		a.out = a.out[:mark]
		a.out, _ = a.encoder.Append(a.out, &schema.Event{Kind: schema.EventError, Err: asError(err)})
		a.ended = true
		return
	}
	a.ended = a.ended || e.Kind == schema.EventError
}

// close writes what ends the client's stream.
func (a *answer) close() {
	a.ended = true
	mark := len(a.out)
	var err error
	if a.out, err = a.encoder.Close(a.out); err != nil {
		a.out = a.out[:mark]
		a.out, _ = a.encoder.Append(a.out, &schema.Event{Kind: schema.EventError, Err: asError(err)})
	}
}

// isGreeting reports whether a provider sends such events before it has begun to answer. The start of a part holds
// nothing of it yet.
func isGreeting(k schema.EventKind) bool {
	return k == schema.EventStart || k == schema.EventPing || k == schema.EventUsage || k == schema.EventPartStart
}
