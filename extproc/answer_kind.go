package extproc

import (
	"bytes"
	"strings"
)

// isStream reports whether a content-type says that the body is a stream.
func isStream(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/event-stream", "application/vnd.amazon.eventstream":
		return true
	}
	return false
}

// eventFields begin the lines of server-sent events. A comment has no name.
//
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
var eventFields = [...]string{":", "data:", "event:", "id:", "retry:"}

// beginsStream tells a stream of server-sent events by its first bytes, whatever the type says: servers that follow OpenAI
// send it as text/plain, as application/x-ndjson, or as nothing. It is sure once no further bytes could change its mind.
func beginsStream(body []byte) (is, sure bool) {
	body = skipBlank(body)
	begin := string(body[:min(len(body), len("event:"))])
	could := begin == ""
	for _, field := range eventFields {
		if strings.HasPrefix(begin, field) {
			return true, true
		}
		could = could || strings.HasPrefix(field, begin)
	}
	return false, !could && !strings.HasPrefix(byteOrderMark, begin)
}

// byteOrderMark is the one of UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// skipBlank takes a byte order mark and blank lines off the beginning.
func skipBlank(body []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(body, []byte(byteOrderMark)), " \t\r\n")
}
