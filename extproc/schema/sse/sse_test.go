package sse

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

type event struct{ Name, Data string }

// read cuts stream into the given chunks and parses them.
func read(t testing.TB, chunks ...[]byte) []event {
	t.Helper()
	var p Parser
	var got []event
	emit := func(name string, data []byte) error {
		got = append(got, event{name, string(data)})
		return nil
	}
	for _, c := range chunks {
		mine := bytes.Clone(c)
		if err := p.Append(mine, emit); err != nil {
			t.Fatal(err)
		}
		for i := range mine {
			mine[i] = 'X' // a parser that still looks at an old chunk is found
		}
	}
	if err := p.Close(emit); err != nil {
		t.Fatal(err)
	}
	return got
}

// reference reads a whole stream as the standard describes it, step by step.
func reference(stream string) []event {
	stream = strings.TrimPrefix(stream, "\xef\xbb\xbf")
	stream = strings.ReplaceAll(stream, "\r\n", "\n")
	stream = strings.ReplaceAll(stream, "\r", "\n")
	lines := strings.Split(stream, "\n")
	var out []event
	var name, data string
	for i, line := range lines {
		last := i == len(lines)-1
		if line == "" && !last {
			if data != "" {
				out = append(out, event{name, strings.TrimSuffix(data, "\n")})
			}
			name, data = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data += value + "\n"
		case "event":
			name = value
		}
	}
	if rest := strings.TrimSuffix(data, "\n"); data != "" && whole(rest) {
		out = append(out, event{name, rest})
	}
	return out
}

func TestStreamsAreReadAsTheStandardSays(t *testing.T) {
	for name, tc := range map[string]struct {
		stream string
		want   []event
	}{
		"an event":                              {"data: a\n\n", []event{{"", "a"}}},
		"no space after the colon":              {"data:a\n\n", []event{{"", "a"}}},
		"two spaces after the colon":            {"data:  a\n\n", []event{{"", " a"}}},
		"a name":                                {"event: ping\ndata: {}\n\n", []event{{"ping", "{}"}}},
		"a name after the data":                 {"data: {}\nevent: ping\n\n", []event{{"ping", "{}"}}},
		"a name without data is no event":       {"event: ping\n\ndata: 1\n\n", []event{{"", "1"}}},
		"CRLF":                                  {"event: a\r\ndata: 1\r\n\r\n", []event{{"a", "1"}}},
		"CR":                                    {"event: a\rdata: 1\r\rdata: 2\r\r", []event{{"a", "1"}, {"", "2"}}},
		"mixed line ends":                       {"data: 1\r\n\ndata: 2\r\r\ndata: 3\n\n", []event{{"", "1"}, {"", "2"}, {"", "3"}}},
		"several data lines":                    {"data: a\ndata:\ndata: b\n\n", []event{{"", "a\n\nb"}}},
		"empty data":                            {"data\n\n", []event{{"", ""}}},
		"comments":                              {": hello\n\n:\ndata: 1\n:x\n\n", []event{{"", "1"}}},
		"unknown fields":                        {"id: 7\nretry: 10\nDATA: x\ndata: 1\n\n", []event{{"", "1"}}},
		"a byte order mark":                     {"\xef\xbb\xbfdata: 1\n\n", []event{{"", "1"}}},
		"a second byte order mark":              {"data: 0\n\n\xef\xbb\xbfdata: 1\n\n", []event{{"", "0"}}},
		"a colon in the data":                   {`data: {"a":1}` + "\n\n", []event{{"", `{"a":1}`}}},
		"runes of several bytes":                {"data: é😀\n\n", []event{{"", "é😀"}}},
		"a last JSON event without blank line":  {"data: {\"a\":1}\n", []event{{"", `{"a":1}`}}},
		"a last JSON event without line end":    {"event: x\ndata: {\"a\":1}", []event{{"x", `{"a":1}`}}},
		"a last [DONE] without line end":        {"data: [DONE]", []event{{"", "[DONE]"}}},
		"an event that broke off":               {"data: 1\n\ndata: {\"a\":", []event{{"", "1"}}},
		"an event that broke off, line ended":   {"data: {\"a\":\n", nil},
		"blank lines only":                      {"\n\r\n\r\n\n", nil},
		"nothing":                               {"", nil},
		"an event between many blank lines":     {"\n\n\ndata: 1\n\n\n\n", []event{{"", "1"}}},
		"data lines around a name and comments": {"data: 1\nevent: a\n: c\ndata: 2\n\n", []event{{"a", "1\n2"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if ref := reference(tc.stream); !reflect.DeepEqual(ref, tc.want) {
				t.Fatalf("the reference reads %q, want %q", ref, tc.want)
			}
			anySplit(t, []byte(tc.stream), tc.want)
		})
	}
}

func TestAnEventLeavesAsSoonAsItsFrameIsWhole(t *testing.T) {
	for _, stream := range []string{"data: 1\n\n", "data: 1\r\r", "data: 1\r\n\r"} {
		var p Parser
		n := 0
		err := p.Append([]byte(stream), func(string, []byte) error { n++; return nil })
		if err != nil || n != 1 {
			t.Errorf("%q: %d events, %v", stream, n, err)
		}
	}
}

func TestFramesAreBounded(t *testing.T) {
	nothing := func(string, []byte) error { return nil }
	for name, piece := range map[string]string{
		"one long line":        strings.Repeat("x", 1<<20),
		"many lines":           "data: " + strings.Repeat("x", 1<<20) + "\n",
		"many lines, cut":      "x\ndata: " + strings.Repeat("x", 1<<20),
		"many lines and rests": "data:" + strings.Repeat("x", 1<<19) + "\rdata:" + strings.Repeat("x", 1<<19),
	} {
		t.Run(name, func(t *testing.T) {
			var p Parser
			err := p.Append([]byte("data: "), nothing)
			for i := 0; i < 18 && err == nil; i++ {
				err = p.Append([]byte(piece), nothing)
			}
			var fault *schema.Error
			if !errors.As(err, &fault) || fault.Code != "stream_frame_too_large" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestAnErrorOfEmitEndsTheReading(t *testing.T) {
	stop := errors.New("stop")
	var p Parser
	n := 0
	err := p.Append([]byte("data: 1\n\ndata: 2\n\n"), func(string, []byte) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Fatalf("%d events, %v", n, err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, e := range []event{{"", "{}"}, {"ping", `{"a":"b"}`}, {"", ""}, {"a", "1\n2"}, {"a", "\n"}, {"", " x"}} {
		out := AppendComment(nil, "alive")
		out = AppendEvent(out, e.Name, []byte(e.Data))
		if got := read(t, out); !reflect.DeepEqual(got, []event{e}) {
			t.Errorf("%q: got %q", e, got)
		}
	}
	if got := string(AppendEvent(nil, "a\nb", []byte("1\r\n2\r3"))); got != "event: ab\ndata: 1\ndata: 2\ndata: 3\n\n" {
		t.Errorf("got %q", got)
	}
}

func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		"data: 1\r\n\r\n", "event: a\rdata: 1\r\r", "\xef\xbb\xbfdata:1\n\n:c\ndata\n\n", "data: {\"a\":1}", "data: é😀\ndata:\n\n", "\r\n\r\r\n\n",
	} {
		f.Add([]byte(seed), uint16(3), uint16(5))
	}
	f.Fuzz(func(t *testing.T, stream []byte, a, b uint16) {
		want := reference(string(stream))
		i := int(a) % (len(stream) + 1)
		j := i + int(b)%(len(stream)-i+1)
		if got := read(t, stream[:i], stream[i:j], stream[j:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q cut at %d and %d: got %q, want %q", stream, i, j, got, want)
		}
		if got := read(t, bytewise(stream)...); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q byte by byte: got %q, want %q", stream, got, want)
		}
	})
}

func BenchmarkParser(b *testing.B) {
	one := "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"
	nothing := func(string, []byte) error { return nil }
	b.Run("an event a chunk", func(b *testing.B) {
		var p Parser
		chunk := []byte(one)
		b.SetBytes(int64(len(chunk)))
		b.ReportAllocs()
		for b.Loop() {
			if err := p.Append(chunk, nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("events cut in two", func(b *testing.B) {
		var p Parser
		chunk := []byte(one)
		b.SetBytes(int64(len(chunk)))
		b.ReportAllocs()
		for b.Loop() {
			if p.Append(chunk[:50], nothing) != nil || p.Append(chunk[50:], nothing) != nil {
				b.Fatal("error")
			}
		}
	})
	b.Run("lines of CR only", func(b *testing.B) {
		var p Parser
		chunk := []byte(strings.Repeat("data: 1\r\r", 20_000))
		b.SetBytes(int64(len(chunk)))
		b.ReportAllocs()
		for b.Loop() {
			if err := p.Append(chunk, nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func anySplit(t *testing.T, stream []byte, want []event) {
	t.Helper()
	for i := range len(stream) + 1 {
		if got := read(t, stream[:i], stream[i:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: got %q, want %q", i, got, want)
		}
	}
	if got := read(t, bytewise(stream)...); !reflect.DeepEqual(got, want) {
		t.Fatalf("byte by byte: got %q, want %q", got, want)
	}
}

func bytewise(stream []byte) [][]byte {
	var chunks [][]byte
	for i := range stream {
		chunks = append(chunks, stream[i:i+1], nil)
	}
	return chunks
}
