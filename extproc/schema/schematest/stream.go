package schematest

import (
	"bytes"
	"fmt"
	"iter"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Decode feeds a decoder with chunks and closes it. Each chunk is overwritten once it is read, so that an event that
// aliases it shows.
func Decode(d schema.Decoder, chunks ...[]byte) (events []schema.Event, err error) {
	for _, chunk := range chunks {
		mine := bytes.Clone(chunk)
		if events, err = d.Append(events, mine); err != nil {
			return events, err
		}
		for i := range mine {
			mine[i] = 'X'
		}
	}
	return d.Close(events)
}

// Encode writes events as a stream. An error is a stream's last event: after it, the encoder is not closed.
func Encode(t testing.TB, e schema.Encoder, events []schema.Event) (out []byte) {
	t.Helper()
	var err error
	for i := range events {
		if out, err = e.Append(out, &events[i]); err != nil {
			t.Fatal(err)
		}
		if events[i].Kind == schema.EventError {
			return out
		}
	}
	if out, err = e.Close(out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Cuts yields a stream in two pieces, cut at every place, and byte by byte; each with words that name the cutting.
func Cuts(stream []byte) iter.Seq2[string, [][]byte] {
	return func(yield func(string, [][]byte) bool) {
		single := make([][]byte, 0, len(stream))
		for i := range stream {
			single = append(single, stream[i:i+1])
			if !yield(fmt.Sprintf("cut at %d", i), [][]byte{stream[:i], stream[i:]}) {
				return
			}
		}
		yield("byte by byte", single)
	}
}
