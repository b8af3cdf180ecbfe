package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
)

// Names of what is measured.
const (
	targetAlone    = "Envoy alone"
	targetScale    = "Envoy alone, not translated" // what the floor is compared with beside translated rows
	targetFloor    = "floor"
	targetLLMRoute = "llmroute"
	targetOther    = "other"
)

// target is an Envoy and what stands behind its ext_proc.
type target struct {
	name    string
	addr    string // of Envoy
	admin   string // of Envoy
	envoy   *process
	server  *process // nil for Envoy alone
	metrics string   // URL of the server's page
}

// stack is everything that runs.
type stack struct {
	targets   []*target
	providers *process
	processes []*process // all, in the order of their start
	envoy     string     // Envoy's own words about its version
}

func (s *stack) stop() {
	for i := len(s.processes) - 1; i >= 0; i-- {
		s.processes[i].stop()
	}
}

// startStack starts all. The stack is to be stopped also on error.
func startStack(ctx context.Context, o options, dir string) (*stack, error) {
	s := &stack{}
	envoy, err := envoyBinary(ctx, o.envoy)
	if err != nil {
		return s, err
	}
	if version, err := exec.CommandContext(ctx, envoy, "--version").Output(); err == nil {
		s.envoy = strings.TrimSpace(string(version))
	}
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	providers, err := s.startProviders(dir, self)
	if err != nil {
		return s, err
	}
	starts := []struct {
		name  string
		serve func(config string, a addresses) (binary string, args []string)
	}{
		{targetAlone, nil},
		{targetFloor, func(_ string, a addresses) (string, []string) {
			return self, []string{roleArg, roleFloor, o.profile, a.grpc, a.admin}
		}},
		{targetLLMRoute, func(config string, _ addresses) (string, []string) {
			if o.profile != "" {
				return self, []string{roleArg, roleServe, o.profile, config}
			}
			return serveCommand(o.llmroute, config)
		}},
		{targetOther, func(config string, _ addresses) (string, []string) { return serveCommand(o.against, config) }},
	}
	if o.against == "" {
		starts = starts[:3]
	}
	for _, start := range starts {
		t := &target{name: start.name}
		s.targets = append(s.targets, t)
		if err := s.startTarget(ctx, t, filepath.Join(dir, start.name), envoy, o.workers, providers, start.serve); err != nil {
			return s, err
		}
	}
	return s, nil
}

func serveCommand(binary, config string) (string, []string) {
	return binary, []string{"--config", config, "serve", "--grace", "0s", "--drain", "1s", "--log-level", "warn"}
}

func (s *stack) start(dir, name, binary string, args ...string) (*process, error) {
	p, err := startProcess(dir, name, binary, args...)
	if err == nil {
		s.processes = append(s.processes, p)
	}
	return p, err
}

func (s *stack) startProviders(dir, self string) (map[string]string, error) {
	addrs, err := freeAddrs(len(farEnds))
	if err != nil {
		return nil, err
	}
	byName := map[string]string{}
	args := []string{roleArg, roleProvider}
	for i, p := range farEnds {
		byName[p.name] = addrs[i]
		args = append(args, fmt.Sprintf("%s=%s=%s@%s", p.name, p.schema, p.key, addrs[i]))
	}
	s.providers, err = s.start(dir, "provider", self, args...)
	return byName, err
}

func (s *stack) startTarget(ctx context.Context, t *target, dir, envoy string, workers int, providers map[string]string,
	serve func(string, addresses) (string, []string)) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	addrs, err := freeAddrs(4)
	if err != nil {
		return err
	}
	a := addresses{grpc: addrs[0], admin: addrs[1], envoy: addrs[2], envoyAdmin: addrs[3], providers: providers}
	t.addr, t.admin = a.envoy, "http://"+a.envoyAdmin
	file, config, err := writeConfig(dir, a)
	if err != nil {
		return err
	}
	change := leaveAlone
	if serve != nil {
		change = func(*bootstrapv3.Bootstrap) error { return nil }
		binary, args := serve(file, a)
		if t.server, err = s.start(dir, t.name, binary, args...); err != nil {
			return err
		}
		t.metrics = "http://" + a.admin + "/metrics"
		if err := t.server.await(ctx, t.metrics); err != nil {
			return err
		}
	}
	bootstrap, err := writeEnvoy(dir, config, change)
	if err != nil {
		return err
	}
	t.envoy, err = s.start(dir, "envoy", envoy, "-c", bootstrap, "--disable-hot-restart",
		"--concurrency", strconv.Itoa(workers), "-l", "error", "--component-log-level", "misc:error")
	if err != nil {
		return err
	}
	return t.envoy.await(ctx, t.admin+"/ready")
}

// envoyBinary is the path of Envoy, which scripts/envoy installs if need be.
func envoyBinary(ctx context.Context, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	cmd := exec.CommandContext(ctx, "scripts/envoy")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("scripts/envoy, which runs in the repository's folder: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
