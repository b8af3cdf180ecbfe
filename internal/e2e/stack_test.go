package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/internal/admin"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/envoytest"
	"github.com/llmroute/llmroute/internal/serve"
	budgetstore "github.com/llmroute/llmroute/internal/store/budget"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/learn"
)

// stack is llmroute behind a real Envoy, in front of demo providers.
type stack struct {
	t         *testing.T
	url       string // of Envoy
	admin     string // of llmroute
	file      string // llmroute.yaml
	envoy     *envoytest.Envoy
	providers map[string]*demo.Provider
	faces     map[string]schema.Provider // of providers, instead of what their endpoints call for
	changed   chan struct{}
	seen      *learn.State // that decisions follow; nil: none
	records   *recorded
	meter     *usage.Meter // records gets its records
	prices    *usage.Prices
	budgets   *budgetstore.Keeper
	stop      func() // ends llmroute as SIGTERM does, and waits
	logs      *syncBuffer
}

// farEnd is a provider of a stack. Its endpoint stands in the configuration as ${NAME}, its key as ${NAME_KEY}.
type farEnd struct {
	name, schema string
	handler      http.Handler                    // nil: a demo provider
	face         schema.Provider                 // nil: what the endpoint calls for
	wrap         func(http.Handler) http.Handler // around the handler
	compatible   bool                            // a demo provider that follows OpenAI
	refused      bool                            // nothing listens
	h2           bool
}

func (f farEnd) key() string { return "key-of-" + f.name }

// start runs a stack. yaml is a whole configuration but for `listen`. Its decisions do not follow what failed before, so that
// one test of a stack does not decide for the next.
func start(t *testing.T, yaml string, ends ...farEnd) *stack {
	t.Helper()
	return run(t, nil, yaml, ends)
}

// startLearning runs a stack that learns of its providers, as llmroute does when it serves.
func startLearning(t *testing.T, yaml string, ends ...farEnd) *stack {
	t.Helper()
	return run(t, learn.New(time.Now), yaml, ends)
}

func run(t *testing.T, seen *learn.State, yaml string, ends []farEnd) *stack {
	t.Helper()
	s := &stack{t: t, providers: map[string]*demo.Provider{}, faces: map[string]schema.Provider{}, changed: make(chan struct{}), seen: seen, logs: &syncBuffer{}, records: &recorded{}}
	s.prices = usage.NewPrices()
	s.meter = usage.NewMeter(usage.Options{Prices: s.prices, Sinks: []func(*usage.Record){s.records.add}})
	dir := t.TempDir()
	for _, end := range ends {
		endpoint, key := s.serveEnd(end)
		yaml = strings.NewReplacer("${"+end.name+"}", endpoint, "${"+end.name+"_key}", key).Replace(yaml)
	}
	grpcAddr, adminAddr := envoytest.FreeAddr(t), envoytest.FreeAddr(t)
	yaml += fmt.Sprintf("\nlisten: {grpc: %q, admin: %q, envoy: %q, envoy_admin: %q}\n",
		grpcAddr, adminAddr, envoytest.FreeAddr(t), envoytest.FreeAddr(t))
	s.file = filepath.Join(dir, "llmroute.yaml")
	s.write(yaml)

	file, faults := config.LoadFile(s.file)
	if len(faults) > 0 {
		t.Fatalf("the test's configuration: %v\n%s", faults, yaml)
	}
	s.url, s.admin = "http://"+file.Config.Listen.Envoy, "http://"+adminAddr
	if err := s.keepBudgets(file.Config); err != nil {
		t.Fatal(err)
	}
	s.runServer(grpcAddr, adminAddr)
	s.runEnvoy(file.Config, filepath.Join(dir, "secrets"))
	return s
}

func (s *stack) serveEnd(end farEnd) (endpoint, key string) {
	if end.face != nil {
		s.faces[end.name] = end.face
	}
	suffix := ""
	if end.schema == "" || end.schema == "openai" {
		suffix = "/v1"
	}
	if end.refused {
		return "http://" + envoytest.FreeAddr(s.t) + suffix, end.key()
	}
	handler := end.handler
	if handler == nil {
		p := demo.New(demo.Options{Name: end.name, Schema: end.schema, Key: end.key(), Compatible: end.compatible})
		s.providers[end.name] = p
		handler = p
	}
	if end.wrap != nil {
		handler = end.wrap(handler)
	}
	server := httptest.NewUnstartedServer(handler)
	if end.h2 {
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Config.Protocols.SetHTTP1(true)
	}
	server.Start()
	s.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	endpoint = server.URL
	if end.schema == "openai" {
		endpoint += "/v1"
	}
	return endpoint, end.key()
}

func (s *stack) runServer(grpcAddr, adminAddr string) {
	log := slog.New(slog.NewTextHandler(s.logs, nil))
	ports, err := serve.Bind(grpcAddr, adminAddr)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- serve.Run(ctx, serve.Options{
			Ports: ports, Access: admin.Access{Local: true}, Budgets: s.budgets, Load: s.load, Changed: s.changed, Seen: cmp.Or(s.seen, learn.New(time.Now)), Usage: s.meter, Log: log,
			Grace: 200 * time.Millisecond, Drain: 20 * time.Second, Ready: func(net.Addr, net.Addr) { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		s.t.Fatalf("llmroute did not start: %v", err)
	}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("llmroute ended with %v", err)
		}
	})
	s.t.Cleanup(func() {
		s.stop()
		if s.t.Failed() {
			s.t.Logf("llmroute's log:\n%s", s.logs)
		}
	})
}

func (s *stack) load() (*extproc.Snapshot, error) {
	file, faults := config.LoadFile(s.file)
	if len(faults) > 0 {
		return nil, faults
	}
	snapshot, faults := compile.Compile(file, s.seen)
	if len(faults) > 0 {
		return nil, faults
	}
	s.prices.Use(time.Now(), snapshot.Models)
	stages := snapshot.Stages(time.Now())
	stages.Budgets = s.budgets.Serve(stages.Budgets)
	for name, face := range s.faces {
		stages.Providers[name].Face = face
	}
	return extproc.NewSnapshot(*stages), nil
}

func (s *stack) runEnvoy(c *config.Config, secrets string) {
	s.t.Helper()
	credentials, err := envoy.Credentials(c)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := envoy.WriteSecrets(secrets, credentials); err != nil {
		s.t.Fatal(err)
	}
	bootstrap, err := envoy.Generate(c, envoy.Options{SecretsDir: secrets})
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		s.t.Fatal(err)
	}
	s.envoy = envoytest.Start(s.t, text, envoytest.Concurrency(2))
}

// write replaces the configuration file in one step.
func (s *stack) write(yaml string) {
	s.t.Helper()
	next := s.file + ".next"
	if err := os.WriteFile(next, []byte(yaml), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(next, s.file); err != nil {
		s.t.Fatal(err)
	}
}

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request. headers are "name: value".
func (s *stack) do(method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if len(body) > 0 {
		req.Header.Set("content-type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
		return answer{}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Errorf("%s %s: reading the answer: %v", method, path, err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

func (s *stack) chat(body string, headers ...string) answer {
	s.t.Helper()
	return s.do("POST", "/v1/chat/completions", []byte(body), headers...)
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// get reads a page of llmroute's admin server.
func (s *stack) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(s.admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return string(text)
}

// explained is what the tests read of a record.
type explained struct {
	Route, Reason string
	Plan          []struct{ Model, Provider string }
	Error         *struct{ Code string }
}

func (s *stack) explain(t *testing.T, body string, headers []string) *explained {
	t.Helper()
	req, err := http.NewRequest("POST", s.admin+"/v1/explain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var e explained
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Fatal(err)
	}
	return &e
}
