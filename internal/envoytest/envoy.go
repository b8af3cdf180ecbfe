package envoytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// Envoy is one running Envoy.
type Envoy struct {
	t      testing.TB
	config []byte
	admin  string // host:port
	log    *logBuffer
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	stop   sync.Once
}

// Option changes how Envoy is started.
type Option func(*options)

type options struct {
	level       string
	concurrency int
	env         []string
}

// LogLevel sets what Envoy logs: "warning" (default), "info", "debug", or components: "info,http:debug".
func LogLevel(level string) Option { return func(o *options) { o.level = level } }

// Concurrency sets the number of worker threads. Default: 1.
func Concurrency(n int) Option { return func(o *options) { o.concurrency = n } }

// Env adds variables, "NAME=value", to Envoy's environment.
func Env(vars ...string) Option { return func(o *options) { o.env = append(o.env, vars...) } }

// readyTimeout bounds the start on a busy machine.
const readyTimeout = 20 * time.Second

// Start runs Envoy with a bootstrap whose admin address is TCP, and returns when it is ready. The test's end
// stops it.
func Start(t testing.TB, bootstrapYAML []byte, opts ...Option) *Envoy {
	t.Helper()
	o := options{level: "warning", concurrency: 1}
	for _, opt := range opts {
		opt(&o)
	}
	admin, err := adminAddr(bootstrapYAML)
	if err != nil {
		t.Fatalf("envoytest: %v", err)
	}
	args := []string{
		"-c", writeConfig(t, bootstrapYAML),
		"--disable-hot-restart", // no shared memory: any number may run side by side
		"--concurrency", strconv.Itoa(o.concurrency),
	}
	level, components, _ := strings.Cut(o.level, ",")
	if components == "" {
		components = "misc:error" // it warns of each API that is work in progress
	}
	args = append(args, "-l", level, "--component-log-level", components)
	e := &Envoy{t: t, config: bootstrapYAML, admin: admin, log: &logBuffer{}, exited: make(chan struct{})}
	e.cmd = exec.Command(Binary(t), args...)
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	e.cmd.Env = append(os.Environ(), o.env...)
	e.cmd.SysProcAttr = sysProcAttr()
	if err := e.cmd.Start(); err != nil {
		t.Fatalf("envoytest: %v", err)
	}
	go func() {
		_ = e.cmd.Wait() // how it ended is read from ProcessState
		close(e.exited)
	}()
	t.Cleanup(func() {
		e.Stop()
		if t.Failed() {
			t.Logf("Envoy's log:\n%s\nEnvoy's configuration:\n%s", e.Log(), numbered(e.config))
		}
	})
	if err := e.awaitReady(); err != nil {
		t.Fatalf("envoytest: %v", err)
	}
	return e
}

// Stop ends Envoy and waits until it is gone. It fails the test if Envoy had crashed before. Calling it again
// does nothing.
func (e *Envoy) Stop() {
	e.stop.Do(func() {
		select {
		case <-e.exited:
			e.t.Errorf("envoytest: Envoy had ended by itself: %v", e.cmd.ProcessState)
			return
		default:
		}
		_ = e.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-e.exited:
		case <-time.After(5 * time.Second):
			_ = e.cmd.Process.Kill()
			<-e.exited
		}
	})
}

// Pid is Envoy's process id.
func (e *Envoy) Pid() int { return e.cmd.Process.Pid }

// Log is what Envoy has logged so far.
func (e *Envoy) Log() string { return e.log.String() }

func (e *Envoy) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _, err := e.get(ctx, "/ready")
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-e.exited:
			return fmt.Errorf("envoy ended at its start: %v", e.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("envoy is not ready after %v: status %d, %w", readyTimeout, status, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// adminAddr reads where the bootstrap's admin server listens.
func adminAddr(bootstrapYAML []byte) (string, error) {
	var b struct {
		Admin struct {
			Address struct {
				SocketAddress struct {
					Address   string `yaml:"address"`
					PortValue int    `yaml:"port_value"`
				} `yaml:"socket_address"`
			} `yaml:"address"`
		} `yaml:"admin"`
	}
	if err := yaml.Unmarshal(bootstrapYAML, &b); err != nil {
		return "", err
	}
	sa := b.Admin.Address.SocketAddress
	if sa.PortValue == 0 {
		return "", errors.New("the bootstrap has no admin.address.socket_address")
	}
	return fmt.Sprintf("%s:%d", sa.Address, sa.PortValue), nil
}

func writeConfig(t testing.TB, bootstrapYAML []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "envoy.yaml")
	if err := os.WriteFile(path, bootstrapYAML, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// numbered is text with line numbers, which Envoy's complaints refer to.
func numbered(text []byte) string {
	var b strings.Builder
	n := 0
	for line := range bytes.Lines(text) {
		n++
		fmt.Fprintf(&b, "%4d  %s", n, line)
	}
	return b.String()
}

// logBuffer collects output of a process while others read it.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
