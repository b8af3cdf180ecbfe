package envoy_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/envoytest"
)

var update = flag.Bool("update", false, "write the golden files")

// environment holds the variables of the golden configurations. Each value is a secret that must not come out.
var environment = map[string]string{
	"OPENAI_API_KEY": "golden-key-1", "ANTHROPIC_API_KEY": "golden-key-2", "TEAM_KEY": "golden-key-3", "ORGANIZATION": "golden-key-4",
}

func TestGeneratedConfigurationsAreTheGoldenOnesAndEnvoyTakesThem(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, input := range inputs {
		name, golden := strings.CutSuffix(input, ".envoy.yaml")
		if golden {
			continue
		}
		ran++
		name = strings.TrimSuffix(name, ".yaml")
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			c := loadConfig(t, input)
			const ca = "/etc/ssl/certs/ca-certificates.crt"
			got := generate(t, c, envoy.Options{SecretsDir: "/etc/llmroute/secrets", CAFile: ca})
			if bytes.Contains(got, []byte("golden-key")) {
				t.Error("a secret stands in the configuration")
			}
			if again := generate(t, c, envoy.Options{SecretsDir: "/etc/llmroute/secrets", CAFile: ca}); !bytes.Equal(got, again) {
				t.Error("a second run gives another text")
			}
			path := name + ".envoy.yaml"
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s differs (-golden +now); if that is meant, run with -update:\n%s", path, diff)
			}
			validate(t, c)
		})
	}
	if ran == 0 {
		t.Fatal("no golden configuration found")
	}
}

// validate shows Envoy the same configuration with folders and certificates that exist here.
func validate(t *testing.T, c *config.Config) {
	t.Helper()
	dir := t.TempDir()
	writeKeys(t, dir, c)
	_, ca := certificate(t, "localhost")
	for i := range c.Providers {
		if c.Providers[i].Value.CAFile != "" {
			c.Providers[i].Value.CAFile = ca
		}
	}
	envoytest.Validate(t, generate(t, c, envoy.Options{SecretsDir: dir, CAFile: ca}))
}

func loadConfig(t *testing.T, path string) *config.Config {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := config.Load(path, text, func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return f.Config
}

func generate(t *testing.T, c *config.Config, o envoy.Options) []byte {
	t.Helper()
	b, err := envoy.Generate(c, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := envoy.YAML(b)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
