package envoy

import (
	"errors"
	"fmt"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	internallistenerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/bootstrap/internal_listener/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/llmroute/llmroute/internal/config"
)

// Options is what the configuration file does not say.
type Options struct {
	// SecretsDir is the absolute path of the folder that Envoy reads keys from, as Envoy sees it. It may be empty
	// if no provider has a key.
	SecretsDir string
	// CAFile is the absolute path of the certificates to trust, as Envoy sees it. Empty: the system's, found here.
	CAFile string
	// BaseDir is the absolute path that relative paths in the configuration start from. Empty: the working folder.
	BaseDir string
	// LLMRoute is where Envoy reaches llmroute's gRPC, `host:port` or `unix:/path`. Empty: listen.grpc.
	LLMRoute string
	// Strip names request headers that no provider may see, beyond those that doors always take away: such as an
	// ingress's own.
	Strip []string
}

// Names in the generated configuration that others rely on.
const (
	// AdaptSuffix after a provider's name makes its adapting door.
	AdaptSuffix = ".adapt"
	// SignedSuffix after a provider's name makes the cluster of a provider whose requests are signed by Envoy. It can
	// only be reached through the adapting door: there is no direct one.
	SignedSuffix = ".signed"
	// TokenSuffix after a provider's name makes the cluster that its access tokens come from.
	TokenSuffix = ".token"
	// ClusterLLMRoute is llmroute itself.
	ClusterLLMRoute = "llmroute"
	// ClusterNone has no endpoint. It answers what no plan was made for.
	ClusterNone = "llmroute.none"
	// LogRequests names the access log with one entry a request, and one for each attempt that went through an adapting
	// door; LogAttempts the one with an entry an attempt. Doors of configurations that an earlier llmroute made have LogDoors.
	LogRequests = "llmroute"
	LogAttempts = "llmroute.upstream"
	LogDoors    = "llmroute.door"
	// Namespace holds llmroute's dynamic metadata.
	Namespace = "llmroute"
)

// Resources are the parts of a configuration, for an Envoy that has others too.
type Resources struct {
	Ingress  *listenerv3.Listener
	Doors    []*listenerv3.Listener // one internal listener a provider
	Clusters []*clusterv3.Cluster
}

// Generate returns the whole configuration of an Envoy that serves c and nothing else. It fails with the path of
// the setting that Envoy cannot be given.
func Generate(c *config.Config, o Options) (*bootstrapv3.Bootstrap, error) {
	r, err := NewResources(c, o)
	if err != nil {
		return nil, err
	}
	admin, err := listenAddress(c.Listen.EnvoyAdmin)
	if err != nil {
		return nil, fmt.Errorf("listen.envoy_admin: %w", err)
	}
	internal, err := internalListeners()
	if err != nil {
		return nil, err
	}
	return &bootstrapv3.Bootstrap{
		// Secrets and access logs need a node that names itself. Envoy's --service-node and --service-cluster win.
		Node:                &corev3.Node{Id: "llmroute", Cluster: "llmroute"},
		Admin:               &bootstrapv3.Admin{Address: admin},
		BootstrapExtensions: []*corev3.TypedExtensionConfig{internal},
		StaticResources: &bootstrapv3.Bootstrap_StaticResources{
			Listeners: append([]*listenerv3.Listener{r.Ingress}, r.Doors...),
			Clusters:  r.Clusters,
		},
	}, nil
}

// internalListeners is the extension that adapting doors need.
func internalListeners() (*corev3.TypedExtensionConfig, error) {
	internal, err := anypb.New(&internallistenerv3.InternalListener{})
	if err != nil {
		return nil, err
	}
	return &corev3.TypedExtensionConfig{Name: "envoy.bootstrap.internal_listener", TypedConfig: internal}, nil
}

// NewResources returns the listeners and clusters that serve c.
func NewResources(c *config.Config, o Options) (*Resources, error) {
	b := &builder{config: c, options: o}
	r := &Resources{Ingress: b.ingress()}
	var err error
	if r.Doors, r.Clusters, err = b.backends(); err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, b.err
	}
	return r, nil
}

// backends are what a plan leads to, and llmroute itself.
func (b *builder) backends() (doors []*listenerv3.Listener, clusters []*clusterv3.Cluster, err error) {
	strip := b.stripped()
	providers := usable(b.config)
	if len(providers) == 0 {
		return nil, nil, errNoCredential
	}
	for _, p := range providers {
		pr, err := b.provider(p)
		if err != nil {
			return nil, nil, fmt.Errorf("providers.%s%w", p.Name, err)
		}
		clusters = append(clusters, b.direct(pr, strip), b.adapting(pr, strip))
		clusters = append(clusters, b.tokenSources(pr)...)
		doors = append(doors, b.door(pr))
	}
	return doors, append(clusters, b.llmroute(), none()), nil
}

var errNoCredential = errors.New("no provider has its credential; set the environment variables of at least one")

// usable are the providers that have what they need. What a plan cannot name needs no door.
func usable(c *config.Config) []config.Entry[config.Provider] {
	var out []config.Entry[config.Provider]
	for _, p := range c.Providers {
		if len(p.Value.Missing) == 0 {
			out = append(out, p)
		}
	}
	return out
}

// builder holds what all parts need, and the first thing that went wrong, so that each part reads as data.
type builder struct {
	config  *config.Config
	options Options
	err     error
}

// pack wraps m. Failing is a fault of this package, not of the configuration.
func (b *builder) pack(m proto.Message) *anypb.Any {
	if v, ok := m.(interface{ ValidateAll() error }); ok { // Envoy's own constraints
		if err := v.ValidateAll(); err != nil {
			b.fail(err)
		}
	}
	a, err := anypb.New(m)
	if err != nil {
		b.fail(fmt.Errorf("cannot pack %s: %w", m.ProtoReflect().Descriptor().FullName(), err))
	}
	return a
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// llmrouteAddr is where Envoy reaches llmroute.
func (b *builder) llmrouteAddr() string {
	if b.options.LLMRoute != "" {
		return b.options.LLMRoute
	}
	return b.config.Listen.GRPC
}
