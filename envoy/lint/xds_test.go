package lint

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/envoytest"
)

// discovered moves everything of a bootstrap into files of discovery responses, the routes of its ingress too.
func discovered(t *testing.T, b *bootstrapv3.Bootstrap, edit func(*routev3.RouteConfiguration)) []byte {
	t.Helper()
	dir := t.TempDir()
	source := func(name string, resources ...proto.Message) *corev3.ConfigSource {
		response := &discoveryv3.DiscoveryResponse{VersionInfo: "1"}
		for _, r := range resources {
			a, err := anypb.New(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Resources = append(response.Resources, a)
		}
		text, err := envoy.YAML(response)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return &corev3.ConfigSource{
			ResourceApiVersion:    corev3.ApiVersion_V3,
			ConfigSourceSpecifier: &corev3.ConfigSource_PathConfigSource{PathConfigSource: &corev3.PathConfigSource{Path: path}},
		}
	}
	var listeners, clusters []proto.Message
	for i, l := range b.GetStaticResources().GetListeners() {
		if i == 0 {
			throughRDS(t, l, edit, source)
		}
		listeners = append(listeners, l)
	}
	for _, c := range b.GetStaticResources().GetClusters() {
		clusters = append(clusters, c)
	}
	b.StaticResources = nil
	b.DynamicResources = &bootstrapv3.Bootstrap_DynamicResources{LdsConfig: source("lds", listeners...), CdsConfig: source("cds", clusters...)}
	text, err := envoy.YAML(b)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func throughRDS(t *testing.T, l *listenerv3.Listener, edit func(*routev3.RouteConfiguration), source func(string, ...proto.Message) *corev3.ConfigSource) {
	t.Helper()
	f := l.GetFilterChains()[0].GetFilters()[0]
	m, ok := unpackAs[*hcmv3.HttpConnectionManager](f.GetTypedConfig())
	if !ok {
		t.Fatal("no HTTP connection manager")
	}
	routes := m.GetRouteConfig()
	edit(routes)
	m.RouteSpecifier = &hcmv3.HttpConnectionManager_Rds{Rds: &hcmv3.Rds{RouteConfigName: routes.GetName(), ConfigSource: source("rds", routes)}}
	a, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	f.ConfigType = &listenerv3.Filter_TypedConfig{TypedConfig: a}
}

func TestWhatComesByXDSIsLookedAtInTheRunningEnvoy(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*routev3.RouteConfiguration)
		want []string
	}{
		"as generated":     {func(*routev3.RouteConfiguration) {}, nil},
		"without fallback": {func(r *routev3.RouteConfiguration) { retry(r).RefreshClusterOnRetry = false }, []string{"refresh-cluster"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := here(t, load(t, "../testdata/minimal.yaml", nil))
			c.Listen.Envoy, c.Listen.EnvoyAdmin = envoytest.FreeAddr(t), envoytest.FreeAddr(t)
			text := discovered(t, bootstrap(t, c), test.edit)
			running := envoytest.Start(t, text)
			for running.Stat("cluster.llmroute.health_check.attempt") == 0 || running.Stat("listener_manager.total_listeners_active") < 2 {
				if t.Context().Err() != nil {
					t.Fatal("not everything has arrived")
				}
			}
			found, err := Admin(t.Context(), c.Listen.EnvoyAdmin, c, "")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(names(found), test.want) {
				t.Error(found)
			}
			if found := look(t, text, c, ""); !slices.Equal(names(found), []string{"unseen", "unseen"}) {
				t.Error("the file alone:", found)
			}
		})
	}
}

func bootstrap(t *testing.T, c *config.Config) *bootstrapv3.Bootstrap {
	t.Helper()
	b, err := envoy.Generate(c, envoy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func retry(r *routev3.RouteConfiguration) *routev3.RetryPolicy {
	return r.GetVirtualHosts()[0].GetRoutes()[0].GetRoute().GetRetryPolicy()
}
