// Package examples_test runs the examples as their READMEs tell, through the real Envoy.
package examples_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the generated files")

// binary is llmroute, built as the image's is.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "llmroute-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary, err = buildImage(dir); err != nil {
		fmt.Fprintln(os.Stderr, "building llmroute as the Dockerfile does:", err)
		return 1
	}
	return m.Run()
}

// process is a command that runs until the test ends.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
	stop   sync.Once
}

// launch starts a command. What it writes is shown if the test fails.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, output: &output{}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = 5 * time.Second // a child of the command may hold its output open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is read from ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s wrote:\n%s", strings.Join(cmd.Args, " "), p.output)
		}
	})
	return p
}

// end sends a signal, and waits until the process is gone.
func (p *process) end(signal syscall.Signal) {
	p.stop.Do(func() {
		_ = p.cmd.Process.Signal(signal) // gone already is as good
		select {
		case <-p.exited:
		case <-time.After(15 * time.Second):
			p.t.Errorf("%s has not ended 15 s after %v", p.cmd.Args[0], signal)
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
	})
}

// await polls until ok, and fails the test if the process ends before, or after half a minute.
func (p *process) await(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-p.exited:
			if !ok() {
				p.t.Fatalf("%s ended (%v) before: %s\n%s", p.cmd.Args[0], p.cmd.ProcessState, what, p.output)
			}
			return
		case <-deadline:
			p.t.Fatalf("%s: waited in vain for: %s", p.cmd.Args[0], what)
		case <-tick.C:
		}
	}
}

// answers reports whether an HTTP server at url says 200.
func answers(url string) bool {
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// client keeps no connection.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request. host is the virtual host; headers are "name: value".
func ask(t *testing.T, method, base, host, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	if body != "" {
		req.Header.Set("content-type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s%s: %v", method, host, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s %s%s: reading the answer: %v", method, host, path, err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

// output collects what a process writes while others read it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// port is what stands after the colon.
func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
