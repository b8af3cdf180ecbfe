package extproc

import "github.com/llmroute/llmroute/extproc/schema"

// answerStream translates one piece of a streamed answer. Nothing is kept of it but what a half-read event needs.
//
// The response headers wait for the first event that is more than a greeting: when a provider reports overload
// inside a 200 stream, the status can still say so, and Envoy can try the plan's next entry.
func answerStream(st *stream, msg message) (state, error) {
	a := &st.adapt.answer
	var err error
	a.events = a.events[:0]
	if msg.what == responseBody {
		var plain []byte
		if plain, err = a.inflate.append(nil, msg.body, maxAnswer); err == nil {
			a.events, err = a.decoder.Append(a.events, plain)
		}
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
	a.out = a.out[:0]
	var ready bool
	for i := range a.events {
		e := &a.events[i]
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
		if err := st.conn.sendResponseHeaders(st.answerMutation(a.status, a.encoder.ContentType())); err != nil {
			return nil, err
		}
		a.held = false
		a.out = append(a.body, a.out...)
		a.body = nil
	}
	trailers := msg.what == responseTrailers
	if len(a.out) > 0 || msg.end && !trailers {
		if err := st.conn.sendResponseBody(a.out, msg.end && !trailers); err != nil {
			return nil, err
		}
	}
	if trailers {
		return nil, st.conn.sendResponseTrailers()
	}
	if msg.end {
		return nil, nil
	}
	return answerStream, nil
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
