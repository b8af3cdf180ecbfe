package extproc

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

type flusher interface {
	io.WriteCloser
	Flush() error
}

var compressors = map[string]struct {
	encoding string
	open     func(io.Writer) flusher
}{
	"gzip":        {"gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	"deflate":     {"deflate", func(w io.Writer) flusher { return zlib.NewWriter(w) }},
	"raw deflate": {"deflate", func(w io.Writer) flusher { f, _ := flate.NewWriter(w, 5); return f }},
	"brotli":      {"br", func(w io.Writer) flusher { return brotli.NewWriter(w) }},
}

const document = `{"hello":"world","numbers":[1,2,3]}`

// TestACompressedAnswerIsReadToItsEnd cuts it anywhere: no byte may wait for what never comes.
func TestACompressedAnswerIsReadToItsEnd(t *testing.T) {
	for name, c := range compressors {
		for _, text := range []string{document, strings.Repeat(document, 5000)} {
			var b bytes.Buffer
			w := c.open(&b)
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{1, 7, b.Len()} {
				in, err := newInflater(c.encoding)
				if err != nil {
					t.Fatal(err)
				}
				var out []byte
				for rest := b.Bytes(); len(rest) > 0; {
					n := min(size, len(rest))
					if out, err = in.append(out, rest[:n], 1<<20); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					rest = rest[n:]
				}
				in.close()
				if string(out) != text {
					t.Errorf("%s in pieces of %d: %d bytes, want %d", name, size, len(out), len(text))
				}
			}
		}
	}
}

func TestEachFlushedPieceOfACompressedStreamComesAtOnce(t *testing.T) {
	for name, c := range compressors {
		var b bytes.Buffer
		w := c.open(&b)
		in, err := newInflater(c.encoding)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range []string{"data: one\n\n", "data: two\n\n", "data: [DONE]\n\n"} {
			if _, err := io.WriteString(w, piece); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			out, err := in.append(nil, b.Bytes(), 1<<20)
			if string(out) != piece || err != nil {
				t.Errorf("%s: %q, %v, want %q", name, out, err, piece)
			}
			b.Reset()
		}
		in.close()
	}
}

func TestAGzipStreamMayHaveSeveralMembers(t *testing.T) {
	var b bytes.Buffer
	for _, text := range []string{"one ", "two"} {
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
	}
	in, err := newInflater("gzip")
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	if out, err := in.append(nil, b.Bytes(), 1<<20); string(out) != "one two" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestDamagedAndEndlessCompressionIsAnError(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, strings.Repeat("0", 1<<20))
	_ = w.Close()
	for name, row := range map[string]struct {
		piece []byte
		code  string
	}{
		"no gzip at all":              {[]byte("{\"plain\":\"text, though it says gzip\"}"), "bad_content_encoding"},
		"damaged":                     {append(bytes.Clone(b.Bytes()[:20]), []byte("not what was compressed, by any means at all")...), "bad_content_encoding"},
		"larger than what is allowed": {b.Bytes(), "answer_too_large"},
	} {
		in, err := newInflater("gzip")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = in.append(nil, row.piece, 1<<16); err == nil || asError(err).Code != row.code {
			t.Errorf("%s: %v", name, err)
		}
		in.close()
	}
}
