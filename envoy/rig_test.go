package envoy_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	datav3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	"google.golang.org/grpc"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/envoytest"
	"github.com/llmroute/llmroute/internal/floor"
)

// rig is a real Envoy with the generated configuration between a client, the floor and local providers.
type rig struct {
	t         *testing.T
	url       string
	envoy     *envoytest.Envoy
	grpc      *grpc.Server
	providers map[string]*farEnd
	secrets   string

	mu      sync.Mutex
	streams []floor.Stream
	entries map[string][]*datav3.HTTPAccessLogEntry // by the log's name
	logged  chan struct{}                           // gets a value after each batch
}

// rigging says what a test needs.
type rigging struct {
	providers []*farEnd
	plan      floor.Plan
	timeouts  config.Timeouts
	bodyBytes config.ByteSize
	edit      func(*config.Config)
	envoy     []envoytest.Option
}

// farEnd is a provider: it keeps what it received and answers as told.
type farEnd struct {
	name    string
	auth    *config.Auth
	headers config.Map[string]
	http2   bool
	answer  http.HandlerFunc // nil: a small JSON
	refuse  bool             // nothing listens
	addr    string           // set: an endpoint elsewhere

	mu   sync.Mutex
	got  []received
	from *httptest.Server
}

type received struct {
	host, path, query string
	header            http.Header
	body              []byte
}

func (f *farEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f.mu.Lock()
	f.got = append(f.got, received{host: r.Host, path: r.URL.Path, query: r.URL.RawQuery, header: r.Header.Clone(), body: body})
	f.mu.Unlock()
	if f.answer != nil {
		f.answer(w, r)
		return
	}
	w.Header().Set("content-type", "application/json")
	_, _ = fmt.Fprintf(w, `{"from":%q}`, f.name)
}

func (f *farEnd) requests() []received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]received(nil), f.got...)
}

func newRig(t *testing.T, s rigging) *rig {
	t.Helper()
	r := &rig{t: t, providers: map[string]*farEnd{}, secrets: t.TempDir(), entries: map[string][]*datav3.HTTPAccessLogEntry{}, logged: make(chan struct{}, 1)}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{
		Listen: config.Listen{
			GRPC:       lis.Addr().String(),
			Envoy:      envoytest.FreeAddr(t),
			EnvoyAdmin: envoytest.FreeAddr(t),
		},
		Limits:   config.Limits{BodyBytes: 32 << 20},
		Timeouts: s.timeouts,
	}
	if s.bodyBytes != 0 {
		c.Limits.BodyBytes = s.bodyBytes
	}
	if c.Timeouts == (config.Timeouts{}) {
		c.Timeouts = config.Timeouts{
			Connect: 2 * time.Second, FirstByteStream: 10 * time.Second, FirstByteJSON: 10 * time.Second, Idle: 30 * time.Second,
		}
	}
	for _, f := range s.providers {
		f.listen(t)
		r.providers[f.name] = f
		p := config.Provider{Schema: "openai", Endpoint: "http://" + f.addr + "/v1", Auth: f.auth, Headers: f.headers, HTTP: "auto"}
		if f.http2 {
			p.HTTP = "2"
		}
		c.Providers = append(c.Providers, config.Entry[config.Provider]{Name: f.name, Value: p})
	}
	if s.edit != nil {
		s.edit(c)
	}
	creds, err := envoy.Credentials(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := envoy.WriteSecrets(r.secrets, creds); err != nil {
		t.Fatal(err)
	}
	bootstrap, err := envoy.Generate(c, envoy.Options{SecretsDir: r.secrets})
	if err != nil {
		t.Fatal(err)
	}
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	server := floor.Server{Plan: s.plan, Seen: r.saw, Log: r.log, MaxBodyBytes: int(c.Limits.BodyBytes)}
	r.grpc = server.GRPC()
	go func() { _ = r.grpc.Serve(lis) }()
	t.Cleanup(r.grpc.Stop)
	r.envoy = envoytest.Start(t, text, s.envoy...)
	r.url = "http://" + c.Listen.Envoy
	return r
}

func (f *farEnd) listen(t *testing.T) {
	if f.addr != "" {
		return
	}
	if f.refuse {
		f.addr = envoytest.FreeAddr(t)
		return
	}
	f.from = httptest.NewUnstartedServer(f)
	if f.http2 {
		f.from.Config.Protocols = new(http.Protocols)
		f.from.Config.Protocols.SetUnencryptedHTTP2(true)
	}
	f.from.Start()
	t.Cleanup(func() { f.from.CloseClientConnections(); f.from.Close() })
	f.addr = f.from.Listener.Addr().String()
}

func (r *rig) saw(s floor.Stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams = append(r.streams, s)
}

func (r *rig) log(name string, m *accesslogv3.StreamAccessLogsMessage) {
	r.mu.Lock()
	r.entries[name] = append(r.entries[name], m.GetHttpLogs().GetLogEntry()...)
	r.mu.Unlock()
	select {
	case r.logged <- struct{}{}:
	default:
	}
}

// stage returns the ext_proc streams of a stage.
func (r *rig) stage(name string) []floor.Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []floor.Stream
	for _, s := range r.streams {
		if s.Stage == name {
			out = append(out, s)
		}
	}
	return out
}

type answer struct {
	status int
	header http.Header
	body   string
}

// post sends a body and reads the whole answer. It may be called from several goroutines.
func (r *rig) post(body []byte, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return answer{}
	}
	req.Close = true
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Error(err)
		return answer{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Errorf("reading the answer: %v", err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

// bearer is a provider's key in the usual header.
func bearer(key string) *config.Auth { return &config.Auth{Bearer: config.NewSecret(key)} }

// header is a provider's key in a header of its own.
func header(name, key string) *config.Auth {
	return &config.Auth{Header: name, Value: config.NewSecret(key)}
}

// fails answers with a status.
func fails(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "failed", status) }
}
