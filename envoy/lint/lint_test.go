package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// environment holds the variables of the configurations here.
var environment = map[string]string{
	"OPENAI_API_KEY": "key-1", "ANTHROPIC_API_KEY": "key-2", "TEAM_KEY": "key-3", "ORGANIZATION": "key-4",
}

func load(t testing.TB, path string, env map[string]string) *config.Config {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := config.Load(path, text, func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return f.Config
}

func generated(t testing.TB, c *config.Config, o envoy.Options) []byte {
	t.Helper()
	o.SecretsDir, o.CAFile = "/etc/llmroute/secrets", "/etc/ssl/certs/ca-certificates.crt"
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

func look(t testing.TB, text []byte, c *config.Config, llmroute string) Findings {
	t.Helper()
	found, err := File("envoy.yaml", text, c, llmroute)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// configurations are all that stand in this repository and that an Envoy can be generated for.
func configurations(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"../testdata/*.yaml", "../../examples/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "\nproviders:") || strings.HasPrefix(string(text), "providers:") {
				out = append(out, path)
			}
		}
	}
	if len(out) < 8 {
		t.Fatalf("only %v", out)
	}
	return out
}

// ingress is an Envoy of someone's own, which also uses filters that are not known here.
const ingress = `
static_resources:
  listeners:
    - name: http
      address: {socket_address: {address: 127.0.0.1, port_value: 8080}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                route_config:
                  name: all
                  virtual_hosts:
                    - name: api
                      domains: ["*"]
                      routes:
                        - {match: {prefix: /}, route: {cluster: app}}
                http_filters:
                  - name: own
                    typed_config: {"@type": type.googleapis.com/com.example.Own, secret: {"@type": type.googleapis.com/envoy.config.core.v3.Node, x: 1}}
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
    - {name: app, load_assignment: {cluster_name: app}}
`

func merged(t testing.TB, c *config.Config, ingress string, places ...string) []byte {
	t.Helper()
	var at []envoy.At
	for _, p := range places {
		place, err := envoy.ParseAt(p)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, place)
	}
	a, err := envoy.Attach(c, envoy.Options{SecretsDir: "/secrets", CAFile: "/ca.pem"}, at)
	if err != nil {
		t.Fatal(err)
	}
	text, err := a.Merge([]byte(ingress))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatIsGeneratedIsWithoutFinding(t *testing.T) {
	for _, path := range configurations(t) {
		t.Run(path, func(t *testing.T) {
			c := load(t, path, environment)
			env := map[string]string{}
			for _, p := range c.Providers {
				for _, name := range p.Value.Missing { // of examples, which name others
					env[name] = "key"
				}
			}
			if strings.Contains(path, "examples") {
				c = load(t, path, env)
			}
			for what, text := range map[string][]byte{
				"alone":    generated(t, c, envoy.Options{}),
				"attached": merged(t, c, ingress, "*/v1/"),
			} {
				if found := look(t, text, c, ""); len(found) > 0 {
					t.Errorf("%s: %v", what, found)
				}
			}
			if found := look(t, generated(t, c, envoy.Options{LLMRoute: "elsewhere:1"}), c, "elsewhere:1"); len(found) > 0 {
				t.Errorf("with --llmroute: %v", found)
			}
		})
	}
}

func TestTheGoldenConfigurationsAreWithoutFinding(t *testing.T) {
	golden, err := filepath.Glob("../testdata/*.envoy.yaml")
	if err != nil || len(golden) == 0 {
		t.Fatal("no golden configuration", err)
	}
	for _, path := range golden {
		check := func(c *config.Config, text []byte) {
			if found := look(t, text, c, ""); len(found) > 0 {
				t.Errorf("%s: %v", path, found)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		conf := strings.Replace(path, ".envoy.yaml", ".yaml", 1)
		check(load(t, conf, environment), text)
		check(load(t, conf, map[string]string{"ORGANIZATION": "needed"}), text) // where no key is set, as in CI
	}
	text, err := os.ReadFile("../../examples/existing-envoy/after.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if found := look(t, text, load(t, "../../examples/existing-envoy/llmroute.yaml", nil), ""); len(found) > 0 {
		t.Error(found)
	}
}

func TestAProviderWithoutItsCredentialHereMayBeThereOrNot(t *testing.T) {
	const path = "../testdata/providers.yaml"
	all := map[string]string{"NOT_SET": "key-5"}
	for name, value := range environment {
		all[name] = value
	}
	if found := look(t, generated(t, load(t, path, all), envoy.Options{}), load(t, path, environment), ""); len(found) > 0 {
		t.Error(found)
	}
	broken := strings.Replace(string(generated(t, load(t, path, all), envoy.Options{})), "sni: example.com", "sni: example.org", 1)
	if found := look(t, []byte(broken), load(t, path, environment), ""); len(found) != 1 || found[0].Rule.Name != "provider-tls" {
		t.Error(found)
	}
}

func TestWhatIsBehindEveryAddressMayBeReachedByAny(t *testing.T) {
	c := load(t, "../testdata/minimal.yaml", nil)
	c.Listen.GRPC = "0.0.0.0:9002"
	if found := look(t, generated(t, c, envoy.Options{LLMRoute: "llmroute:9002"}), c, ""); len(found) > 0 {
		t.Error(found)
	}
	if found := look(t, generated(t, c, envoy.Options{LLMRoute: "llmroute:9003"}), c, ""); len(found) != 1 || found[0].Rule.Name != "llmroute-address" {
		t.Error(found)
	}
}

func TestFindingsQuoteNoSecret(t *testing.T) {
	c := load(t, "../testdata/providers.yaml", environment)
	text := string(generated(t, c, envoy.Options{}))
	for _, edit := range [][2]string{
		{"                      name: openai.yaml\n", "                      name: {inline: hunter2}\n"},
		{"    - name: openai\n", "    - hunter2: 1\n      name: openai\n      dns_lookup_family: 77hunter2\n"},
		{"                          value: openai\n", "                          value: {a: hunter2}\n"},
		{"      connect_timeout: 2s\n", "      connect_timeout: hunter2\n"},
		{"  cluster: llmroute\n", "  cluster: [hunter2]\n"},
		{"value: '%DYNAMIC_METADATA(llmroute:answer)%'", "value: hunter2"},
		{"value: here", "value: here\n                          - {key: hunter, value: 77}"},
	} {
		broken := strings.Replace(text, edit[0], edit[1], 1)
		if broken == text {
			t.Fatalf("%q is not there", edit[0])
		}
		found := look(t, []byte(broken), c, "")
		if len(found) == 0 {
			t.Errorf("nothing is found after %q", edit)
		}
		for _, f := range found {
			if s := strings.ReplaceAll(f.String(), `"hunter2"`, ""); strings.Contains(s, "hunter2") || strings.Contains(s, "77") {
				t.Error(f)
			}
		}
	}
}
