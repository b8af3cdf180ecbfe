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
		end := lineEnd(data)
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

// lineEnd is where the first line ends, -1 if nothing ends it. Two looks for one byte each are much quicker than one
// look for two.
func lineEnd(data []byte) int {
	lf := bytes.IndexByte(data, '\n')
	if lf >= 0 {
		data = data[:lf]
	}
	if cr := bytes.IndexByte(data, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

// AppendComment writes a comment, which readers pass over: a sign of life. text must be one line.
func AppendComment(dst []byte, text string) []byte {
	return append(appendLine(dst, ": ", []byte(text)), '\n')
}

func appendLine(dst []byte, lead string, text []byte) []byte {
	return append(append(append(dst, lead...), text...), '\n')
}
