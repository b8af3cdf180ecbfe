package demo

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const maxBodyBytes = 64 << 20

// Options describes a provider.
type Options struct {
	// Name is what answers and the control header call it.
	Name string
	// Schema is one of Schemas.
	Schema string
	// Key, if set, is the only credential that is accepted, in the header where the schema has it. For bedrock,
	// "id:secret" also checks the AWS signature.
	Key string
	// Models that it serves; empty: any.
	Models []string
	// Seed varies the ids, embeddings and fingerprints of providers that are otherwise alike.
	Seed uint64
	// Prefix stands before the schema's own paths: "/openai" for /openai/v1/chat/completions.
	Prefix string
	// Compatible makes an openai provider one of the servers that follow OpenAI, such as vLLM: it shows its thoughts as
	// reasoning_content, and knows a few members more.
	Compatible bool
	// Keep is how many requests and charges are remembered; 0: 1024.
	Keep int
	// Fast, if set, answers every request alike and at once, for benchmarks.
	Fast *Fast
}

// Schemas lists the values of Options.Schema.
func Schemas() []string { return []string{"openai", "azure", "anthropic", "gemini", "bedrock"} }

// Provider is an HTTP handler that answers like an LLM provider. Safe for concurrent use.
type Provider struct {
	opt     Options
	dialect dialect
	mux     *http.ServeMux
	fast    *fast
	log     *log
	seq     atomic.Uint64

	mu     sync.Mutex
	fault  Fault
	script func(*http.Request) Fault
}

// dialect is the manner of one schema: where its credential stands, how its errors look.
type dialect interface {
	// routes registers the endpoints.
	routes(on func(pattern string, e endpoint))
	// authorized reports whether the request carries key, and no other credential where the schema has one.
	authorized(r *http.Request, body []byte, key string) bool
	// render writes a failure as the provider does.
	render(f *failure) rendered
	// streamError is the frame that reports f in the middle of a stream of the answer to r.
	streamError(r *http.Request, f *failure, sent int) []byte
	// chat is a request for a short answer to text: its path, and its body.
	chat(text string, stream bool) (path, body string)
}

// endpoint answers one request, or says why not.
type endpoint func(x *exchange) *failure

// New returns a provider. With an unknown schema it refuses every request.
func New(o Options) *Provider {
	p := &Provider{opt: o, mux: http.NewServeMux(), log: newLog(o.Keep), dialect: dialectOf(o.Schema)}
	p.dialect.routes(func(pattern string, e endpoint) {
		p.mux.Handle(pattern, handlerFor(p, e))
	})
	if o.Fast != nil {
		p.fast = newFast(p, *o.Fast)
	}
	return p
}

func dialectOf(schema string) dialect {
	switch schema {
	case "openai":
		return openAI{}
	case "azure":
		return azure{}
	case "anthropic":
		return anthropic{}
	case "gemini":
		return gemini{}
	case "bedrock":
		return bedrock{}
	}
	return unknown{openAI{}}
}

// unknown serves nothing.
type unknown struct{ openAI }

func (unknown) routes(func(string, endpoint)) {}

// Name returns Options.Name.
func (p *Provider) Name() string { return p.opt.Name }

// Fail makes every request meet f, whatever its control header says, until [Provider.Heal].
func (p *Provider) Fail(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Heal ends what Fail and Script began.
func (p *Provider) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.script = Fault{}, nil
}

// Script asks choose for the fault of every request; where it returns none, Fail and the control header count.
// The request's body may be read. choose is called by several goroutines.
func (p *Provider) Script(choose func(*http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = choose
}

func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.fast != nil {
		p.fast.serve(p, w, r)
		return
	}
	p.log.begin()
	defer p.log.end()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	x := &exchange{p: p, w: w, r: r, body: body, seq: p.seq.Add(1)}
	p.log.request(Recorded{
		Seq: x.seq, Time: time.Now(), Proto: r.Proto, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		Host: r.Host, Header: r.Header.Clone(), Body: body,
	})
	if err != nil {
		x.refuse(&failure{problem: TooLarge, message: "request body is too large, or broke off"})
		return
	}
	if p.opt.Key != "" && !p.dialect.authorized(r, body, p.opt.Key) {
		x.refuse(&failure{problem: Auth})
		return
	}
	if x.fault, err = p.faultOf(r, body); err != nil {
		x.refuse(invalid(ControlHeader, "%s: %v", ControlHeader, err))
		return
	}
	x.answer()
}

func (p *Provider) faultOf(r *http.Request, body []byte) (Fault, error) {
	p.mu.Lock()
	fault, script := p.fault, p.script
	p.mu.Unlock()
	if script != nil {
		copied := r.Clone(r.Context())
		copied.Body = io.NopCloser(bytes.NewReader(body))
		if f := script(copied); !f.IsZero() {
			return f, nil
		}
	}
	if !fault.IsZero() {
		return fault, nil
	}
	return FaultFor(strings.Join(r.Header.Values(ControlHeader), ","), p.opt.Name)
}

// serves reports whether the provider has the model.
func (p *Provider) serves(model string) bool {
	return len(p.opt.Models) == 0 || slices.Contains(p.opt.Models, model)
}

// models is what a listing shows.
func (p *Provider) models() []string {
	if len(p.opt.Models) == 0 {
		return []string{"demo-" + p.opt.Name}
	}
	return p.opt.Models
}
