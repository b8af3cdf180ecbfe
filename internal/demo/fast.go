package demo

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fast makes a provider answer every request with the same bytes, made beforehand: nothing is parsed, recorded or
// charged, and no fault is injected. Only the key is checked. Requests are taken for chat requests of the schema.
type Fast struct {
	// Chunks of a streamed answer, and about as many output tokens in its usage; 0: 50.
	Chunks int
	// ChunkDelay is the time between the beginnings of two chunks; 0: none.
	ChunkDelay time.Duration
}

// PaceHeader of a request overrides Fast.ChunkDelay for its answer: "4ms".
const PaceHeader = "X-Demo-Pace"

// Stamp stands in the text of every streamed chunk but bedrock's, and is replaced by the time at which the chunk is
// sent, in Unix nanoseconds, just as many digits.
const Stamp = "1000000000000000000"

// fast is a provider's answers, ready to be sent. Immutable, but for the pool.
type fast struct {
	opt        Fast
	json       []byte
	jsonHeader http.Header

	streamHeader http.Header
	head         []byte
	chunk        []byte
	stamp        int    // offset in chunk; -1: none
	tail, short  []byte // short: without the usage that OpenAI clients must ask for

	buffers sync.Pool // of *bytes.Buffer
}

// newFast captures what the provider answers in its ordinary way.
func newFast(p *Provider, o Fast) *fast {
	if o.Chunks <= 0 {
		o.Chunks = 50
	}
	f := &fast{opt: o, stamp: -1, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	answer, header := capture(p, false, o.Chunks)
	header.Set("Content-Type", "application/json")
	for _, fr := range answer {
		f.json = append(f.json, fr.data...)
	}
	header.Set("Content-Length", strconv.Itoa(len(f.json)))
	f.jsonHeader = header
	answer, f.streamHeader = capture(p, true, o.Chunks)
	for _, fr := range answer {
		switch {
		case fr.content && (f.chunk == nil || f.stamp < 0 && bytes.Contains(fr.data, []byte(Stamp))):
			f.chunk, f.stamp = fr.data, bytes.Index(fr.data, []byte(Stamp))
		case fr.content:
		case f.chunk == nil:
			f.head = append(f.head, fr.data...)
		default:
			f.tail = append(f.tail, fr.data...)
			if !bytes.Contains(fr.data, []byte(`"choices":[]`)) {
				f.short = append(f.short, fr.data...)
			}
		}
	}
	if f.streamHeader.Get("Content-Type") == amazonStream {
		f.stamp = -1 // its frames have checksums
	}
	return f
}

// stampTokens is how long an answer must be for the stamp to fit.
const stampTokens = 48

func capture(p *Provider, stream bool, tokens int) ([]frame, http.Header) {
	path, body := p.dialect.chat(Stamp, stream)
	r, err := http.NewRequest(http.MethodPost, p.opt.Prefix+path, strings.NewReader(body))
	if err != nil {
		return nil, http.Header{} // the paths are constants
	}
	r.Header.Set("anthropic-version", "2023-06-01")
	var out []frame
	w := sink{http.Header{}}
	twin := &Provider{opt: p.opt, dialect: p.dialect, mux: p.mux, log: newLog(1)}
	twin.opt.Models = nil
	x := &exchange{
		p: twin, w: w, r: r, body: []byte(body), fault: Fault{Tokens: max(tokens, stampTokens)},
		capture: func(f frame) { out = append(out, f) },
	}
	x.route()
	return out, w.header
}

// sink is a client that only takes headers.
type sink struct{ header http.Header }

func (s sink) Header() http.Header       { return s.header }
func (sink) Write(b []byte) (int, error) { return len(b), nil }
func (sink) WriteHeader(int)             {}

func (f *fast) serve(p *Provider, w http.ResponseWriter, r *http.Request) {
	p.seq.Add(1)
	b, ok := f.buffers.Get().(*bytes.Buffer)
	if !ok {
		return
	}
	defer f.buffers.Put(b)
	b.Reset()
	if _, err := b.ReadFrom(r.Body); err != nil {
		return
	}
	body := b.Bytes()
	if p.opt.Key != "" && !p.dialect.authorized(r, body, p.opt.Key) {
		x := &exchange{p: p, w: w, r: r}
		x.refuse(&failure{problem: Auth})
		return
	}
	if !streams(r, body) {
		copyHeader(w.Header(), f.jsonHeader)
		_, _ = w.Write(f.json)
		return
	}
	copyHeader(w.Header(), f.streamHeader)
	tail := f.short
	if asked(body, `"include_usage":true`) || asked(body, `"include_usage": true`) {
		tail = f.tail
	}
	f.stream(w, r, b, tail)
}

// stream sends the chunks. b is free for use.
func (f *fast) stream(w http.ResponseWriter, r *http.Request, b *bytes.Buffer, tail []byte) {
	c := http.NewResponseController(w)
	if _, err := w.Write(f.head); err != nil || c.Flush() != nil {
		return
	}
	b.Reset()
	b.Write(f.chunk)
	chunk := b.Bytes()
	delay := f.delay(r)
	start := time.Now()
	for i := range f.opt.Chunks {
		if d := time.Until(start.Add(time.Duration(i) * delay)); d > 0 {
			time.Sleep(d)
		}
		if f.stamp >= 0 {
			strconv.AppendInt(chunk[f.stamp:f.stamp], time.Now().UnixNano(), 10)
		}
		if _, err := w.Write(chunk); err != nil || c.Flush() != nil || r.Context().Err() != nil {
			return
		}
	}
	_, _ = w.Write(tail)
}

func (f *fast) delay(r *http.Request) time.Duration {
	if text := r.Header.Get(PaceHeader); text != "" {
		if d, err := time.ParseDuration(text); err == nil {
			return d
		}
	}
	return f.opt.ChunkDelay
}

// streams reports whether a stream is asked for: in the body, or in the path as Gemini and Bedrock do it.
func streams(r *http.Request, body []byte) bool {
	return asked(body, `"stream":true`) || asked(body, `"stream": true`) ||
		strings.Contains(r.URL.Path, ":stream") || strings.HasSuffix(r.URL.Path, "-stream")
}

func asked(body []byte, member string) bool { return bytes.Contains(body, []byte(member)) }

// copyHeader shares the values, which nobody changes.
func copyHeader(dst, src http.Header) {
	for name, values := range src {
		dst[name] = values
	}
}

// Served returns how many requests have come, in any mode.
func (p *Provider) Served() uint64 { return p.seq.Load() }
