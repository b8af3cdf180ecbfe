package demo_test

import (
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/llmroute/llmroute/internal/demo"
)

const (
	plainBody  = `{"model":"m","messages":[{"role":"user","content":"hi"}]}`
	streamBody = `{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}`
)

func post(t *testing.T, url, control, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(demo.ControlHeader, control)
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("X-Request-Id", "request-1")
	return http.DefaultClient.Do(r)
}

// read posts and reads all that comes.
func read(t *testing.T, url, control, body string) (*http.Response, string, error) {
	t.Helper()
	res, err := post(t, url, control, body)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

func TestFaultsBreakAnswers(t *testing.T) {
	tests := map[string]struct {
		control, body string
		broken        bool // the client sees an error of the connection
		pieces        int  // of content that arrived; -1: not judged
		outcome       demo.Outcome
	}{
		"reset, JSON":         {"reset", plainBody, true, 0, ""},
		"reset, stream":       {"reset", streamBody, true, 0, ""},
		"reset in a body":     {"reset-after=1", plainBody, true, -1, demo.Broken},
		"reset in a stream":   {"reset-after=3", streamBody, true, 3, demo.Broken},
		"reset at its start":  {"reset-after=0", streamBody, true, 0, demo.Broken},
		"truncated body":      {"truncate", plainBody, false, -1, demo.Broken},
		"truncated stream":    {"truncate=4", streamBody, false, 4, demo.Broken},
		"error in the stream": {"error-in-stream=2", streamBody, false, 2, demo.Broken},
		"a break never met":   {"reset-after=10000", streamBody, false, 8, demo.Complete},
		"error in no stream":  {"error-in-stream", plainBody, false, -1, demo.Complete},
		"delays":              {"delay=2ms; chunk-delay=1ms", streamBody, false, 8, demo.Complete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, url := start(t, demo.Options{Schema: "openai"})
			_, body, err := read(t, url, test.control, test.body)
			if (err != nil) != test.broken {
				t.Errorf("got %q, %v", body, err)
			}
			if n := strings.Count(body, `"delta":{"content":"`) - strings.Count(body, `"delta":{"content":""`); test.pieces > 0 && n != test.pieces {
				t.Errorf("%d pieces in %s", n, body)
			}
			if ended := strings.HasSuffix(body, "[DONE]\n\n"); ended != (test.outcome == demo.Complete && test.body == streamBody) {
				t.Errorf("the stream ends in %q", body)
			}
			idle(t, p)
			if test.outcome == "" {
				if c := p.Charged(); len(c) != 0 {
					t.Errorf("charged %+v", c)
				}
				return
			}
			if c := charged(t, p); c.Outcome != test.outcome || c.RequestID != "request-1" || c.Usage.Input == 0 {
				t.Errorf("charged %+v", c)
			}
		})
	}
}

func TestAbortedStreamIsChargedWhatWasGenerated(t *testing.T) {
	p, url := start(t, demo.Options{Schema: "openai"})
	res, err := post(t, url, "stall-after=3; reasoning=10", streamBody)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for strings.Count(got.String(), `"content":"`) < 4 { // the first is empty
		b := make([]byte, 512)
		n, err := res.Body.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(b[:n])
	}
	res.Body.Close()
	idle(t, p)
	if c := charged(t, p); c.Usage.Output != 10+7 || c.Usage.Reasoning != 10 || c.Usage.Input != 4 || c.Outcome == demo.Complete {
		t.Errorf("charged %+v", c)
	}
}

func TestClientThatLeavesBetweenChunksAborts(t *testing.T) {
	p, url := start(t, demo.Options{Schema: "openai"})
	res, err := post(t, url, "chunk-delay=10m", streamBody)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	idle(t, p)
	if c := charged(t, p); c.Outcome != demo.Aborted || c.Usage.Output != 0 {
		t.Errorf("charged %+v", c)
	}
}

func TestHangEndsWhenTheClientLeaves(t *testing.T) {
	p, url := start(t, demo.Options{Schema: "openai"})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(plainBody))
	r.Header.Set(demo.ControlHeader, "hang")
	if _, err := http.DefaultClient.Do(r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	idle(t, p)
}

func TestAnswersAreCompressedOnDemand(t *testing.T) {
	decoders := map[string]func(io.Reader) (io.Reader, error){
		"gzip":    func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"deflate": func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
		"br":      func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	}
	_, url := start(t, demo.Options{Schema: "openai"})
	for encoding, decoder := range decoders {
		for _, body := range []string{plainBody, streamBody} {
			res, got, err := read(t, url, encoding, body)
			if err != nil || res.Header.Get("Content-Encoding") != encoding {
				t.Fatalf("%s: %v %v", encoding, res, err)
			}
			r, err := decoder(strings.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := io.ReadAll(r); err != nil || !strings.Contains(string(plain), "demo") {
				t.Errorf("%s: %q %v", encoding, plain, err)
			}
		}
	}
}

func TestOutagesAreProgrammed(t *testing.T) {
	p, url := start(t, demo.Options{Schema: "openai"})
	status := func() int {
		res, _, err := read(t, url, "status=400", plainBody)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	p.Fail(demo.Fault{Status: 503})
	if got := status(); got != 503 {
		t.Errorf("Fail gives way to the header: %d", got)
	}
	calls := 0
	p.Script(func(r *http.Request) demo.Fault {
		if b, _ := io.ReadAll(r.Body); string(b) != plainBody {
			t.Errorf("script sees %q", b)
		}
		if calls++; calls == 1 {
			return demo.Fault{Status: 500}
		}
		return demo.Fault{}
	})
	if first, second := status(), status(); first != 500 || second != 503 {
		t.Errorf("the script gives %d, then %d", first, second)
	}
	p.Heal()
	if got := status(); got != 400 {
		t.Errorf("after Heal the header counts: %d", got)
	}
}

func TestRequestsAreRecordedWithinBounds(t *testing.T) {
	p, url := start(t, demo.Options{Schema: "openai", Keep: 2})
	for _, path := range []string{"/v1/one", "/v1/two%2Fb?x=1", "/v1/three"} {
		res, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	got := p.Requests()
	if len(got) != 2 || got[0].Path != "/v1/two%2Fb" || got[0].Query != "x=1" || got[1].Seq != 3 || got[1].Method != "GET" {
		t.Errorf("%+v", got)
	}
	if p.Forget(); len(p.Requests()) != 0 || p.Served() != 3 {
		t.Error("Forget forgets too little or too much")
	}
}
