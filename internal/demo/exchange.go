package demo

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// exchange is one request and its answer.
type exchange struct {
	p     *Provider
	w     http.ResponseWriter
	r     *http.Request
	body  []byte
	seq   uint64
	fault Fault

	// capture, if set, takes the frames instead of the client: see newFast.
	capture func(frame)
}

// answer lets the fault happen, or the endpoint.
func (x *exchange) answer() {
	f := x.fault
	if f.Delay > 0 && !x.sleep(f.Delay) {
		return
	}
	switch {
	case f.Hang:
		<-x.r.Context().Done()
	case f.Reset:
		x.abort()
	case f.fails():
		x.refuse(f.failure())
	default:
		x.route()
	}
}

// handlerFor adapts an endpoint to the mux, which hands the exchange on in the context.
func handlerFor(p *Provider, e endpoint) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		x, ok := r.Context().Value(exchangeKey{}).(*exchange)
		if !ok {
			return
		}
		x.r = r // with its path values
		if f := e(x); f != nil {
			x.refuse(f)
		}
	})
}

type exchangeKey struct{}

func (x *exchange) route() {
	r := x.r.WithContext(context.WithValue(x.r.Context(), exchangeKey{}, x))
	if prefix := x.p.opt.Prefix; prefix != "" {
		if !strings.HasPrefix(r.URL.Path, prefix+"/") {
			x.refuse(x.noSuchPath())
			return
		}
		http.StripPrefix(prefix, http.HandlerFunc(x.dispatch)).ServeHTTP(x.w, r)
		return
	}
	x.dispatch(x.w, r)
}

func (x *exchange) dispatch(w http.ResponseWriter, r *http.Request) {
	if _, pattern := x.p.mux.Handler(r); pattern == "" {
		x.refuse(x.noSuchPath())
		return
	}
	x.p.mux.ServeHTTP(w, r)
}

func (x *exchange) noSuchPath() *failure {
	return &failure{problem: NotFound, message: "Invalid URL (" + x.r.Method + " " + x.r.URL.Path + ")"}
}

// refuse answers with an error.
func (x *exchange) refuse(f *failure) {
	out := x.p.dialect.render(f)
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	for name, value := range out.header {
		h.Set(name, value)
	}
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	x.mark()
	h.Set("Content-Length", strconv.Itoa(len(out.body)))
	x.w.WriteHeader(out.status)
	_, _ = x.w.Write(out.body) // a client that left needs no error
}

// mark says in the headers who answered.
func (x *exchange) mark() {
	x.w.Header().Set("X-Demo-Provider", x.p.opt.Name)
}

// abort closes the connection (HTTP/2: resets the stream) without a further byte.
func (x *exchange) abort() {
	panic(http.ErrAbortHandler) // net/http's documented way; it neither logs nor crashes
}

// sleep returns false if the client left meanwhile.
func (x *exchange) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.r.Context().Done():
		return false
	}
}

// id makes an identifier: the same for the same provider, seed and number of the request.
func (x *exchange) id(prefix string, digits int) string {
	h := fnv.New128a()
	var b [8]byte
	h.Write(binary.LittleEndian.AppendUint64(b[:0], x.p.opt.Seed))
	h.Write(binary.LittleEndian.AppendUint64(b[:0], x.seq))
	h.Write([]byte(x.p.opt.Name + "\x00" + prefix))
	sum := hex.EncodeToString(h.Sum(nil))
	for len(sum) < digits {
		sum += sum
	}
	return prefix + sum[:digits]
}

// fingerprint stands for the configuration that answered.
func (p *Provider) fingerprint() string {
	h := fnv.New32a()
	h.Write(binary.LittleEndian.AppendUint64([]byte(p.opt.Name), p.opt.Seed))
	return "fp_" + hex.EncodeToString(h.Sum(nil))
}
