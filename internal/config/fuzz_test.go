package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLoad holds whatever loads to its defaults, and whatever does not to faults that say where and what, the same
// each time, and without a value from the environment.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(seeds, "testdata/full.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(strings.TrimPrefix(string(data), inputMark), wantMark)
		f.Add([]byte(input))
	}
	const canary = "cAnArY"
	env := func(name string) (string, bool) { return canary, !strings.HasPrefix(name, "UNSET") }
	f.Fuzz(func(t *testing.T, data []byte) {
		file, faults := Load("llmroute.yaml", data, env)
		if (len(faults) == 0) != (file.Config != nil) {
			t.Fatalf("config %v with faults %v", file.Config, faults)
		}
		for _, f := range slices.Concat(faults, file.Warnings) {
			line := f.Error()
			if f.Message == "" || strings.Contains(line, "\n") {
				t.Errorf("a fault that is no line: %q", line)
			}
			if strings.Contains(line, canary) && !strings.Contains(string(data), canary) {
				t.Errorf("a fault shows the environment: %s", line)
			}
		}
		again, faultsAgain := Load("llmroute.yaml", data, env)
		if diff := cmp.Diff(faults, faultsAgain); diff != "" {
			t.Errorf("faults differ from run to run: %s", diff)
		}
		if diff := cmp.Diff(file.Warnings, again.Warnings); diff != "" {
			t.Errorf("warnings differ from run to run: %s", diff)
		}
		if c := file.Config; c != nil {
			holds(t, c)
		}
	})
}

// holds checks what everyone who gets a Config may rely on.
func holds(t *testing.T, c *Config) {
	t.Helper()
	if len(c.Providers) == 0 || len(c.Models) == 0 || len(c.Routes) == 0 {
		t.Error("no providers, models or routes")
	}
	for _, p := range c.Providers {
		if wrong, _ := wrongURL(p.Value.Endpoint, ""); wrong != "" || !providerName.MatchString(p.Name) || p.Value.HTTP == "" || p.Value.Schema == "" {
			t.Errorf("provider %q is %+v", p.Name, p.Value)
		}
	}
	for _, m := range c.Models {
		if _, ok := c.Providers.Get(m.Value.Provider); !ok {
			t.Errorf("model %q has no provider", m.Name)
		}
	}
	for _, r := range c.Routes {
		if r.Name == "" || len(r.Models) == 0 || r.Strategy == "" || r.Fallbacks == nil || *r.Fallbacks < 0 {
			t.Errorf("route is %+v", r)
		}
	}
	if c.Timeouts.Connect <= 0 || c.Timeouts.FirstByteStream <= 0 || c.Timeouts.FirstByteJSON <= 0 || c.Timeouts.Idle <= 0 || c.Limits.BodyBytes < 1024 {
		t.Errorf("timeouts %+v, limits %+v", c.Timeouts, c.Limits)
	}
	for _, address := range []string{c.Listen.GRPC, c.Listen.Admin, c.Listen.Envoy, c.Listen.EnvoyAdmin} {
		if wrong, _ := wrongAddress(address); wrong != "" {
			t.Errorf("address %q", address)
		}
	}
}
