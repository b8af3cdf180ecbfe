// Package sse reads and writes server-sent events, the framing in which most LLM APIs stream.
//
// It follows section 9.2 of the WHATWG HTML standard: lines end with CR, LF or CRLF, one space after the colon is
// optional, data may have several lines, lines that begin with a colon are comments, a byte order mark may come
// first. It knows nothing of what the data means.
package sse
