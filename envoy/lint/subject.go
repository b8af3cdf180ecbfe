package lint

import (
	"slices"
	"strings"

	udpatypev1 "github.com/cncf/xds/go/udpa/type/v1"
	xdstypev3 "github.com/cncf/xds/go/xds/type/v3"
	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// subject is an Envoy's configuration as the rules look at it.
type subject struct {
	node       *corev3.Node
	extensions []*corev3.TypedExtensionConfig
	listeners  []*listener
	clusters   []*cluster
	routes     map[string]routes // that do not stand in a manager, by name
	managers   []*manager
	// moreListeners and moreClusters: some come by xDS and are not here, so that one which is missing may be there.
	moreListeners, moreClusters bool
}

type listener struct {
	*listenerv3.Listener
	at *place
}

// cluster is one with its HTTP options and upstream filters, where it has some.
type cluster struct {
	*clusterv3.Cluster
	at      *place
	http    *httpv3.HttpProtocolOptions
	httpAt  *place
	filters []*filter
}

type routes struct {
	*routev3.RouteConfiguration
	at *place
}

// manager is an HTTP connection manager.
type manager struct {
	*hcmv3.HttpConnectionManager
	at       *place
	listener *listener
	filters  []*filter
	routes   routes // without a configuration if it is not here
}

// fromBootstrap is what stands in a file.
func fromBootstrap(b *bootstrapv3.Bootstrap) *subject {
	s := &subject{node: b.GetNode(), extensions: b.GetBootstrapExtensions()}
	dynamic := b.GetDynamicResources()
	s.moreListeners = dynamic.GetLdsConfig() != nil || dynamic.GetLdsResourcesLocator() != ""
	s.moreClusters = dynamic.GetCdsConfig() != nil || dynamic.GetCdsResourcesLocator() != ""
	static := (*place)(nil).field("static_resources")
	for i, l := range b.GetStaticResources().GetListeners() {
		s.listeners = append(s.listeners, &listener{l, static.field("listeners").item(i)})
	}
	for i, c := range b.GetStaticResources().GetClusters() {
		s.addCluster(c, static.field("clusters").item(i))
	}
	s.findManagers()
	return s
}

const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

func (s *subject) addCluster(m *clusterv3.Cluster, at *place) {
	c := &cluster{Cluster: m, at: at}
	if options, ok := m.GetTypedExtensionProtocolOptions()[httpOptions]; ok {
		c.http, _ = unpackAs[*httpv3.HttpProtocolOptions](options)
		c.httpAt = at.field("typed_extension_protocol_options", httpOptions)
		c.filters = filtersOf(c.http.GetHttpFilters(), c.httpAt.field("http_filters"))
	}
	s.clusters = append(s.clusters, c)
}

// findManagers looks into all listeners.
func (s *subject) findManagers() {
	for _, l := range s.listeners {
		for i, chain := range l.GetFilterChains() {
			s.managersOf(l, chain, l.at.field("filter_chains").item(i))
		}
		if chain := l.GetDefaultFilterChain(); chain != nil {
			s.managersOf(l, chain, l.at.field("default_filter_chain"))
		}
	}
}

func (s *subject) managersOf(l *listener, chain *listenerv3.FilterChain, at *place) {
	for i, f := range chain.GetFilters() {
		m, ok := unpackAs[*hcmv3.HttpConnectionManager](f.GetTypedConfig())
		if !ok {
			continue
		}
		managerAt := at.field("filters").item(i).field("typed_config")
		found := &manager{
			HttpConnectionManager: m, at: managerAt, listener: l,
			filters: filtersOf(m.GetHttpFilters(), managerAt.field("http_filters")),
			routes:  routes{m.GetRouteConfig(), managerAt.field("route_config")},
		}
		if rds := m.GetRds(); rds != nil {
			found.routes = s.routes[rds.GetRouteConfigName()]
		}
		s.managers = append(s.managers, found)
	}
}

// hidden reports whether a manager has routes that are not here, or that stand in a matcher.
func (m *manager) hidden() bool {
	return m.routes.RouteConfiguration == nil || m.routes.GetVhds() != nil ||
		slices.ContainsFunc(m.routes.GetVirtualHosts(), func(h *routev3.VirtualHost) bool { return h.GetMatcher() != nil })
}

func (s *subject) cluster(name string) *cluster {
	i := slices.IndexFunc(s.clusters, func(c *cluster) bool { return c.GetName() == name })
	if i < 0 {
		return nil
	}
	return s.clusters[i]
}

func (s *subject) listener(name string) *listener {
	i := slices.IndexFunc(s.listeners, func(l *listener) bool { return l.GetName() == name })
	if i < 0 {
		return nil
	}
	return s.listeners[i]
}

// managersIn are those of a listener.
func (s *subject) managersIn(l *listener) []*manager {
	var out []*manager
	for _, m := range s.managers {
		if m.listener == l {
			out = append(out, m)
		}
	}
	return out
}

// unpack returns the message in a, nil if there is none that can be read, and the full name of its type.
func unpack(a *anypb.Any) (m proto.Message, typeName string) {
	m, err := a.UnmarshalNew()
	if err != nil {
		return nil, shortType(a.GetTypeUrl())
	}
	switch v := m.(type) {
	case *xdstypev3.TypedStruct:
		return nil, shortType(v.GetTypeUrl())
	case *udpatypev1.TypedStruct:
		return nil, shortType(v.GetTypeUrl())
	}
	return m, shortType(a.GetTypeUrl())
}

func unpackAs[M proto.Message](a *anypb.Any) (M, bool) {
	m, _ := unpack(a)
	out, ok := m.(M)
	return out, ok
}

func shortType(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }
