package demo_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/demo"
)

func serveUntil(t *testing.T, ctx context.Context, h http.Handler) (url string, ended <-chan error) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan error, 1)
	go func() { out <- demo.Serve(ctx, lis, h) }()
	return "http://" + lis.Addr().String(), out
}

func TestServeLetsRequestsFinishAndCutsThoseThatHang(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	p := demo.New(demo.Options{Name: "alpha", Schema: "openai"})
	url, ended := serveUntil(t, ctx, p)
	answers := make(chan string, 2)
	for _, control := range []string{"delay=200ms", "hang"} {
		go func() {
			r, _ := http.NewRequest(http.MethodPost, url+"/v1/chat/completions", strings.NewReader(plainBody))
			r.Header.Set(demo.ControlHeader, control)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				answers <- "cut"
				return
			}
			res.Body.Close()
			answers <- res.Status
		}()
	}
	for len(p.Requests()) < 2 {
		time.Sleep(time.Millisecond)
	}
	stop()
	if first, second := <-answers, <-answers; first != "200 OK" || second != "cut" {
		t.Errorf("got %s, then %s", first, second)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeSpeaksHTTP2WithoutTLS(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	p := demo.New(demo.Options{Name: "alpha", Schema: "openai"})
	url, ended := serveUntil(t, ctx, p)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	res, err := (&http.Client{Transport: transport}).Post(url+"/v1/chat/completions", "application/json", strings.NewReader(plainBody))
	if err != nil || res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Fatalf("%v %v", res, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if got := p.Requests()[0].Proto; got != "HTTP/2.0" {
		t.Errorf("recorded %s", got)
	}
	r, _ := http.NewRequest(http.MethodPost, url+"/v1/chat/completions", strings.NewReader(plainBody))
	r.Header.Set(demo.ControlHeader, "reset")
	if _, err := transport.RoundTrip(r); err == nil {
		t.Error("a reset gives an answer")
	}
	transport.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestFastAnswersAreValidAndStamped(t *testing.T) {
	bodies := map[string]struct{ path, body, stream string }{
		"openai":    {"/v1/chat/completions", plainBody, streamBody},
		"anthropic": {"/v1/messages", `{}`, `{"stream": true}`},
		"gemini":    {"/v1beta/models/m:generateContent", `{}`, ""},
		"bedrock":   {"/model/m/converse", `{}`, ""},
	}
	for schema, test := range bodies {
		t.Run(schema, func(t *testing.T) {
			p, url := start(t, demo.Options{Schema: schema, Fast: &demo.Fast{Chunks: 7, ChunkDelay: time.Millisecond}})
			res, err := http.Post(url+test.path, "application/json", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(b), "demo provider") || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %v", b, err)
			}
			res.Body.Close()
			path := strings.NewReplacer(":generate", ":streamGenerate", "converse", "converse-stream").Replace(test.path)
			before := time.Now().UnixNano()
			res, err = http.Post(url+path, "application/json", strings.NewReader(test.stream))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			chunks := 0
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				line := lines.Text()
				if schema == "bedrock" {
					chunks += strings.Count(line, demo.Stamp)
					continue
				}
				if at := strings.Index(line, "“"); at >= 0 {
					ns, err := strconv.ParseInt(line[at+len("“"):at+len("“")+len(demo.Stamp)], 10, 64)
					if err != nil || ns < before || ns > time.Now().UnixNano() {
						t.Errorf("stamp in %s: %v", line, err)
					}
					chunks++
				}
			}
			if chunks != 7 {
				t.Errorf("%d chunks", chunks)
			}
			if p.Served() != 2 || len(p.Requests()) != 0 {
				t.Errorf("served %d, recorded %d", p.Served(), len(p.Requests()))
			}
		})
	}
}

// discard is a client that costs nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
func (discard) FlushError() error           { return nil }

func BenchmarkFast(b *testing.B) {
	for name, body := range map[string]string{"JSON": plainBody, "stream of 50": streamBody} {
		b.Run(name, func(b *testing.B) {
			p := demo.New(demo.Options{Schema: "openai", Fast: &demo.Fast{}})
			r, _ := http.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
			b.ReportAllocs()
			for b.Loop() {
				r.Body = io.NopCloser(strings.NewReader(body))
				p.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}
