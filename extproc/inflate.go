package extproc

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/andybalholm/brotli"

	"github.com/llmroute/llmroute/extproc/schema"
)

// inflater undoes a content-encoding piece by piece. Decompressors pull their input, while pieces are pushed here;
// a coroutine joins the two, so that each piece yields at once what it holds.
type inflater struct {
	next func() ([]byte, bool)
	stop func()

	piece []byte // input not yet pulled
	err   error
}

// newInflater returns an inflater for a content-encoding header; for none, one that passes bytes on.
func newInflater(encoding string) (*inflater, error) {
	var open func(io.Reader) (io.Reader, error)
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return &inflater{}, nil
	case "gzip", "x-gzip":
		open = gunzip
	case "deflate":
		open = deflate
	case "br":
		open = func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }
	default:
		return nil, badEncoding("the provider answered in a content-encoding that llmroute does not know", nil)
	}
	in := &inflater{}
	in.next, in.stop = iter.Pull(in.run(open))
	return in, nil
}

// members reads the members of a gzip stream (RFC 1952, section 2.2) one by one. gzip.Reader's own way holds the end of
// a member back until it has looked for the next, which for the last one means for ever.
type members struct {
	src   *bufio.Reader
	z     *gzip.Reader
	ended bool // the member at hand
}

func gunzip(r io.Reader) (io.Reader, error) {
	src := bufio.NewReader(r)
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{src: src, z: z}, nil
}

func (m *members) Read(b []byte) (int, error) {
	if m.ended {
		if err := m.z.Reset(m.src); err != nil {
			return 0, err
		}
		m.z.Multistream(false)
		m.ended = false
	}
	n, err := m.z.Read(b)
	if errors.Is(err, io.EOF) {
		m.ended, err = true, nil
	}
	return n, err
}

// deflate is zlib by RFC 9110, section 8.4.1.2, and raw flate from some servers.
func deflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// append appends to dst what piece holds, up to limit bytes in all. The result may alias piece.
func (in *inflater) append(dst, piece []byte, limit int) ([]byte, error) {
	if in.next == nil {
		if len(dst)+len(piece) > limit {
			return dst, tooLong()
		}
		if len(dst) == 0 {
			return piece, nil
		}
		return append(dst, piece...), nil
	}
	in.piece = piece
	for {
		out, ok := in.next()
		if !ok {
			return dst, in.err
		}
		if out == nil { // wants more input
			return dst, nil
		}
		if len(dst)+len(out) > limit {
			return dst, tooLong()
		}
		dst = append(dst, out...)
	}
}

// run is the coroutine: it yields output, and nil when it needs input.
func (in *inflater) run(open func(io.Reader) (io.Reader, error)) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		src := &pulled{in: in, yield: yield}
		r, err := open(src)
		buf := make([]byte, 4<<10)
		for err == nil {
			var n int
			n, err = r.Read(buf)
			if n > 0 && !yield(buf[:n]) {
				return
			}
		}
		if !errors.Is(err, io.EOF) && !src.stopped {
			in.err = badEncoding("the provider's compressed answer is damaged", err)
		}
	}
}

// close ends the coroutine.
func (in *inflater) close() {
	if in != nil && in.stop != nil {
		in.stop()
	}
}

// pulled hands pieces to a decompressor.
type pulled struct {
	in      *inflater
	yield   func([]byte) bool
	stopped bool
}

func (p *pulled) Read(b []byte) (int, error) {
	for len(p.in.piece) == 0 {
		if p.stopped || !p.yield(nil) {
			p.stopped = true
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(b, p.in.piece)
	p.in.piece = p.in.piece[n:]
	return n, nil
}

func badEncoding(message string, cause error) *schema.Error {
	return &schema.Error{Kind: schema.KindBadGateway, Code: "bad_content_encoding", Message: message, Cause: cause}
}

func tooLong() *schema.Error {
	return &schema.Error{Kind: schema.KindBadGateway, Code: "answer_too_large", Message: "the provider's answer is larger than llmroute translates"}
}
