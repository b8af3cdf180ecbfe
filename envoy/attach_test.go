package envoy_test

import (
	"bytes"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/envoytest"
)

func attach(t *testing.T, places ...string) *envoy.Attachment {
	t.Helper()
	at := make([]envoy.At, len(places))
	for i, p := range places {
		var err error
		if at[i], err = envoy.ParseAt(p); err != nil {
			t.Fatal(err)
		}
	}
	a, err := envoy.Attach(loadConfig(t, "testdata/minimal.yaml"), envoy.Options{}, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const managerType = `"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`

// twoListeners share their filters and one virtual host by anchors.
const twoListeners = `
bootstrap_extensions:
  - name: mine
    typed_config: {"@type": type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener}
static_resources:
  clusters: [{name: app, load_assignment: {cluster_name: app}}]
  listeners:
  - name: a
    address: {socket_address: {address: 127.0.0.1, port_value: 1}}
    filter_chains:
    - filters:
      - name: m
        typed_config:
          ` + managerType + `
          stat_prefix: a
          route_config:
            virtual_hosts:
            - &host
              name: api
              domains: ["api.example.com"]
              routes:
              - match: {prefix: /v1/files}
                route: {cluster: app}
              - match: {path_separated_prefix: /v1}
                route: {cluster: app}
              - match: {prefix: /}
                route: {cluster: app}
          http_filters: &filters
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  - name: b
    address: {socket_address: {address: 127.0.0.1, port_value: 2}}
    default_filter_chain:
      filters:
      - name: m
        typed_config:
          ` + managerType + `
          stat_prefix: b
          http_filters: *filters
          route_config:
            virtual_hosts:
            - *host
`

// inBraces is the same in JSON's manner.
const inBraces = `{"node":{"id":"x","cluster":"x"},"static_resources":{"listeners":[{"name":"a","address":{"socket_address":{"address":"127.0.0.1","port_value":1}},` +
	`"filter_chains":[{"filters":[{"name":"m","typed_config":{` + managerJSON + `"stat_prefix":"a","route_config":{"virtual_hosts":[` +
	`{"name":"api","domains":["*"],"routes":[{"match":{"prefix":"/"},"direct_response":{"status":200}}]}]},` +
	`"http_filters":[{"name":"router","typed_config":{"@type":"type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]}}]}]}]}}`

const managerJSON = `"@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",`

func TestEnvoyTakesWhatIsMerged(t *testing.T) {
	for name, c := range map[string]struct{ ingress, place string }{
		"two listeners, anchors, lists without indent": {twoListeners, "api.example.com/v1/chat"},
		"a virtual host by its name":                   {twoListeners, "api/v1/chat/"},
		"all in braces":                                {inBraces, "*/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			merged, err := attach(t, c.place).Merge([]byte(c.ingress))
			if err != nil {
				t.Fatal(err)
			}
			envoytest.Validate(t, merged)
			if n := bytes.Count(merged, []byte("InternalListener")); n != 1 {
				t.Errorf("the extension is there %d times", n)
			}
			if n := bytes.Count(merged, []byte("path_rewrite")); n != 1 {
				t.Errorf("the route is there %d times", n)
			}
			again, err := attach(t, c.place).Merge(merged)
			if err == nil {
				t.Errorf("merged once more: %s", again)
			}
		})
	}
}

func TestTheRouteStandsBeforeThoseThatWouldTakeItsPaths(t *testing.T) {
	merged, err := attach(t, "api/v1/chat", "api/v1/files/llm").Merge([]byte(twoListeners))
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, match := range []string{
		"path_separated_prefix: /v1/files/llm\n", "{prefix: /v1/files}", "path_separated_prefix: /v1/chat\n", "{path_separated_prefix: /v1}", "{prefix: /}",
	} {
		next := bytes.Index(merged, []byte(match))
		if next <= at {
			t.Fatalf("%q is at %d, after %d:\n%s", match, next, at, merged)
		}
		at = next
	}
}

func TestWhatCannotBeMergedIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ ingress, want string }{
		"no such host":      {strings.Replace(twoListeners, "name: api", "name: other", 1), `api/v1: no virtual host here is called "api" or has that domain; there is: api.example.com`},
		"not a bootstrap":   {"listeners: []\n", "no static_resources"},
		"an EnvoyFilter":    {"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: {}\n", `a Kubernetes resource, kind "EnvoyFilter"`},
		"no listeners":      {"static_resources: {clusters: []}\n", "no listener here has an HTTP connection manager"},
		"not YAML":          {"a: [", "yaml"},
		"a cluster's name":  {strings.Replace(twoListeners, "{name: app,", "{name: local,", 1), `there is a cluster "local" already; rename the provider`},
		"a listener's name": {strings.Replace(twoListeners, "name: b", "name: local.adapt", 1), `there is a listener "local.adapt" already`},
		"no router":         {strings.ReplaceAll(twoListeners, "router.v3.Router", "router.v3.Other"), "the last HTTP filter is not the router"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := attach(t, "api/v1").Merge([]byte(c.ingress))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestPiecesAreAllThere(t *testing.T) {
	text, err := attach(t, "*/v1/").Pieces()
	if err != nil {
		t.Fatal(err)
	}
	var pieces map[string]yaml.Node
	if err := yaml.Unmarshal(text, &pieces); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"node", "bootstrap_extensions", "http_filters", "access_log", "upstream_log", "routes", "static_resources"} {
		if len(pieces[key].Content) == 0 {
			t.Errorf("no %s", key)
		}
	}
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]envoy.At{
		"ai.example.com/":               {Host: "ai.example.com", Path: "/"},
		"*/v1":                          {Host: "*", Path: "/v1"},
		"www.example.com/v1/chat=cheap": {Host: "www.example.com", Path: "/v1/chat", Route: "cheap"},
	} {
		if got, err := envoy.ParseAt(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "ai.example.com", "/v1", "a/v1=", "a/v1?x"} {
		if at, err := envoy.ParseAt(text); err == nil {
			t.Errorf("%q was read as %+v", text, at)
		}
	}
	if _, err := envoy.Attach(loadConfig(t, "testdata/minimal.yaml"), envoy.Options{}, []envoy.At{{Host: "a", Path: "/", Route: "none"}}); err == nil {
		t.Error("a route that is not there was taken")
	}
}
