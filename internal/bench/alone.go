package main

import (
	"errors"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// providerHeader names the provider for Envoy alone. All requests carry it; only that Envoy reads it.
const providerHeader = "x-bench-provider"

// leaveAlone takes llmroute out of a generated configuration: no ext_proc, no usage extraction, no access log. The
// listener, the providers' clusters with their credentials, and the retry policy stay.
func leaveAlone(b *bootstrapv3.Bootstrap) error {
	ingress := b.GetStaticResources().GetListeners()[0]
	b.StaticResources.Listeners = []*listenerv3.Listener{ingress}
	config := ingress.GetFilterChains()[0].GetFilters()[0].GetTypedConfig()
	var m hcmv3.HttpConnectionManager
	if err := config.UnmarshalTo(&m); err != nil {
		return err
	}
	router, err := anypb.New(&routerv3.Router{SuppressEnvoyHeaders: true})
	if err != nil {
		return err
	}
	m.AccessLog = nil
	m.HttpFilters = []*hcmv3.HttpFilter{{
		Name: "envoy.filters.http.router", ConfigType: &hcmv3.HttpFilter_TypedConfig{TypedConfig: router},
	}}
	hosts := m.GetRouteConfig().GetVirtualHosts()
	if len(hosts) != 1 || len(hosts[0].GetRoutes()) != 1 {
		return errors.New("the generated configuration has more than one route")
	}
	generated := hosts[0].GetRoutes()[0]
	hosts[0].Routes = nil
	for _, p := range farEnds {
		hosts[0].Routes = append(hosts[0].Routes, straight(generated, p.name))
	}
	return config.MarshalFrom(&m)
}

// straight is the generated route, to one provider and with nothing that llmroute would fill in.
func straight(generated *routev3.Route, provider string) *routev3.Route {
	r, ok := proto.Clone(generated).(*routev3.Route)
	if !ok {
		return generated
	}
	r.Match.Headers = []*routev3.HeaderMatcher{{
		Name: providerHeader,
		HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: &matcherv3.StringMatcher{
			MatchPattern: &matcherv3.StringMatcher_Exact{Exact: provider},
		}},
	}}
	r.ResponseHeadersToAdd = nil
	action := r.GetRoute()
	action.ClusterSpecifier = &routev3.RouteAction_Cluster{Cluster: provider}
	action.PathRewrite = ""
	action.RetryPolicy.RefreshClusterOnRetry = false
	return r
}
