package envoy

import (
	"fmt"
	"path/filepath"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	credentialv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/credential_injector/v3"
	headermutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	codecv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/upstream_codec/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	genericv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/injected_credentials/generic/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/llmroute/llmroute/internal/config"
)

// Times of connections.
const (
	localConnect = time.Second
	// poolIdle closes unused connections before a provider's load balancer does: those wait 60 s and more, and a
	// request on a connection that was just closed costs an attempt.
	poolIdle = 55 * time.Second
	// Unlike a quiet stream, a peer that is gone acknowledges nothing. Found after 60 s + 3 * 10 s.
	keepaliveAfter, keepaliveEvery, keepaliveProbes = 60, 10, 3
	// llmroute's own connections are kept warm and checked; its server must allow pings this often.
	pingEvery, pingTimeout = 30 * time.Second, 5 * time.Second
	// llmroute is away when it was not connected to so often in a row. A refused connection counts at once.
	presenceEvery, presenceTimeout, presenceFailures = 250 * time.Millisecond, 2 * time.Second, 2
)

// Passive health checks find single dead addresses of a provider that has several. The provider as a whole is
// llmroute's to judge: it leaves a sick one out of the plan.
const (
	ejectAfter      = 5 // failures in a row to connect, or resets
	ejectFor        = 10 * time.Second
	ejectMaxPercent = 49 // below half also where the dead end is counted in, so that a lone address is never ejected
)

// provider is one provider as the parts of a configuration need it.
type provider struct {
	name        string
	config      config.Provider
	endpoint    endpoint
	credentials []Credential
}

// provider reads an entry of the configuration. Errors start with the setting's path below the provider.
func (b *builder) provider(e config.Entry[config.Provider]) (*provider, error) {
	ep, err := parseEndpoint(e.Value.Endpoint)
	if err != nil {
		return nil, fmt.Errorf(".endpoint: %w", err)
	}
	creds, err := credentials(e.Name, e.Value)
	if err != nil {
		return nil, err
	}
	if len(creds) > 0 && !filepath.IsAbs(b.options.SecretsDir) {
		return nil, fmt.Errorf(": %s needs a folder of secret files, by its absolute path", creds[0].file)
	}
	return &provider{name: e.Name, config: e.Value, endpoint: ep, credentials: creds}, nil
}

// direct is the cluster of a provider, and so its direct door.
func (b *builder) direct(p *provider, strip []*mutationv3.HeaderMutation) *clusterv3.Cluster {
	discovery := clusterv3.Cluster_STRICT_DNS
	if p.endpoint.ip {
		discovery = clusterv3.Cluster_STATIC
	}
	request := append(clone(strip), removePrefix("x-llmroute-"), removePrefix("x-envoy-"))
	if p.signs() { // the door before has taken the client's credentials away, and what it then set must stay
		request = []*mutationv3.HeaderMutation{removePrefix("x-forwarded-"), removePrefix("x-llmroute-"), removePrefix("x-envoy-")}
	}
	response := []*mutationv3.HeaderMutation{
		removePrefix("x-llmroute-"),
		removePrefix("x-envoy-"), // a provider behind an Envoy of its own must not steer this one
		set("x-llmroute-provider", p.name),
		set(answerHeader, metadata("answer")),
	}
	c := &clusterv3.Cluster{
		Name:                 p.cluster(),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: discovery},
		ConnectTimeout:       durationpb.New(b.config.Timeouts.Connect),
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: p.cluster(),
			Endpoints: locality(&endpointv3.Endpoint{
				Address:  socket(p.endpoint.host, p.endpoint.port),
				Hostname: p.endpoint.authority,
			}),
		},
		CircuitBreakers:               unlimited(),
		OutlierDetection:              outliers(),
		UpstreamConnectionOptions:     keepalive(),
		TransportSocket:               b.tls("providers."+p.name+".ca_file", p.endpoint, p.config.CAFile, p.config.HTTP),
		TypedExtensionProtocolOptions: b.protocolOptions(upstreamProtocol(p), &corev3.HttpProtocolOptions{IdleTimeout: durationpb.New(poolIdle)}, b.upstreamFilters(request, response, p)...),
	}
	if discovery == clusterv3.Cluster_STRICT_DNS {
		c.DnsLookupFamily = clusterv3.Cluster_V4_PREFERRED
		c.RespectDnsTtl = true //nolint:staticcheck // what replaces it is not in all versions that this runs on
		addDeadEnd(c.LoadAssignment)
	}
	return c
}

// addDeadEnd gives a cluster an endpoint of last resort that refuses at once. A cluster whose name does not resolve
// has no endpoint at all, and Envoy's router answers that with 503 instead of going on to the plan's next entry;
// a refused connection it retries. Nothing can listen for TCP on the broadcast address (RFC 919).
func addDeadEnd(a *endpointv3.ClusterLoadAssignment) {
	dead := locality(&endpointv3.Endpoint{Address: socket("255.255.255.255", 1)})
	dead[0].Priority = 1
	a.Endpoints = append(a.Endpoints, dead...)
	// As long as half of the real addresses are well, and no more than that are ever ejected, none of the load
	// goes to the dead end.
	a.Policy = &endpointv3.ClusterLoadAssignment_Policy{OverprovisioningFactor: wrapperspb.UInt32(2 * 100)}
}

// upstreamFilters are the header-only filters of a door: what is taken away, what the provider alone gets,
// the codec.
func (b *builder) upstreamFilters(request, response []*mutationv3.HeaderMutation, p *provider) []*hcmv3.HttpFilter {
	filters := []*hcmv3.HttpFilter{b.filter("llmroute.headers", &headermutationv3.HeaderMutation{
		Mutations: &headermutationv3.Mutations{RequestMutations: request, ResponseMutations: response},
	})}
	for _, cred := range p.credentials {
		switch cred.form {
		case headerValue:
			filters = append(filters, b.injector("generic", &genericv3.Generic{
				Credential: cred.sds(b.options.SecretsDir),
				Header:     cred.Header,
			}))
		case oauth2Secret:
			filters = append(filters, b.injector("oauth2", b.oauth2(p.config.Auth.OAuth2, cred)))
		case awsProfile: // read where requests are signed, in the adapting door
		}
	}
	return append(filters, b.filter("envoy.filters.http.upstream_codec", &codecv3.UpstreamCodec{}))
}

// injector sets a header, whatever stood in it.
func (b *builder) injector(source string, m proto.Message) *hcmv3.HttpFilter {
	return b.filter("llmroute.credential", &credentialv3.CredentialInjector{
		Overwrite: true,
		Credential: &corev3.TypedExtensionConfig{
			Name:        "envoy.http.injected_credentials." + source,
			TypedConfig: b.pack(m),
		},
	})
}

// protocolOptions completes o, which says the HTTP version.
func (b *builder) protocolOptions(o *httpv3.HttpProtocolOptions, common *corev3.HttpProtocolOptions, filters ...*hcmv3.HttpFilter) map[string]*anypb.Any {
	o.CommonHttpProtocolOptions = common
	o.HttpFilters = filters
	return map[string]*anypb.Any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": b.pack(o)}
}

func upstreamProtocol(p *provider) *httpv3.HttpProtocolOptions {
	switch {
	case p.config.HTTP == "2":
		return http2()
	case p.config.HTTP == "1" || !p.endpoint.tls:
		return &httpv3.HttpProtocolOptions{UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_{
			ExplicitHttpConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig{
				ProtocolConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_HttpProtocolOptions{
					HttpProtocolOptions: &corev3.Http1ProtocolOptions{},
				},
			},
		}}
	}
	return &httpv3.HttpProtocolOptions{UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_AutoConfig{
		AutoConfig: &httpv3.HttpProtocolOptions_AutoHttpConfig{
			HttpProtocolOptions:  &corev3.Http1ProtocolOptions{},
			Http2ProtocolOptions: &corev3.Http2ProtocolOptions{},
		},
	}}
}

func http2() *httpv3.HttpProtocolOptions {
	return http2With(&corev3.Http2ProtocolOptions{})
}

func http2With(h2 *corev3.Http2ProtocolOptions) *httpv3.HttpProtocolOptions {
	return &httpv3.HttpProtocolOptions{UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_{
		ExplicitHttpConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig{
			ProtocolConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_Http2ProtocolOptions{Http2ProtocolOptions: h2},
		},
	}}
}

// llmroute is the cluster of llmroute itself.
func (b *builder) llmroute() *clusterv3.Cluster {
	addr, name, err := dialAddress(b.llmrouteAddr())
	if err != nil {
		b.fail(fmt.Errorf("listen.grpc: %w", err))
	}
	c := &clusterv3.Cluster{
		Name:                 ClusterLLMRoute,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC},
		ConnectTimeout:       durationpb.New(localConnect),
		LbPolicy:             clusterv3.Cluster_LEAST_REQUEST,
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: ClusterLLMRoute,
			Endpoints:   locality(&endpointv3.Endpoint{Address: addr}),
		},
		CircuitBreakers: unlimited(),
		HealthChecks:    []*corev3.HealthCheck{presence()},
		CommonLbConfig:  &clusterv3.Cluster_CommonLbConfig{HealthyPanicThreshold: &typev3.Percent{}}, // 0: never to one that is away
		TypedExtensionProtocolOptions: b.protocolOptions(http2With(&corev3.Http2ProtocolOptions{
			ConnectionKeepalive: &corev3.KeepaliveSettings{
				Interval: durationpb.New(pingEvery),
				Timeout:  durationpb.New(pingTimeout),
			},
		}), nil),
	}
	if name {
		c.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STRICT_DNS}
		c.DnsLookupFamily = clusterv3.Cluster_V4_PREFERRED
	}
	return c
}

// presence finds out whether llmroute is there, which is all that a connection tells. Only while Envoy knows that it is away does it
// keep entries of the access log for later. Whether llmroute is well is for those to ask who send traffic to its replicas.
func presence() *corev3.HealthCheck {
	return &corev3.HealthCheck{
		Timeout:            durationpb.New(presenceTimeout),
		Interval:           durationpb.New(presenceEvery),
		NoTrafficInterval:  durationpb.New(presenceEvery),
		UnhealthyThreshold: wrapperspb.UInt32(presenceFailures),
		HealthyThreshold:   wrapperspb.UInt32(1),
		HealthChecker:      &corev3.HealthCheck_TcpHealthCheck_{TcpHealthCheck: &corev3.HealthCheck_TcpHealthCheck{}},
	}
}

// none is a cluster that answers 503.
func none() *clusterv3.Cluster {
	return &clusterv3.Cluster{
		Name:                 ClusterNone,
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC},
		ConnectTimeout:       durationpb.New(localConnect),
		LoadAssignment:       &endpointv3.ClusterLoadAssignment{ClusterName: ClusterNone},
	}
}

func locality(e *endpointv3.Endpoint) []*endpointv3.LocalityLbEndpoints {
	return []*endpointv3.LocalityLbEndpoints{{LbEndpoints: []*endpointv3.LbEndpoint{{
		HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: e},
	}}}}
}

// unlimited lifts Envoy's default circuit breakers: 1024 requests at a time, and 3 retries, would break fallback
// just when a provider fails.
func unlimited() *clusterv3.CircuitBreakers {
	most := wrapperspb.UInt32(1 << 20)
	return &clusterv3.CircuitBreakers{Thresholds: []*clusterv3.CircuitBreakers_Thresholds{{
		MaxConnections:     most,
		MaxPendingRequests: most,
		MaxRequests:        most,
		MaxRetries:         most,
	}}}
}

func keepalive() *clusterv3.UpstreamConnectionOptions {
	return &clusterv3.UpstreamConnectionOptions{TcpKeepalive: &corev3.TcpKeepalive{
		KeepaliveTime:     wrapperspb.UInt32(keepaliveAfter),
		KeepaliveInterval: wrapperspb.UInt32(keepaliveEvery),
		KeepaliveProbes:   wrapperspb.UInt32(keepaliveProbes),
	}}
}

func outliers() *clusterv3.OutlierDetection {
	never := wrapperspb.UInt32(0)
	return &clusterv3.OutlierDetection{
		SplitExternalLocalOriginErrors:  true,
		ConsecutiveLocalOriginFailure:   wrapperspb.UInt32(ejectAfter),
		EnforcingLocalOriginSuccessRate: never,
		// A provider's 5xx and 429 come from the service, not from one address of it.
		EnforcingConsecutive_5Xx:           never,
		EnforcingConsecutiveGatewayFailure: never,
		EnforcingSuccessRate:               never,
		BaseEjectionTime:                   durationpb.New(ejectFor),
		MaxEjectionPercent:                 wrapperspb.UInt32(ejectMaxPercent),
	}
}
