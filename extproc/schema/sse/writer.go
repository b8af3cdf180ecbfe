package sse

import "bytes"

// ContentType is the media type of a stream of server-sent events.
const ContentType = "text/event-stream"

// AppendEvent writes one event. An empty event name is left out. Line ends within data make several data lines.
func AppendEvent(dst []byte, event string, data []byte) []byte {
	if event != "" {
		dst = append(dst, "event: "...)
		for i := range len(event) {
			if event[i] != '\n' && event[i] != '\r' { // a name cannot hold a line end, and must not end its line
				dst = append(dst, event[i])
			}
		}
		dst = append(dst, '\n')
	}
	for {
		end := bytes.IndexAny(data, "\r\n")
		if end < 0 {
			break
		}
		dst = appendLine(dst, "data: ", data[:end])
		if data[end] == '\r' && end+1 < len(data) && data[end+1] == '\n' {
			end++
		}
		data = data[end+1:]
	}
	return append(appendLine(dst, "data: ", data), '\n')
}

// AppendComment writes a comment, which readers pass over: a sign of life. text must be one line.
func AppendComment(dst []byte, text string) []byte {
	return append(appendLine(dst, ": ", []byte(text)), '\n')
}

func appendLine(dst []byte, lead string, text []byte) []byte {
	return append(append(append(dst, lead...), text...), '\n')
}
