package envoy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/floor"
)

func withKey(key string) *config.Config {
	return &config.Config{Providers: config.Map[config.Provider]{
		{Name: "a", Value: config.Provider{Endpoint: "http://127.0.0.1:1", Auth: bearer(key)}},
	}}
}

func writeKeys(t *testing.T, dir string, c *config.Config) {
	t.Helper()
	creds, err := envoy.Credentials(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := envoy.WriteSecrets(dir, creds); err != nil {
		t.Fatal(err)
	}
}

func TestSecretFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "secrets")
	c := withKey("key-a")
	c.Providers[0].Value.Headers = config.Map[string]{{Name: "OpenAI-Organization", Value: "org"}}
	writeKeys(t, dir, c)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil || info.Mode() != fs.FileMode(0o600) {
			t.Errorf("%s: %v, %v", e.Name(), info, err)
		}
	}
	if got := strings.Join(names, " "); got != "a.openai-organization.yaml a.yaml" {
		t.Errorf("files: %s", got)
	}
}

func TestWithoutKeysNothingIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	c := withKey("")
	c.Providers[0].Value.Auth = nil
	writeKeys(t, dir, c)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestAKeyIsRotatedUnderARunningEnvoy(t *testing.T) {
	a := &farEnd{name: "a", auth: bearer("old")}
	r := newRig(t, rigging{providers: []*farEnd{a}, plan: floor.Plan{Clusters: []string{"a"}, Metadata: map[string]string{"provider": "a"}}})
	last := func() string {
		r.post([]byte("{}"))
		all := a.requests()
		return all[len(all)-1].header.Get("Authorization")
	}
	if got := last(); got != "Bearer old" {
		t.Fatalf("the key is %q", got)
	}
	writeKeys(t, r.secrets, withKey("new"))
	if !eventually(func() bool { return last() == "Bearer new" }) {
		t.Errorf("the key is still %q", last())
	}
}

func TestAKeyWithoutAFolderIsRefused(t *testing.T) {
	c := withKey("key-a")
	c.Listen = config.Listen{GRPC: "127.0.0.1:9002", Envoy: "127.0.0.1:10000", EnvoyAdmin: "127.0.0.1:9901"}
	for _, dir := range []string{"", "secrets"} {
		_, err := envoy.Generate(c, envoy.Options{SecretsDir: dir})
		if err == nil || !strings.Contains(err.Error(), "providers.a") || strings.Contains(err.Error(), "key-a") {
			t.Errorf("folder %q: %v", dir, err)
		}
	}
}

func TestAProviderWhoseKeyIsNotSetIsLeftOut(t *testing.T) {
	c := withKey("")
	c.Listen = config.Listen{GRPC: "127.0.0.1:9002", Envoy: "127.0.0.1:10000", EnvoyAdmin: "127.0.0.1:9901"}
	other := c.Providers[0]
	other.Name, other.Value.Auth = "b", nil
	c.Providers = append(c.Providers, other)
	c.Providers[0].Value.Missing = []string{"A_KEY"}
	bootstrap, err := envoy.Generate(c, envoy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, cluster := range bootstrap.GetStaticResources().GetClusters() {
		there[cluster.GetName()] = true
	}
	if there["a"] || there["a.adapt"] || !there["b"] {
		t.Errorf("clusters %v", there)
	}
}

func TestWithoutAnyKeyThereIsNoConfiguration(t *testing.T) {
	c := withKey("")
	c.Listen = config.Listen{GRPC: "127.0.0.1:9002", Envoy: "127.0.0.1:10000", EnvoyAdmin: "127.0.0.1:9901"}
	c.Providers[0].Value.Missing = []string{"A_KEY"}
	if b, err := envoy.Generate(c, envoy.Options{}); err == nil || !strings.Contains(err.Error(), "credential") {
		t.Errorf("%v, %v", b, err)
	}
}
