package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a child. Its output goes to a file.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it is gone
}

func startProcess(dir, name, binary string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.Command(binary, args...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = childAttr()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended does not matter: it is told to, or await and alive notice
		close(p.done)
	}()
	return p, nil
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop ends the process and waits until it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// await waits until url answers 200.
func (p *process) await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if _, err := fetch(ctx, url); err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.failed("has ended")
		case <-ctx.Done():
			return errors.Join(p.failed("is not ready"), ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// failed is an error with the end of the process's output.
func (p *process) failed(what string) error {
	text, _ := os.ReadFile(p.log) //nolint:gosec // a file of ours
	if len(text) > 2000 {
		text = text[len(text)-2000:]
	}
	return fmt.Errorf("%s %s: %s", p.name, what, bytes.TrimSpace(text))
}

// ticksPerSecond of the times in /proc is 100 on every Linux (proc(5), USER_HZ).
const ticksPerSecond = 100

// cpu is the time that a process has had on a processor, of all its threads, in user and kernel mode. Its grain is
// 10 ms. Zero where there is no /proc.
func cpu(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") //nolint:gosec // a number
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold anything
	fields := strings.Fields(rest)
	const user, kernel = 14 - 3, 15 - 3 // proc(5) counts from 1, and two are cut off
	if len(fields) <= kernel {
		return 0
	}
	u, _ := strconv.ParseInt(fields[user], 10, 64)
	k, _ := strconv.ParseInt(fields[kernel], 10, 64)
	return time.Duration(u+k) * time.Second / ticksPerSecond
}

// peakMemory is the most MiB that a process has had in memory; 0 where there is no /proc.
func peakMemory(pid int) float64 { return memoryOf(pid, "VmHWM:") }

// memoryOf reads a line of /proc/PID/status, in MiB.
func memoryOf(pid int, line string) float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status") //nolint:gosec // a number
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), line) // "VmHWM:	   81234 kB"
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseFloat(fields[0], 64)
	return kib / 1024
}

// fetch returns the body of a 200 answer.
func fetch(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) //nolint:gosec // of a process that this one has started
	if err != nil {
		return "", err
	}
	transport := &http.Transport{DisableKeepAlives: true} // no proxy
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: status %d", url, resp.StatusCode)
	}
	return b.String(), nil
}

// series is the value of an unlabelled series on a metrics page, 0 if it is not there.
func series(page, name string) float64 {
	for line := range strings.Lines(page) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			f, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return f
		}
	}
	return 0
}

// freeAddrs are addresses of this machine that were free a moment ago, all different.
func freeAddrs(n int) ([]string, error) {
	var out []string
	for range n {
		lis, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer lis.Close()
		out = append(out, lis.Addr().String())
	}
	return out, nil
}
