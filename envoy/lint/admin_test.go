package lint

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/envoytest"
)

// live starts an Envoy with an edit of what is generated, and looks at it.
func live(t *testing.T, c *config.Config, edit func(string) string) Findings {
	t.Helper()
	dir := t.TempDir()
	creds, err := envoy.Credentials(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := envoy.WriteSecrets(dir, creds); err != nil {
		t.Fatal(err)
	}
	c.Listen.Envoy, c.Listen.EnvoyAdmin = envoytest.FreeAddr(t), envoytest.FreeAddr(t)
	b, err := envoy.Generate(c, envoy.Options{SecretsDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	text, err := envoy.YAML(b)
	if err != nil {
		t.Fatal(err)
	}
	running := envoytest.Start(t, []byte(edit(string(text))))
	for running.Stat("cluster.llmroute.health_check.attempt") == 0 { // until then no endpoint is known to be well or not
		if t.Context().Err() != nil {
			t.Fatal("no health check")
		}
	}
	found, err := Admin(t.Context(), "http://"+c.Listen.EnvoyAdmin, c, "")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// here lets llmroute's address be one that accepts connections.
func here(t *testing.T, c *config.Config) *config.Config {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lis.Close() })
	c.Listen.GRPC = lis.Addr().String()
	return c
}

func names(found Findings) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Rule.Name)
	}
	return out
}

func TestARunningEnvoyIsLookedAt(t *testing.T) {
	same := func(s string) string { return s }
	t.Run("as generated", func(t *testing.T) {
		if found := live(t, here(t, load(t, "../testdata/providers.yaml", environment)), same); len(found) > 0 {
			t.Error(found)
		}
	})
	t.Run("with llmroute away", func(t *testing.T) {
		c := load(t, "../testdata/minimal.yaml", nil)
		c.Listen.GRPC = envoytest.FreeAddr(t)
		if found := live(t, c, same); !slices.Equal(names(found), []string{"llmroute-away"}) {
			t.Error(found)
		}
	})
	t.Run("with faults, and with no secret in what is said", func(t *testing.T) {
		found := live(t, here(t, load(t, "../testdata/minimal.yaml", nil)), func(s string) string {
			s = strings.Replace(s, "refresh_cluster_on_retry: true", "refresh_cluster_on_retry: false", 1)
			s = strings.Replace(s, "value: '%DYNAMIC_METADATA(llmroute:answer)%'", "value: hunter2", 1)
			return strings.Replace(s, "value: here", "value: here\n                          - {key: authorization, value: hunter2}", 1)
		})
		if !slices.Equal(names(found), []string{"refresh-cluster", "door-answer"}) {
			t.Error(found)
		}
		for _, f := range found {
			if strings.Contains(f.String(), "hunter2") || !strings.Contains(f.String(), "127.0.0.1:") || f.Path == "" {
				t.Error(f)
			}
		}
	})
}

// pretend is an admin server that gives the same answer for each page, but for its server's version.
func pretend(t *testing.T, version, rest string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/server_info" && version != "" {
			_, _ = fmt.Fprintf(w, `{"version": "0123abcd/%s/Clean/RELEASE/BoringSSL", "some_field_of_later": {"x": [1]}}`, version)
			return
		}
		_, _ = w.Write([]byte(rest))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// empty is a server that has no page.
func empty(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return s.URL
}

func TestAnOldEnvoyIsTold(t *testing.T) {
	for version, old := range map[string]bool{"1.39.7": true, "1.9.0": true, "1.40.0": false, "1.40.0-dev": false, "1.41.2": false, "2.0.0": false, "one": false} {
		found, err := Admin(t.Context(), pretend(t, version, "{}"), load(t, "../testdata/minimal.yaml", nil), "")
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(names(found), "version") != old {
			t.Errorf("%s: %v", version, found)
		}
	}
}

func TestWhatIsNoAdminServerIsAnError(t *testing.T) {
	c := load(t, "../testdata/minimal.yaml", nil)
	for name, test := range map[string]struct{ address, want string }{
		"nobody listens":          {"http://user:hunter2@" + envoytest.FreeAddr(t), "connection refused"},
		"a host and port":         {envoytest.FreeAddr(t), "connection refused"},
		"no socket":               {"unix:" + filepath.Join(t.TempDir(), "none"), "no such file"},
		"another server":          {pretend(t, "", "<html>hunter2</html>"), "not what Envoy answers"},
		"a value of another kind": {pretend(t, "", `{"version": {"a": "hunter2"}}`), "not what Envoy answers"},
		"no such page":            {empty(t), "status 404"},
		"no address":              {"ftp://127.0.0.1", "not the address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Admin(context.Background(), test.address, c, "")
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
