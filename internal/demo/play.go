package demo

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"strconv"

	"github.com/andybalholm/brotli"
)

// frame is one write of a stream.
type frame struct {
	data    []byte
	tokens  int  // of output, that had to be generated for it
	content bool // a piece of the answer, which delays and breaks count
	last    bool // the client has everything with it
}

// receipt is what an answer costs when it is complete.
type receipt struct {
	id, model string
	usage     Usage
}

// encode is JSON as providers write it: no HTML escapes.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte(`{"error":"unencodable"}`) // no type of this package is
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// json sends a whole answer.
func (x *exchange) json(v any, cost receipt) {
	if x.capture != nil {
		x.capture(frame{data: encode(v)})
		return
	}
	c := x.open(cost, false)
	c.Usage, c.Outcome = cost.usage, Complete
	x.p.log.charge(c)
	body := x.encoded(encode(v))
	send := body
	switch x.fault.Break {
	case BreakTruncate, BreakReset, BreakStall:
		send = body[:len(body)/2]
		x.p.log.update(func() { c.Outcome = Broken })
	}
	length := len(body)
	if x.fault.Break == BreakTruncate {
		length = len(send)
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(length))
	x.mark()
	_, err := x.w.Write(send)
	switch {
	case err != nil:
		x.p.log.update(func() { c.Outcome = Aborted })
	case x.fault.Break == BreakReset:
		_ = http.NewResponseController(x.w).Flush()
		x.abort()
	case x.fault.Break == BreakStall:
		_ = http.NewResponseController(x.w).Flush()
		<-x.r.Context().Done()
	}
}

// open starts a charge: all of the input, none of the output.
func (x *exchange) open(cost receipt, stream bool) *Charge {
	u := cost.usage
	u.Output, u.Reasoning = 0, 0
	return &Charge{
		Seq: x.seq, RequestID: x.r.Header.Get("X-Request-Id"), ID: cost.id, Model: cost.model, Stream: stream, Usage: u,
		Outcome: Open,
	}
}

func (x *exchange) encoded(body []byte) []byte {
	var b bytes.Buffer
	w := x.encoder(&b)
	if w == nil {
		return body
	}
	_, _ = w.Write(body) // a bytes.Buffer does not fail
	_ = w.Close()
	return b.Bytes()
}

// flusher compresses, and lets out what it holds back.
type flusher interface {
	io.WriteCloser
	Flush() error
}

// encoder returns nil where nothing is to be compressed, and says in the headers what is.
func (x *exchange) encoder(w io.Writer) flusher {
	var out flusher
	switch x.fault.Encoding {
	case "gzip":
		out = gzip.NewWriter(w)
	case "deflate":
		out = zlib.NewWriter(w) // RFC 9110, section 8.4.1.2: deflate in a zlib wrapper
	case "br":
		out = brotli.NewWriterLevel(w, brotli.BestSpeed)
	default:
		return nil
	}
	x.w.Header().Set("Content-Encoding", x.fault.Encoding)
	return out
}

// stream sends frames, each flushed, and charges what is generated before it is sent.
func (x *exchange) stream(contentType string, cost receipt, frames iter.Seq[frame]) {
	x.w.Header().Set("Content-Type", contentType)
	if x.capture != nil {
		for f := range frames {
			x.capture(f)
		}
		return
	}
	c := x.open(cost, true)
	x.p.log.charge(c)
	x.w.Header().Set("Cache-Control", "no-cache")
	x.mark()
	s := &player{x: x, charge: c, reasoning: cost.usage.Reasoning, w: x.w, control: http.NewResponseController(x.w)}
	if e := x.encoder(x.w); e != nil {
		s.w, s.encoder = e, e
	}
	outcome := s.run(frames)
	x.p.log.update(func() { c.Outcome = outcome })
	if outcome == Broken && x.fault.Break == BreakReset {
		x.abort()
	}
}

// player sends the frames of one stream.
type player struct {
	x         *exchange
	charge    *Charge
	reasoning int // tokens, generated before all else
	w         io.Writer
	encoder   flusher // nil: not compressed
	control   *http.ResponseController
	content   int // pieces sent
	sent      int // frames
}

func (s *player) run(frames iter.Seq[frame]) Outcome {
	x := s.x
	for f := range frames {
		if f.content || f.last {
			if b := x.fault.Break; b != "" && s.content >= x.fault.After {
				return s.breakOff(b)
			}
		}
		if f.content {
			s.content++
			if x.fault.ChunkDelay > 0 && !x.sleep(x.fault.ChunkDelay) {
				return Aborted
			}
		}
		if x.r.Context().Err() != nil {
			return Aborted
		}
		x.p.log.update(func() {
			s.charge.Usage.Output += f.tokens + s.reasoning
			s.charge.Usage.Reasoning += s.reasoning
			s.reasoning = 0
			if f.last {
				s.charge.Outcome = Complete
			}
		})
		if s.write(f.data) != nil {
			return Aborted
		}
		s.sent++
	}
	return s.end(Complete)
}

func (s *player) breakOff(b Break) Outcome {
	s.x.p.log.update(func() { s.charge.Outcome = Broken }) // before the client can know
	switch b {
	case BreakError:
		fault := Fault{Error: s.x.fault.Error}
		if fault.Error == "" {
			fault.Error = Overloaded
		}
		if s.write(s.x.p.dialect.streamError(s.x.r, fault.failure(), s.sent)) != nil {
			return Aborted
		}
	case BreakStall:
		_ = s.control.Flush() // the headers, if nothing else
		<-s.x.r.Context().Done()
		return Broken
	case BreakReset:
		_ = s.control.Flush()
		return Broken
	case BreakTruncate:
	}
	return s.end(Broken)
}

func (s *player) end(o Outcome) Outcome {
	if s.encoder != nil && s.encoder.Close() != nil {
		return Aborted
	}
	return o
}

func (s *player) write(data []byte) error {
	if _, err := s.w.Write(data); err != nil {
		return err
	}
	if s.encoder != nil {
		if err := s.encoder.Flush(); err != nil {
			return err
		}
	}
	return s.control.Flush()
}

// free sends an answer that costs nothing.
func (x *exchange) free(v any) {
	x.w.Header().Set("Content-Type", "application/json")
	x.mark()
	_, _ = x.w.Write(x.encoded(encode(v))) // a client that left needs no error
}
