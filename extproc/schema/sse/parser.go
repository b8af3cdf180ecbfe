package sse

import (
	"bytes"
	"encoding/json"

	"github.com/llmroute/llmroute/extproc/schema"
)

// MaxFrame bounds the bytes of one event that are held until it is whole.
const MaxFrame = 16 << 20

// keep is how much of a buffer stays allocated between events.
const keep = 16 << 10

// Names of events are shared between events of a stream, so that they cost no allocation each.
const (
	maxNames    = 32
	maxNameSize = 64
)

// Parser reads one stream, cut anywhere. The zero value is ready. It holds no more than one event.
// After an error it must not be used again.
type Parser struct {
	line    []byte // the beginning of a line whose end has not come
	data    []byte // the data of this event, if it does not lie in view
	view    []byte // the only data line of this event, within the chunk at hand
	hasData bool
	event   string
	names   map[string]string

	begun  bool // the first line was read, and with it the byte order mark
	sawCR  bool // the last line ended with CR: an LF that follows belongs to it
	closed bool
}

// Append reads the next bytes of the stream and calls emit for each event that is whole now. event is empty when the
// stream gave none. data is valid only during the call; several data lines are joined with LF. An error of emit ends
// the reading and is returned; a frame above [MaxFrame] is a KindBadGateway *schema.Error.
func (p *Parser) Append(chunk []byte, emit func(event string, data []byte) error) error {
	if p.sawCR && len(chunk) > 0 {
		p.sawCR = false
		if chunk[0] == '\n' {
			chunk = chunk[1:]
		}
	}
	lf := -1 // the next LF, looked for once: a stream of CRs must not cost a look at all the rest for each
	for pos := 0; pos < len(chunk); {
		if lf < pos {
			if lf = bytes.IndexByte(chunk[pos:], '\n'); lf < 0 {
				lf = len(chunk)
			} else {
				lf += pos
			}
		}
		end := lf
		cr := bytes.IndexByte(chunk[pos:lf], '\r')
		if cr >= 0 {
			end = pos + cr
		}
		if end == len(chunk) {
			if len(p.line)+len(p.data)+len(p.view)+len(chunk)-pos > MaxFrame {
				return tooLarge()
			}
			p.line = append(p.line, chunk[pos:]...)
			break
		}
		if err := p.readLine(chunk[pos:end], emit); err != nil {
			return err
		}
		pos = end + 1
		if cr >= 0 {
			if pos == len(chunk) {
				p.sawCR = true
			} else if chunk[pos] == '\n' {
				pos++
			}
		}
	}
	if p.view != nil {
		p.data, p.view = append(p.data[:0], p.view...), nil
	}
	return nil
}

// Close ends the stream. An event whose blank line never came is given to emit only if its data is whole in itself,
// a JSON document or [DONE], for some servers leave the last line end out. Else it is dropped, as the standard demands.
func (p *Parser) Close(emit func(event string, data []byte) error) error {
	if p.closed {
		return nil
	}
	p.closed = true
	if len(p.line) > 0 {
		rest := p.line
		p.line = nil
		if err := p.field(p.firstLine(rest)); err != nil {
			return err
		}
	}
	data := p.take()
	if !p.hasData || !whole(data) {
		return nil
	}
	p.hasData = false
	return emit(p.event, data)
}

// readLine takes one line, without its end; what came of it before stands in p.line.
func (p *Parser) readLine(line []byte, emit func(string, []byte) error) error {
	held := len(p.line) > 0
	if held {
		if len(p.line)+len(line)+len(p.data) > MaxFrame {
			return tooLarge()
		}
		p.line = append(p.line, line...)
		line = p.line
	}
	line = p.firstLine(line)
	if len(line) == 0 {
		p.release()
		return p.dispatch(emit)
	}
	err := p.field(line)
	if held {
		// The line's buffer is used again for the next line: what points into it must move.
		if p.view != nil {
			p.data, p.view = append(p.data[:0], p.view...), nil
		}
		p.release()
	}
	return err
}

// firstLine takes the byte order mark off the first line.
func (p *Parser) firstLine(line []byte) []byte {
	if p.begun {
		return line
	}
	p.begun = true
	return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
}

func (p *Parser) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		return p.addData(value)
	case "event":
		p.event = p.name(value)
	}
	return nil // a comment has an empty name; id and retry serve reconnection, which LLM APIs have not
}

func (p *Parser) addData(value []byte) error {
	if !p.hasData {
		p.hasData, p.view = true, value
		if value == nil {
			p.view = []byte{}
		}
		p.data = p.data[:0]
		return nil
	}
	if len(p.data)+len(p.view)+len(value)+1 > MaxFrame {
		return tooLarge()
	}
	if p.view != nil {
		p.data, p.view = append(p.data[:0], p.view...), nil
	}
	p.data = append(append(p.data, '\n'), value...)
	return nil
}

func (p *Parser) dispatch(emit func(string, []byte) error) error {
	event, had := p.event, p.hasData
	p.event, p.hasData = "", false
	if !had {
		return nil
	}
	err := emit(event, p.take())
	p.data = p.data[:0]
	if cap(p.data) > keep {
		p.data = nil
	}
	return err
}

// take gives the data of the event, wherever it lies.
func (p *Parser) take() []byte {
	if p.view != nil {
		data := p.view
		p.view = nil
		return data
	}
	return p.data
}

func (p *Parser) release() {
	p.line = p.line[:0]
	if cap(p.line) > keep {
		p.line = nil
	}
}

func (p *Parser) name(raw []byte) string {
	if name, ok := p.names[string(raw)]; ok {
		return name
	}
	name := string(raw)
	if len(p.names) < maxNames && len(name) <= maxNameSize {
		if p.names == nil {
			p.names = make(map[string]string, 8)
		}
		p.names[name] = name
	}
	return name
}

func tooLarge() error {
	return &schema.Error{
		Kind: schema.KindBadGateway, Code: "stream_frame_too_large",
		Message: "the provider sent one stream event of more than 16 MiB",
	}
}

// whole reports whether data cannot be the beginning of something longer.
func whole[T string | []byte](data T) bool {
	return string(data) == "[DONE]" || json.Valid([]byte(data))
}
