package envoy_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/llmroute/llmroute/internal/envoytest"
	"github.com/llmroute/llmroute/internal/floor"
)

// First-byte timeouts in milliseconds. One counts from the end of the request, so it must leave a busy machine the time
// to take 6 MiB in.
const (
	patient   = "20000"
	impatient = "1500" // where the test waits for it
)

func TestEachFailureMovesOnToTheNextEntryWithTheSameBytes(t *testing.T) {
	released := make(chan struct{})
	t.Cleanup(func() { close(released) }) // after the parallel subtests
	silent := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}
	failures := []struct {
		name    string
		first   *farEnd
		timeout string
	}{
		{"429", &farEnd{answer: fails(429)}, patient},
		{"500", &farEnd{answer: fails(500)}, patient},
		{"503", &farEnd{answer: fails(503)}, patient},
		{"529, as Anthropic says overloaded", &farEnd{answer: fails(529)}, patient},
		{"a refused connection", &farEnd{refuse: true}, patient},
		{"a name that does not resolve", &farEnd{addr: "no-such-host.invalid:80"}, patient},
		{"a reset before the answer", &farEnd{answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, patient},
		{"a reset of an HTTP/2 stream", &farEnd{http2: true, answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, patient},
		{"a first byte that never comes", &farEnd{answer: silent}, impatient},
	}
	doors := []struct{ first, second string }{{"a", "b.adapt"}, {"a.adapt", "b.adapt"}, {"a.adapt", "b"}}
	for _, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			t.Parallel()
			for _, d := range doors {
				if failure.timeout == impatient && d.second == "b" {
					continue // each of these costs seconds
				}
				first := &farEnd{
					name: "a", auth: bearer("key-a"), answer: failure.first.answer,
					refuse: failure.first.refuse, addr: failure.first.addr, http2: failure.first.http2,
				}
				second := &farEnd{name: "b", auth: header("x-api-key", "key-b")}
				r := newRig(t, rigging{
					providers: []*farEnd{first, second},
					plan: floor.Plan{
						Clusters: []string{d.first, d.second},
						Metadata: map[string]string{"plan": "the plan"},
						Headers:  map[string]string{"x-envoy-max-retries": "1", "x-envoy-upstream-rq-per-try-timeout-ms": failure.timeout},
					},
				})
				for i, size := range []int{1 << 10, 1 << 20, 6 << 20} {
					body := noise(size)
					a := r.post(body)
					if a.status != 200 || a.body != `{"from":"b"}` || a.header.Get("x-llmroute-attempts") != "2" {
						t.Fatalf("%v, %d bytes: got %d %q, attempts %q; want b's answer on attempt 2",
							d, size, a.status, a.body, a.header.Get("x-llmroute-attempts"))
					}
					r.hasOnly(second, i, body, "X-Api-Key", "key-b")
					if first.from != nil {
						r.hasOnly(first, i, body, "Authorization", "Bearer key-a")
					}
				}
			}
		})
	}
}

// hasOnly checks a provider's i-th request: the exact body, its own key, nobody else's.
func (r *rig) hasOnly(f *farEnd, i int, body []byte, keyHeader, key string) {
	r.t.Helper()
	got := f.requests()
	if len(got) != i+1 {
		r.t.Fatalf("provider %s got %d requests, want %d", f.name, len(got), i+1)
	}
	g := got[i]
	if !bytes.Equal(g.body, body) {
		r.t.Errorf("provider %s got another body: %d bytes for %d", f.name, len(g.body), len(body))
	}
	if g.host != f.addr || g.path != "/v1/chat/completions" {
		r.t.Errorf("provider %s got host %q and path %q; want host %q", f.name, g.host, g.path, f.addr)
	}
	want := http.Header{keyHeader: {key}}
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "Cookie", "Openai-Organization", "X-Team"} {
		if g, w := g.header.Get(name), want.Get(name); g != w {
			r.t.Errorf("provider %s got %s %q, want %q", f.name, name, g, w)
		}
	}
	for name := range g.header {
		if hasAnyPrefix(name, "X-Envoy-", "X-Llmroute-", "X-Forwarded-", "X-Amz-") {
			r.t.Errorf("provider %s got %s: %q", f.name, name, g.header[name])
		}
	}
}

func TestAttemptsEndWithTheLimitThatTheRouteStageSets(t *testing.T) {
	for _, tc := range []struct {
		retries  string
		attempts int
	}{{"0", 1}, {"1", 2}, {"5", 6}, {"", 3}} {
		t.Run(fmt.Sprintf("max-retries %q gives %d", tc.retries, tc.attempts), func(t *testing.T) {
			a := &farEnd{name: "a", answer: fails(503)}
			plan := floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}}
			if tc.retries != "" {
				plan.Headers = map[string]string{"x-envoy-max-retries": tc.retries}
			}
			r := newRig(t, rigging{providers: []*farEnd{a}, plan: plan})
			// What clients say of retries does not count.
			got := r.post([]byte("{}"), "x-envoy-max-retries: 9", "x-envoy-retry-on: 4xx", "x-envoy-upstream-rq-per-try-timeout-ms: 1")
			if got.status != 503 || got.header.Get("x-llmroute-attempts") != strconv.Itoa(tc.attempts) {
				t.Errorf("status %d, attempts %q", got.status, got.header.Get("x-llmroute-attempts"))
			}
			if n := len(a.requests()); n != tc.attempts {
				t.Errorf("the provider got %d requests", n)
			}
		})
	}
}

func TestAClientsErrorIsNotTriedElsewhere(t *testing.T) {
	for _, status := range []int{400, 401, 404, 422} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			b := &farEnd{name: "b"}
			r := newRig(t, rigging{
				providers: []*farEnd{{name: "a", answer: fails(status)}, b},
				plan:      floor.Plan{Clusters: []string{"a", "b"}, Metadata: map[string]string{"provider": "a"}},
			})
			if got := r.post([]byte("{}")); got.status != status || len(b.requests()) != 0 {
				t.Errorf("status %d, b got %d requests", got.status, len(b.requests()))
			}
		})
	}
}

func TestALoneProviderStaysInUseAfterManyFailedConnections(t *testing.T) {
	lone := &farEnd{name: "a", addr: "localhost:1"}
	r := newRig(t, rigging{
		providers: []*farEnd{lone},
		plan:      floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}, Headers: map[string]string{"x-envoy-max-retries": "0"}},
	})
	const tries = 12
	for range tries {
		if got := r.post([]byte("{}")); got.status != 503 {
			t.Fatalf("status %d", got.status)
		}
	}
	// localhost is 127.0.0.1 here; the dead end would be the other endpoint.
	if n := r.envoy.Stat("cluster.a.outlier_detection.ejections_active"); n != 0 {
		t.Errorf("%d addresses are ejected", n)
	}
	if n := r.envoy.Stat("cluster.a.outlier_detection.ejections_detected_consecutive_local_origin_failure"); n == 0 {
		t.Error("the failures did not count, so this shows nothing")
	}
}

func TestManyLargeBodiesAtOnceFallBackExactly(t *testing.T) {
	const requests, size = 16, 2 << 20
	large := string(noise(3 << 20))
	b := &farEnd{name: "b", answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, large) }}
	r := newRig(t, rigging{
		providers: []*farEnd{{name: "a", answer: fails(503)}, b},
		plan: floor.Plan{
			Clusters: []string{"a.adapt", "b.adapt"}, Metadata: map[string]string{"provider": "a"},
			Headers: map[string]string{"x-envoy-max-retries": "1"},
		},
		envoy: []envoytest.Option{envoytest.Concurrency(2)},
	})
	body := noise(size)
	var wg sync.WaitGroup
	for range requests {
		wg.Go(func() {
			if a := r.post(body); a.status != 200 || a.body != large {
				t.Errorf("status %d with %d bytes", a.status, len(a.body))
			}
		})
	}
	wg.Wait()
	got := b.requests()
	if len(got) != requests {
		t.Fatalf("b got %d requests", len(got))
	}
	for _, g := range got {
		if !bytes.Equal(g.body, body) {
			t.Errorf("b got another body, of %d bytes", len(g.body))
		}
	}
}

func TestABodyAsLargeAsTheLimitIsRetried(t *testing.T) {
	const limit = 4 << 20
	b := &farEnd{name: "b"}
	r := newRig(t, rigging{
		providers: []*farEnd{{name: "a", answer: fails(503)}, b}, bodyBytes: limit,
		plan: floor.Plan{
			Clusters: []string{"a", "b.adapt"}, Metadata: map[string]string{"provider": "a"},
			Headers: map[string]string{"x-envoy-max-retries": "1"},
		},
	})
	body := noise(limit)
	if a := r.post(body); a.status != 200 {
		t.Fatalf("status %d %q", a.status, a.body)
	}
	if got := b.requests(); len(got) != 1 || !bytes.Equal(got[0].body, body) {
		t.Error("b did not get the body")
	}
}

// noise is a JSON string of n bytes that does not repeat, so that a piece out of place shows.
func noise(n int) []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789 .,-ABCDEFGHIJKLMNOPQRSTUVWX" // 64
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := 0; i < n; {
		for bits := rnd.Uint64(); bits != 0 && i < n; bits >>= 6 {
			b[i] = letters[bits&63]
			i++
		}
	}
	b[0], b[n-1] = '"', '"'
	return b
}
