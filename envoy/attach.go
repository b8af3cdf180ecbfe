package envoy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	celv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/filters/cel/v3"
	headermutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/llmroute/llmroute/internal/config"
)

// Filters that an Envoy with other routes gets. They are off but on the routes that turn them on.
const (
	filterClient = "llmroute.client" // takes away what clients must not say
	filterUsage  = "llmroute.usage"
	filterRoute  = "llmroute.route"
	filterAnswer = "llmroute.answer"
)

// At is a place in an Envoy that serves others too, where llmroute is to serve.
type At struct {
	Host  string // a domain of the virtual host, as it is written there, or the virtual host's name
	Path  string // a prefix, by whole segments; or any prefix where it ends in "/"
	Route string // of llmroute's configuration; empty: its rules choose
}

// ParseAt reads HOST/PATH or HOST/PATH=ROUTE: "ai.example.com/", "www.example.com/v1/chat=cheap", "*/v1".
func ParseAt(s string) (At, error) {
	place, route, named := strings.Cut(s, "=")
	host, path, ok := strings.Cut(place, "/")
	if !ok || host == "" || named && route == "" || strings.ContainsAny(path, "?#") {
		return At{}, fmt.Errorf("%q is not HOST/PATH or HOST/PATH=ROUTE, such as www.example.com/v1/chat=cheap", s)
	}
	return At{Host: host, Path: "/" + path, Route: route}, nil
}

func (a At) String() string {
	if a.Route == "" {
		return a.Host + a.Path
	}
	return a.Host + a.Path + "=" + a.Route
}

// Attachment is what an Envoy that serves others too needs so that it serves c at some places. Nothing in it touches
// a request that does not match one of Routes.
type Attachment struct {
	Node       *corev3.Node // if it has none yet
	Internal   *corev3.TypedExtensionConfig
	Filters    []*hcmv3.HttpFilter // right before the router
	AccessLog  *accesslogv3.AccessLog
	AttemptLog *accesslogv3.AccessLog // the router's
	Routes     []*routev3.Route       // one for each of Places
	Places     []At
	Doors      []*listenerv3.Listener
	Clusters   []*clusterv3.Cluster
}

// Attach returns what serves c at the given places. It fails with the path of the setting that Envoy cannot be given.
func Attach(c *config.Config, o Options, places []At) (*Attachment, error) {
	if len(places) == 0 {
		return nil, errors.New("no place is named at which llmroute is to serve")
	}
	places = slices.Clone(places)
	slices.SortStableFunc(places, func(a, b At) int { return len(b.Path) - len(a.Path) }) // the special before the general
	b := &builder{config: c, options: o}
	a := &Attachment{
		Node: &corev3.Node{Id: "llmroute", Cluster: "llmroute"},
		Filters: []*hcmv3.HttpFilter{
			b.off(filterClient, &headermutationv3.HeaderMutation{
				Mutations: &headermutationv3.Mutations{RequestMutations: steering()},
			}),
			b.off(filterUsage, usageFilter()),
			b.off(filterRoute, b.routeStage()),
			b.off(filterAnswer, b.answerStage()),
		},
		AccessLog:  b.accessLog(LogRequests, requestLogHeaders...),
		AttemptLog: b.accessLog(LogAttempts, attemptLogHeaders...),
		Places:     places,
	}
	// Other routes' requests are not llmroute's to know. Each of its own has an operation, or the code of a refusal.
	a.AccessLog.Filter, a.AttemptLog.Filter = anyOf(carries("op"), carries("error")), b.onOwnRoutes()
	for _, at := range places {
		if at.Route != "" && !slices.ContainsFunc(c.Routes, func(r config.Route) bool { return r.Name == at.Route }) {
			return nil, fmt.Errorf("%s: no route of the configuration is called %q", at, at.Route)
		}
		a.Routes = append(a.Routes, b.routeAt(at))
	}
	var err error
	if a.Internal, err = internalListeners(); err != nil {
		return nil, err
	}
	if a.Doors, a.Clusters, err = b.backends(); err != nil {
		return nil, err
	}
	return a, b.err
}

// off is a filter that does nothing unless a route turns it on.
func (b *builder) off(name string, m proto.Message) *hcmv3.HttpFilter {
	f := b.filter(name, m)
	f.Disabled = true
	return f
}

// routeAt is the route of an Envoy with others: it turns the filters on, and says what the listener says where llmroute
// has one of its own.
func (b *builder) routeAt(at At) *routev3.Route {
	r := b.route()
	r.Match = &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_PathSeparatedPrefix{PathSeparatedPrefix: at.Path}}
	if strings.HasSuffix(at.Path, "/") {
		r.Match.PathSpecifier = &routev3.RouteMatch_Prefix{Prefix: at.Path}
	}
	if at.Route != "" {
		r.Name += "." + at.Route
		r.Metadata = &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{
			Namespace: {Fields: map[string]*structpb.Value{"route": structpb.NewStringValue(at.Route)}},
		}}
	}
	r.GetRoute().IdleTimeout = durationpb.New(b.streamIdle()) // in place of the listener's stream_idle_timeout
	on := b.pack(&routev3.FilterConfig{Config: &anypb.Any{}})
	r.TypedPerFilterConfig = map[string]*anypb.Any{filterClient: on, filterUsage: on, filterRoute: on, filterAnswer: on}
	return r
}

// carries lets only requests be logged in whose metadata llmroute has left a key.
func carries(key string) *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_MetadataFilter{
		MetadataFilter: &accesslogv3.MetadataFilter{
			Matcher: &matcherv3.MetadataMatcher{
				Filter: Namespace,
				Path: []*matcherv3.MetadataMatcher_PathSegment{{
					Segment: &matcherv3.MetadataMatcher_PathSegment_Key{Key: key},
				}},
				Value: &matcherv3.ValueMatcher{MatchPattern: &matcherv3.ValueMatcher_PresentMatch{PresentMatch: true}},
			},
			MatchIfKeyNotFound: wrapperspb.Bool(false),
		},
	}}
}

// onOwnRoutes lets only attempts be logged on the routes of routeAt. The upstream log sees no dynamic metadata.
func (b *builder) onOwnRoutes() *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_ExtensionFilter{
		ExtensionFilter: &accesslogv3.ExtensionFilter{
			Name: "envoy.access_loggers.extension_filters.cel",
			ConfigType: &accesslogv3.ExtensionFilter_TypedConfig{TypedConfig: b.pack(&celv3.ExpressionFilter{
				Expression: `xds.route_name == "llmroute" || xds.route_name.startsWith("llmroute.")`,
			})},
		},
	}}
}

func anyOf(filters ...*accesslogv3.AccessLogFilter) *accesslogv3.AccessLogFilter {
	return &accesslogv3.AccessLogFilter{FilterSpecifier: &accesslogv3.AccessLogFilter_OrFilter{
		OrFilter: &accesslogv3.OrFilter{Filters: filters},
	}}
}
