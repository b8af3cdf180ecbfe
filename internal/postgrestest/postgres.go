package postgrestest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/llmroute/llmroute/internal/envoytest"
)

// Server is one PostgreSQL server, which a test may stop and start again. Only Database is safe for concurrent use.
type Server struct {
	t         testing.TB
	bin, data string
	addr      string
	cmd       *exec.Cmd     // nil: stopped
	exited    chan struct{} // closed when the process is gone
	log       bytes.Buffer
	databases atomic.Int64
}

// startTimeout bounds the start on a busy machine.
const startTimeout = 60 * time.Second

// Start makes a server, empty, and returns when it answers. The test's end stops it and removes its data.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, bin: binaries(t), addr: envoytest.FreeAddr(t)}
	dir, err := os.MkdirTemp("", "llmroute-postgres-")
	if err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	t.Cleanup(func() {
		s.Stop()
		_ = os.RemoveAll(dir)
		if t.Failed() {
			t.Logf("PostgreSQL's log:\n%s", s.log.String())
		}
	})
	uid, gid := nobody()
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	s.data = filepath.Join(dir, "data")
	initdb := s.command("initdb", "--pgdata", s.data, "--username", "llmroute", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("postgrestest: initdb: %v\n%s", err, out)
	}
	s.Restart()
	return s
}

// command runs a program of PostgreSQL's, with the libraries that were unpacked beside it.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = "/"
	usr := filepath.Join(s.bin, "..", "..", "..", "..") // …/usr/lib/postgresql/15/bin
	if libraries, err := filepath.Glob(filepath.Join(usr, "lib", "*-linux-gnu*")); err == nil && strings.Contains(s.bin, "/.cache/") {
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	}
	cmd.SysProcAttr = sysProcAttr()
	return cmd
}

// Database makes a new, empty database and returns its connection string.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("postgrestest: %v", err)
	}
	return s.dsn(name)
}

func (s *Server) dsn(database string) string {
	return "postgres://llmroute@" + s.addr + "/" + database + "?sslmode=disable"
}

// Stop ends the server at once, as a crash does, and waits until it is gone. Of a stopped one it does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
}

// Restart starts a stopped server at the same address, with what was committed. One that runs is stopped first.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		s.t.Fatalf("postgrestest: %v", err)
	}
	s.cmd = s.command("postgres", "-D", s.data, "-c", "listen_addresses="+host, "-p", port, "-c", "unix_socket_directories=",
		"-c", "logging_collector=off", "-c", "jit=off")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	// The kernel takes the thread that started it for its parent, so that one must stay.
	started := make(chan error)
	exited := make(chan struct{})
	cmd := s.cmd
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(exited)
	}()
	if err := <-started; err != nil {
		s.cmd = nil
		s.t.Fatalf("postgrestest: %v", err)
	}
	s.exited = exited
	s.awaitAnswer()
}

func (s *Server) awaitAnswer() {
	s.t.Helper()
	deadline := time.Now().Add(startTimeout)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		conn, err := pgx.Connect(ctx, s.dsn("postgres"))
		if err == nil {
			_ = conn.Close(ctx)
		}
		cancel()
		if err == nil {
			return
		}
		select {
		case <-s.exited:
			s.t.Fatalf("postgrestest: PostgreSQL ended by itself: %v", s.cmd.ProcessState)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("postgrestest: PostgreSQL does not answer: %v", err)
		}
	}
}

// binaries returns the folder of PostgreSQL's programs: $POSTGRES_BIN, or what scripts/postgres finds or unpacks. Without either the
// test fails.
func binaries(t testing.TB) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("postgrestest: cannot find the repository")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(filepath.Dir(self), "..", "..", "scripts", "postgres"))
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("postgrestest: %v: %s", err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
