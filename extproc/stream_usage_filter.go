package extproc

import (
	"bytes"

	"github.com/llmroute/llmroute/extproc/schema"
)

// maxHeldEvent bounds the bytes of one event that are held until it is whole. Usage comes in some hundred bytes; longer
// events pass as they come.
const maxHeldEvent = 64 << 10

// usageFilter takes out of a stream of server-sent events what is there only because llmroute asked for usage: the event
// that holds nothing else, and the member `"usage":null` of all others. The rest passes byte for byte, an event at a
// time: nobody can use half of one.
type usageFilter struct {
	read func(event []byte) (u *schema.Usage, alone bool)
	keep bool // the client asked itself: everything stays

	usage   *schema.Usage // the newest that was seen
	held    []byte        // an event whose end has not come
	passing bool          // the event at hand is too long to be held
}

// append returns what the client gets now that chunk has come. It works in place: the result may alias chunk.
func (f *usageFilter) append(chunk []byte) []byte {
	from := 0 // where the end of an event may be
	if n := len(f.held); n > 0 {
		from = max(0, n-3) // the last bytes may be of a blank line
		chunk = append(f.held[:n:n], chunk...)
		f.held = nil
	}
	out, start := 0, 0
	for end := eventEnd(chunk, from); end >= 0; end = eventEnd(chunk, end) {
		event := chunk[start:end]
		if !f.passing {
			event = f.event(event)
		}
		out += copy(chunk[out:], event)
		start, f.passing = end, false
	}
	rest := chunk[start:]
	if f.passing = f.passing || len(rest) > maxHeldEvent; f.passing {
		n := len(bytes.TrimRight(rest, "\r\n"))
		out += copy(chunk[out:], rest[:n])
		rest = rest[n:]
	}
	if len(rest) > 0 {
		f.held = bytes.Clone(rest)
	}
	return chunk[:out]
}

// rest returns what is held, for the stream has ended.
func (f *usageFilter) rest() []byte {
	held := f.held
	f.held = nil
	if f.passing {
		return held
	}
	return f.event(held)
}

// eventEnd is where the blank line after an event ends, from from on; -1: it has not come. Lines may end in CR alone.
func eventEnd(b []byte, from int) int {
	end := feedEnd(b, from)
	limit := end
	if end < 0 {
		limit = len(b)
	}
	if n := bytes.Index(b[from:limit], []byte("\r\r")); n >= 0 {
		return from + n + 2
	}
	return end
}

// feedEnd is eventEnd where lines end in LF, or in CR and LF.
func feedEnd(b []byte, from int) int {
	for i := from; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		switch rest := b[i:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return i + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return i + 2
		}
	}
}

var usageName = []byte(`"usage"`)

// event returns what stays of an event, in place. Nearly all are told by a search for the member's name.
func (f *usageFilter) event(event []byte) []byte {
	for at := 0; ; {
		n := bytes.Index(event[at:], usageName)
		if n < 0 {
			return event
		}
		at += n
		value := skipSpace(event, at+len(usageName))
		if value < len(event) && event[value] == ':' { // else it is text
			return f.member(event, at, skipSpace(event, value+1))
		}
		at += len(usageName)
	}
}

// member returns what stays of an event with a member usage, whose value begins at value.
func (f *usageFilter) member(event []byte, at, value int) []byte {
	if null := []byte("null"); bytes.HasPrefix(event[value:], null) {
		if f.keep {
			return event
		}
		return cutMember(event, at, value+len(null))
	}
	_, data, ok := bytes.Cut(event, []byte("data:"))
	if !ok {
		return event
	}
	u, alone := f.read(bytes.TrimSpace(data))
	if u != nil {
		f.usage = u
	}
	if alone && !f.keep {
		return event[:0]
	}
	return event
}

// cutMember takes event[from:to], a member of an object, out of it, with a comma on one side. Where there is none it
// leaves the event as it is.
func cutMember(event []byte, from, to int) []byte {
	before := from - 1
	for before >= 0 && isSpace(event[before]) {
		before--
	}
	after := skipSpace(event, to)
	switch {
	case before >= 0 && event[before] == ',':
		from = before
	case after < len(event) && event[after] == ',':
		to = after + 1
	default:
		return event
	}
	return append(event[:from], event[to:]...)
}

func skipSpace(b []byte, at int) int {
	for at < len(b) && isSpace(b[at]) {
		at++
	}
	return at
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
