package examples_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/envoytest"
)

// scenario is an example at work: its configuration on free ports, a real Envoy, and demo providers in this process.
type scenario struct {
	t         *testing.T
	url       string // of Envoy
	file      string // of the configuration
	llmroute  *process
	providers map[string]*demo.Provider
}

// startScenario runs the example in a folder; more is added to its configuration.
func startScenario(t *testing.T, name, more string) *scenario {
	t.Helper()
	source, faults := config.LoadFile(filepath.Join(name, "llmroute.yaml"))
	if len(faults) > 0 {
		t.Fatalf("the example's configuration: %v", faults)
	}
	s := &scenario{t: t, providers: map[string]*demo.Provider{}}
	dir := t.TempDir()
	text := read(t, filepath.Join(name, "llmroute.yaml"))
	for _, p := range source.Config.Providers {
		s.providers[p.Name] = demo.New(demoOptions(source.Config, p.Name, &p.Value))
		endpoint, err := url.Parse(p.Value.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, endpoint.Host, serveHandler(t, s.providers[p.Name]))
	}
	grpc, admin, listen := envoytest.FreeAddr(t), envoytest.FreeAddr(t), envoytest.FreeAddr(t)
	text += fmt.Sprintf("\nlisten: {grpc: %q, admin: %q, envoy: %q, envoy_admin: %q}\n%s\n", grpc, admin, listen, envoytest.FreeAddr(t), more)
	s.url, s.file = "http://"+listen, filepath.Join(dir, "llmroute.yaml")
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	var stderr bytes.Buffer
	cmd := exec.Command(binary, "-c", s.file, "envoy", "--secrets", filepath.Join(dir, "secrets"))
	cmd.Env, cmd.Stderr = environment(), &stderr
	bootstrap, err := cmd.Output()
	if err != nil {
		t.Fatalf("the configuration for Envoy: %v: %s", err, &stderr)
	}
	cmd = exec.Command(binary, "-c", s.file, "serve", "--grace", "0s", "--drain", "5s")
	cmd.Env = environment()
	s.llmroute = launch(t, cmd)
	s.llmroute.await("ready", func() bool { return answers("http://" + admin + "/readyz") })
	envoytest.Start(t, bootstrap, envoytest.Concurrency(1))
	return s
}

// demoOptions make a demo provider that takes only what the configuration has for it.
func demoOptions(c *config.Config, name string, p *config.Provider) demo.Options {
	o := demo.Options{Name: name, Schema: p.Schema}
	if p.Auth != nil {
		o.Key = p.Auth.Bearer.Reveal() + p.Auth.Value.Reveal()
	}
	for _, m := range c.Models {
		if m.Value.Provider != name {
			continue
		}
		if o.Models = append(o.Models, m.Value.Name); m.Value.Name == "" {
			o.Models[len(o.Models)-1] = m.Name
		}
	}
	return o
}

// ask sends a chat request; headers are "name: value".
func (s *scenario) ask(body string, headers ...string) answer {
	s.t.Helper()
	return ask(s.t, "POST", s.url, "", "/v1/chat/completions", body, headers...)
}

// served is how many requests each provider got.
func (s *scenario) served() map[string]uint64 {
	out := map[string]uint64{}
	for name, p := range s.providers {
		out[name] = p.Served()
	}
	return out
}

// curls runs the curl lines of the example's README; each must get the route, model and status that stand behind it.
func (s *scenario) curls(name string, want ...[3]string) {
	s.t.Helper()
	needCurl(s.t)
	lines := commands(read(s.t, filepath.Join(name, "README.md")), "curl -i ")
	if len(lines) != len(want) {
		s.t.Fatalf("the README has %d curl lines, not %d", len(lines), len(want))
	}
	for i, line := range lines {
		got := curl(s.t, strings.ReplaceAll(line, "http://127.0.0.1:10000", s.url))
		if have := [3]string{got.header.Get("x-llmroute-route"), got.header.Get("x-llmroute-model"), fmt.Sprint(got.status)}; have != want[i] {
			s.t.Errorf("%s\ngot %q %s\nwant %q", line, have, got.body, want[i])
		}
	}
}

// requestsIn are the lines of an example's file.
func requestsIn(t *testing.T, name, file string) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(read(t, filepath.Join(name, file))), "\n")
}

// stop ends llmroute in order, so that everything is written.
func (s *scenario) stop() { s.llmroute.end(syscall.SIGTERM) }

// run runs llmroute once.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stderr = environment(), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("llmroute %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

func TestMakeRunTakesAnExampleByName(t *testing.T) {
	for _, name := range []string{"support-desk", "creative-analytic", "multilingual", "budgets"} {
		cmd := exec.Command("../scripts/run", "check")
		cmd.Env = environment("EXAMPLE="+name, "RUN_DIR="+t.TempDir(), "LLMROUTE_BIN="+binary)
		out, err := cmd.CombinedOutput()
		if want := "examples/" + name + "/llmroute.yaml: ok"; err != nil || !strings.Contains(string(out), want) {
			t.Errorf("got %v %s, want %s", err, out, want)
		}
	}
}
