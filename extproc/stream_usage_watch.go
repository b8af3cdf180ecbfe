package extproc

import (
	"bytes"
	"strconv"

	"github.com/tidwall/gjson"
)

// watch looks for usage in an answer that passes as it is.
type watch struct {
	asked  bool         // the request asks for usage that the client did not ask for
	stream *usageFilter // nil: it is no stream, or cannot be read
	tail   []byte       // of a JSON answer
	json   bool
	unsaid bool   // whether it is the stream that was asked for: the first bytes tell
	first  []byte // those bytes
}

// usageTail is in how many bytes at the end of a JSON answer usage is looked for. It comes behind what is large.
const usageTail = 4 << 10

// watchHeaders lets the headers of an answer pass. What failed, and what cannot be read, is not looked into.
func watchHeaders(st *stream, msg message) (state, error) {
	w, m := st.adapt.watch, &mutation{}
	status, _ := strconv.Atoi(msg.headers.get(":status"))
	kind, encoding := msg.headers.get("content-type"), msg.headers.get("content-encoding")
	switch {
	case status >= 300:
	case isStream(kind), st.adapt.plan.Stream && !isJSON(kind):
		in, err := newInflater(encoding) // only here, for what is opened must be closed
		if err != nil {
			break
		}
		w.unsaid = !isStream(kind)
		w.stream = &usageFilter{read: st.adapt.provider.asker.ReadUsage, keep: !w.asked}
		m.drop("content-length")
		if encoding != "" {
			st.adapt.answer.inflate = in
			m.drop("content-encoding")
		}
	default:
		w.json = encoding == ""
	}
	m.drop(answerHeader, localHeader)
	if err := st.conn.sendResponseHeaders(m, st.forget()); err != nil || msg.end {
		return nil, err
	}
	return watchBody, nil
}

// watchBody lets a piece of an answer pass.
func watchBody(st *stream, msg message) (state, error) {
	out, err := st.watched(msg)
	if err != nil {
		return nil, err
	}
	trailers := msg.what == responseTrailers
	if len(out) > 0 || msg.end && !trailers {
		if err := st.conn.sendResponseBody(out, msg.end && !trailers, st.adapt.takeNote()); err != nil {
			return nil, err
		}
	}
	if trailers {
		return nil, st.conn.sendResponseTrailers(st.adapt.takeNote())
	}
	if msg.end {
		return nil, nil
	}
	return watchBody, nil
}

// watched is what the client gets of a piece.
func (st *stream) watched(msg message) (out []byte, err error) {
	a := &st.adapt
	out = msg.body
	if a.answer.inflate != nil {
		if out, err = a.answer.inflate.append(nil, msg.body, maxAnswer); err != nil {
			return nil, err
		}
	}
	w := a.watch
	if w.unsaid {
		if out = w.tell(out, msg.end); out == nil && !msg.end {
			return nil, nil
		}
	}
	switch {
	case w.stream != nil:
		known := w.stream.usage
		out = w.stream.append(out)
		if msg.end {
			out = append(out[:len(out):len(out)], w.stream.rest()...)
		}
		if w.stream.usage != known {
			a.note = tellUsage(nil, w.stream.usage, true)
		}
	case w.json:
		w.gather(out)
		if msg.end {
			u, _ := a.provider.asker.ReadUsage(w.usage())
			a.note = tellUsage(nil, u, true)
		}
	}
	return out, nil
}

// tell finds out from its first bytes whether the answer is a stream, and returns all of them once it is known.
func (w *watch) tell(piece []byte, end bool) []byte {
	w.first = append(w.first, piece...)
	is, sure := beginsStream(w.first)
	if !sure && !end && len(w.first) < usageTail {
		return nil
	}
	if !is {
		w.stream, w.json = nil, true
	}
	first := w.first
	w.unsaid, w.first = false, nil
	return first
}

// gather keeps the last bytes.
func (w *watch) gather(piece []byte) {
	piece = piece[max(0, len(piece)-usageTail):]
	w.tail = append(w.tail[max(0, min(len(w.tail), len(w.tail)+len(piece)-usageTail)):], piece...)
}

// usage is an object that has the last usage of the answer and nothing else; nil: there is none.
//
//	…],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}
func (w *watch) usage() []byte {
	at := bytes.LastIndex(w.tail, usageName)
	if at < 0 {
		return nil
	}
	value := gjson.ParseBytes(append([]byte("{"), w.tail[at:]...)).Get("usage")
	if !value.IsObject() {
		return nil
	}
	return []byte(`{"usage":` + value.Raw + "}")
}

// takeNote returns what waits for the next message.
func (a *adaptation) takeNote() metadata {
	note := a.note
	a.note = nil
	return note
}
