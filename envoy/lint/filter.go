package lint

import (
	"slices"

	xdsmatcherv3 "github.com/cncf/xds/go/xds/type/matcher/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matchingv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/common/matching/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/llmroute/llmroute/envoy"
)

// The stages, as Envoy names them to llmroute.
const (
	stageRoute  = "route"
	stageAnswer = "answer"
	stageAdapt  = "adapt"
)

// filter is one HTTP filter of a manager or of a cluster.
type filter struct {
	name     string
	off      bool                  // unless a route turns it on
	at       *place                // its item in the list
	config   proto.Message         // nil if it cannot be read here
	configAt *place                // of config, within a matcher if there is one
	typeName string                // of config, `envoy.extensions.filters.http.buffer.v3.Buffer`
	matcher  *xdsmatcherv3.Matcher // what it is wrapped in; nil: nothing
	stage    string                // of llmroute's; empty: it is none
}

func filtersOf(list []*hcmv3.HttpFilter, at *place) []*filter {
	out := make([]*filter, len(list))
	for i, f := range list {
		out[i] = filterOf(f, at.item(i))
	}
	return out
}

func filterOf(h *hcmv3.HttpFilter, at *place) *filter {
	f := &filter{name: h.GetName(), off: h.GetDisabled(), at: at, configAt: at.field("typed_config")}
	f.config, f.typeName = unpack(h.GetTypedConfig())
	if wrapped, ok := f.config.(*matchingv3.ExtensionWithMatcher); ok {
		f.matcher = wrapped.GetXdsMatcher()
		f.configAt = f.configAt.field("extension_config", "typed_config")
		f.config, f.typeName = unpack(wrapped.GetExtensionConfig().GetTypedConfig())
	}
	if p := f.processor(); p != nil {
		f.stage = initial(p, "x-llmroute-stage")
		if f.stage == "" && p.GetGrpcService().GetEnvoyGrpc().GetClusterName() == envoy.ClusterLLMRoute {
			f.stage = "(none)" // it asks llmroute without saying what for
		}
	}
	return f
}

// processor is the filter's configuration if it is an ext_proc, else nil.
func (f *filter) processor() *extprocv3.ExternalProcessor {
	p, _ := f.config.(*extprocv3.ExternalProcessor)
	return p
}

// initial is a value of the gRPC metadata that p's calls begin with.
func initial(p *extprocv3.ExternalProcessor, key string) string {
	return metadataValue(p.GetGrpcService(), key)
}

func metadataValue(s *corev3.GrpcService, key string) string {
	for _, h := range s.GetInitialMetadata() {
		if h.GetKey() == key {
			return h.GetValue()
		}
	}
	return ""
}

// is reports whether a filter's type has one of these names, whatever its version.
func (f *filter) is(names ...string) bool {
	return slices.Contains(names, baseName(f.typeName))
}

func baseName(typeName string) string {
	for i := len(typeName) - 1; i >= 0; i-- {
		if typeName[i] == '.' {
			return typeName[i+1:]
		}
	}
	return typeName
}

// first is the first filter for which ok holds, and its index; -1 and nil: there is none.
func first(filters []*filter, ok func(*filter) bool) (int, *filter) {
	if i := slices.IndexFunc(filters, ok); i >= 0 {
		return i, filters[i]
	}
	return -1, nil
}

func (m *manager) stage(name string) *filter {
	_, f := first(m.filters, func(f *filter) bool { return f.stage == name })
	return f
}

// stray reports whether a filter asks llmroute for what is no stage.
func (m *manager) stray() bool {
	return slices.ContainsFunc(m.filters, func(f *filter) bool {
		return f.stage != "" && !slices.Contains([]string{stageRoute, stageAnswer, stageAdapt}, f.stage)
	})
}

func (m *manager) typed(name string) *filter {
	_, f := first(m.filters, func(f *filter) bool { return f.is(name) })
	return f
}

// on reports whether a filter works on a route.
func (r *served) on(f *filter) bool {
	for _, own := range []map[string]*anypb.Any{
		r.route.GetTypedPerFilterConfig(), r.host.GetTypedPerFilterConfig(), r.manager.routes.GetTypedPerFilterConfig(),
	} {
		if config, ok := own[f.name]; ok {
			return !disables(config)
		}
	}
	return !f.off
}

func disables(own *anypb.Any) bool {
	m, _ := unpack(own)
	switch v := m.(type) {
	case *routev3.FilterConfig:
		return v.GetDisabled()
	case *extprocv3.ExtProcPerRoute:
		return v.GetDisabled()
	}
	return false
}

// served is a route of an ingress on which the route stage works.
type served struct {
	manager *manager
	stage   *filter
	host    *routev3.VirtualHost
	hostAt  *place
	route   *routev3.Route
	at      *place
}

func (r *served) name() string {
	if r.route.GetName() != "" {
		return r.route.GetName()
	}
	return "without a name in " + r.host.GetName()
}

// action is what the route does if it sends requests on, else nil.
func (r *served) action() *routev3.RouteAction { return r.route.GetRoute() }

// serving are all such routes.
func (s *subject) serving() []*served {
	var out []*served
	for _, m := range s.managers {
		stage := m.stage(stageRoute)
		if stage == nil {
			continue
		}
		m.eachRoute(func(r *served) {
			r.stage = stage
			if r.on(stage) {
				out = append(out, r)
			}
		})
	}
	return out
}

func (m *manager) eachRoute(visit func(*served)) {
	for i, host := range m.routes.GetVirtualHosts() {
		hostAt := m.routes.at.field("virtual_hosts").item(i)
		for j, route := range host.GetRoutes() {
			visit(&served{manager: m, host: host, hostAt: hostAt, route: route, at: hostAt.field("routes").item(j)})
		}
	}
}
