package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/envoytest"
)

// Redis is one Redis server, which a test may stop and start again. Not safe for concurrent use.
type Redis struct {
	t      testing.TB
	binary string
	addr   string
	cmd    *exec.Cmd     // nil: stopped
	exited chan struct{} // closed when the process is gone
	log    bytes.Buffer
}

// startTimeout bounds the start on a busy machine.
const startTimeout = 20 * time.Second

// Start runs Redis, empty, and returns when it answers. The test's end stops it.
func Start(t testing.TB) *Redis {
	t.Helper()
	r := &Redis{t: t, binary: binary(t), addr: envoytest.FreeAddr(t)}
	t.Cleanup(func() {
		r.Stop()
		if t.Failed() {
			t.Logf("Redis's log:\n%s", r.log.String())
		}
	})
	r.Restart()
	return r
}

// Addr is where it listens: host:port.
func (r *Redis) Addr() string { return r.addr }

// URL is Addr as redis://host:port.
func (r *Redis) URL() string { return "redis://" + r.addr }

// Stop ends Redis and waits until it is gone; what it held is lost. Of a stopped one it does nothing.
func (r *Redis) Stop() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	<-r.exited
	r.cmd = nil
}

// Pause freezes Redis: it holds its connections and answers nothing, as behind a broken network. Resume ends that.
func (r *Redis) Pause() { _ = r.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume ends Pause.
func (r *Redis) Resume() { _ = r.cmd.Process.Signal(syscall.SIGCONT) }

// Restart starts a stopped Redis at the same address, empty. One that runs is stopped first.
func (r *Redis) Restart() {
	r.t.Helper()
	r.Stop()
	host, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		r.t.Fatalf("redistest: %v", err)
	}
	r.cmd = exec.Command(r.binary, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", r.t.TempDir(), "--daemonize", "no")
	r.cmd.Stdout, r.cmd.Stderr = &r.log, &r.log
	r.cmd.SysProcAttr = sysProcAttr()
	if err := r.cmd.Start(); err != nil {
		r.cmd = nil
		r.t.Fatalf("redistest: %v", err)
	}
	cmd, exited := r.cmd, make(chan struct{})
	r.exited = exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	r.awaitAnswer()
}

func (r *Redis) awaitAnswer() {
	r.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		err := ping(r.addr)
		if err == nil {
			return
		}
		select {
		case <-r.exited:
			r.t.Fatalf("redistest: Redis ended by itself: %v", r.cmd.ProcessState)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("redistest: Redis does not answer: %v", err)
		}
	}
}

// ping speaks the protocol's inline form, so that no client library is needed here.
func ping(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "+PONG\r\n" {
		err = fmt.Errorf("answered %q", line)
	}
	return err
}

// binary returns the path of a redis-server: $REDIS_BIN, or the pinned one that scripts/redis installs into the
// repository's .cache. Without either the test fails.
func binary(t testing.TB) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("redistest: cannot find the repository")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(filepath.Dir(self), "..", "..", "scripts", "redis"))
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("redistest: %v: %s", err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
