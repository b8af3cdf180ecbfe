package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/envoytest"
	"github.com/llmroute/llmroute/internal/usage"
)

// child is the built llmroute as a process of its own, behind a real Envoy. Its ledger is a SQLite file beside its configuration.
type child struct {
	*stack
	binary, ledger string
	cmd            *exec.Cmd
	exited         chan struct{} // closed when the process is gone
}

// startChild builds llmroute and runs it before the providers of the mix.
func startChild(t *testing.T, providers map[string]http.Handler) *child {
	t.Helper()
	dir := t.TempDir()
	c := &child{
		stack:  &stack{t: t, providers: map[string]*demo.Provider{}, logs: &syncBuffer{}},
		binary: filepath.Join(dir, "llmroute"), ledger: filepath.Join(dir, "usage.db"),
	}
	if out, err := exec.Command("go", "build", "-o", c.binary, "github.com/llmroute/llmroute/cmd/llmroute").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	yaml, models := "providers:\n", "models:\n"
	for _, p := range matrixProviders {
		endpoint, key := c.serveEnd(farEnd{name: p.name, schema: p.schema, handler: providers[p.name]})
		yaml += fmt.Sprintf("  %s: %s\n", p.name, strings.NewReplacer("${"+p.name+"}", endpoint, "${"+p.name+"_key}", key).Replace(p.config))
		models += fmt.Sprintf("  m-%s: {provider: %s, name: %q, capabilities: %s}\n", p.name, p.name, matrixModels[p.name], everything)
	}
	c.file = filepath.Join(dir, "llmroute.yaml")
	c.write(yaml + models + usageRoutes + fmt.Sprintf("ledger: {sqlite: usage.db}\nlisten: {grpc: %q, admin: %q, envoy: %q, envoy_admin: %q}\n",
		envoytest.FreeAddr(t), envoytest.FreeAddr(t), envoytest.FreeAddr(t), envoytest.FreeAddr(t)))
	file, faults := config.LoadFile(c.file)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c.url, c.admin = "http://"+file.Config.Listen.Envoy, "http://"+file.Config.Listen.Admin
	t.Cleanup(func() {
		c.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("llmroute's log:\n%s", c.logs)
		}
	})
	c.begin(t)
	c.runEnvoy(file.Config, filepath.Join(dir, "secrets"))
	return c
}

// begin starts the process and waits until it is ready.
func (c *child) begin(t *testing.T) {
	t.Helper()
	cmd := exec.Command(c.binary, "serve", "--config", c.file, "--grace", "200ms", "--drain", "20s")
	cmd.Stderr = c.logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is read from ProcessState
		close(exited)
	}()
	c.cmd, c.exited = cmd, exited
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(c.admin + "/readyz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatalf("llmroute is not ready:\n%s", c.logs)
}

// end sends a signal and waits until the process is gone.
func (c *child) end(signal os.Signal) {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(signal)
	<-c.exited
}

// chargedProviders are providers that remember what they charged for so many requests.
func chargedProviders(total int) (map[string]*demo.Provider, map[string]http.Handler) {
	providers, handlers := map[string]*demo.Provider{}, map[string]http.Handler{}
	for _, p := range matrixProviders { // the binary takes any server at a local address for one that follows OpenAI
		d := demo.New(demo.Options{Name: p.name, Schema: p.schema, Key: farEnd{name: p.name}.key(), Compatible: p.schema == "openai", Keep: 2 * total})
		providers[p.name], handlers[p.name] = d, d
	}
	return providers, handlers
}

var usageMetric = regexp.MustCompile(`(?m)^llmroute_usage_records_total\{([^}]*)\} (\S+)$`)

// usageMetrics are the counts of records by state, as /metrics tells them.
func (s *stack) usageMetrics(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	page := s.get(t, "/metrics")
	for _, m := range usageMetric.FindAllStringSubmatch(page, -1) {
		_, state, _ := strings.Cut(m[1], `state="`)
		state, _, _ = strings.Cut(state, `"`)
		n, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		out[state] += int(n)
	}
	if len(out) == 0 {
		t.Fatalf("/metrics has no llmroute_usage_records_total:\n%s", page)
	}
	return out
}

// settledMetrics waits until every request that was decided is recorded.
func (s *stack) settledMetrics(t *testing.T, within time.Duration) map[string]int {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		at := s.usageMetrics(t)
		if at["decided"] == at["recorded"] || time.Now().After(deadline) {
			return at
		}
	}
}

// TestTheBinarysLedgerHoldsEveryChargeOnce runs the mix against the built llmroute, ends it as SIGTERM does, and holds the rows of its
// ledger against what the providers charged. Two answers still stream when the signal comes.
func TestTheBinarysLedgerHoldsEveryChargeOnce(t *testing.T) {
	total := mixSize()
	providers, handlers := chargedProviders(total)
	c := startChild(t, handlers)
	expected := c.sendMix(t, total)
	at := c.settledMetrics(t, 20*time.Second)
	if at["decided"] != expected || at["recorded"] != expected || at["duplicate"] != 0 || at["lost"] != 0 {
		t.Errorf("%d requests, /metrics say %v", expected, at)
	}
	streams := c.slowStreams(2, 150, 10)
	<-streams.begun
	<-streams.begun
	c.end(syscall.SIGTERM)
	if streams.wait(); !c.cmd.ProcessState.Success() {
		t.Errorf("llmroute ended with %v", c.cmd.ProcessState)
	}
	rows := rowsOf(t, c.ledger)
	if len(rows) != expected+2 {
		t.Errorf("%d requests have %d rows", expected+2, len(rows))
	}
	noneLeft(t, compareCharges(t, rows, chargesOf(providers), never))
	compareCosts(t, c.ledger, rows)
}

// slow are streams that last.
type slow struct {
	begun chan struct{} // one for each stream that has begun
	wait  func()        // until all have ended
}

// slowStreams asks for streams of some tokens, so many milliseconds apart. They go through direct doors: llmroute has nothing to do with
// them once they were decided.
func (s *stack) slowStreams(n, tokens, milliseconds int) slow {
	out := slow{begun: make(chan struct{}, n)}
	ended := make(chan struct{}, n)
	for range n {
		go func() {
			defer func() { ended <- struct{}{} }()
			body := `{"model":"m-anthropic","stream":true,"max_tokens":4096,"messages":[{"role":"user","content":"Tell me a story."}]}`
			resp, err := open(s.t.Context(), "POST", s.url+"/v1/messages", body, fmt.Sprintf("*: tokens=%d; chunk-delay=%dms", tokens, milliseconds))
			if err != nil {
				s.t.Errorf("a slow stream: %v", err)
				out.begun <- struct{}{}
				return
			}
			defer resp.Body.Close()
			out.begun <- struct{}{}
			var text bytes.Buffer
			if _, err := text.ReadFrom(resp.Body); err != nil || !strings.Contains(text.String(), "message_stop") {
				s.t.Errorf("a slow stream ended early: %v %.300s", err, text.String())
			}
		}()
	}
	out.wait = func() {
		for range n {
			<-ended
		}
	}
	return out
}

func never(*usage.Record) bool { return false }
