package envoy

import (
	"strings"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	prioritygroupv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/router/cluster_specifiers/priority_group/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// retryOn is what moves a request to the plan's next entry. "5xx" covers every such status and an answer that
// does not come, the first-byte timeout included; the others say so in words that also hold when it is edited.
const retryOn = "5xx,reset,connect-failure,refused-stream,retriable-status-codes,retriable-headers"

// retryHeader is set by the adapt stage on an answer that another entry of the plan may well have a better one for.
const retryHeader = "x-llmroute-retry"

// tooManyRequests is the provider's rate limit, which is not everyone's.
const tooManyRequests = 429

// The next attempt goes to another provider, so there is nothing to wait for; the jitter only keeps many requests
// from moving in step.
const (
	backOffBase = 5 * time.Millisecond
	backOffMax  = 50 * time.Millisecond
)

// leastRetries keeps a plan of a few entries whole where no route says more.
const leastRetries = 2

// route takes everything: what is not an API, the route stage answers itself.
func (b *builder) route() *routev3.Route {
	return &routev3.Route{
		Name:  "llmroute",
		Match: &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: "/"}},
		Action: &routev3.Route_Route{Route: &routev3.RouteAction{
			ClusterSpecifier: &routev3.RouteAction_InlineClusterSpecifierPlugin{
				InlineClusterSpecifierPlugin: b.planned(),
			},
			HostRewriteSpecifier: &routev3.RouteAction_AutoHostRewrite{AutoHostRewrite: wrapperspb.Bool(true)},
			// The provider's path, where it is not the client's. Without the header the path stays.
			PathRewrite: "%REQ(x-llmroute-path)%",
			Timeout:     durationpb.New(0), // a stream may take as long as it moves
			RetryPolicy: b.retryPolicy(),
		}},
		// A retry sends the body again, so the largest one that llmroute accepts must fit.
		RequestBodyBufferLimit:  wrapperspb.UInt64(b.largestBody()),
		ResponseHeadersToAdd:    resultHeaders(),
		ResponseHeadersToRemove: []string{retryHeader},
	}
}

// largestBody is what Envoy may have to keep of one request.
func (b *builder) largestBody() uint64 { return uint64(b.config.Limits.BodyBytes) + bodyBufferSlack }

// planned takes the cluster of each attempt from the plan that the route stage left in the metadata. Without a
// plan there is a cluster without endpoints, and so 503.
func (b *builder) planned() *routev3.ClusterSpecifierPlugin {
	return &routev3.ClusterSpecifierPlugin{Extension: &corev3.TypedExtensionConfig{
		Name: "llmroute.plan",
		TypedConfig: b.pack(&prioritygroupv3.PriorityGroupClusterSpecifier{
			PriorityGroups: []*prioritygroupv3.PriorityGroup{{
				Name: "none",
				Clusters: []*prioritygroupv3.ClusterWeight{
					{ClusterName: ClusterNone, Weight: wrapperspb.UInt32(1)},
				},
			}},
			OverrideMetadataNamespace: Namespace,
		}),
	}}
}

func (b *builder) retryPolicy() *routev3.RetryPolicy {
	t := b.config.Timeouts
	return &routev3.RetryPolicy{
		RetryOn:              retryOn,
		RetriableStatusCodes: []uint32{tooManyRequests},
		RetriableHeaders: []*routev3.HeaderMatcher{{
			Name:                 retryHeader,
			HeaderMatchSpecifier: &routev3.HeaderMatcher_PresentMatch{PresentMatch: true},
		}},
		NumRetries: wrapperspb.UInt32(b.retries()),
		// To the response headers. The route stage shortens it for a streamed answer.
		PerTryTimeout: durationpb.New(max(t.FirstByteStream, t.FirstByteJSON)),
		// Also holds between chunks, so it must not be below the time that a JSON answer may take.
		PerTryIdleTimeout:     durationpb.New(max(t.Idle, t.FirstByteStream, t.FirstByteJSON)),
		RefreshClusterOnRetry: true,
		RetryBackOff: &routev3.RetryPolicy_RetryBackOff{
			BaseInterval: durationpb.New(backOffBase),
			MaxInterval:  durationpb.New(backOffMax),
		},
	}
}

// retries is the most that any route asks for. The route stage sets the number of each request.
func (b *builder) retries() uint32 {
	n := leastRetries
	for _, r := range b.config.Routes {
		if r.Fallbacks != nil {
			n = max(n, *r.Fallbacks)
		}
	}
	return uint32(n)
}

// resultHeaders tell the client what was decided. The doors know better who answered, so what they set stays.
func resultHeaders() []*corev3.HeaderValueOption {
	options := []*corev3.HeaderValueOption{headerOption(
		"x-llmroute-attempts", attemptCount, corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	)}
	for _, name := range []string{"model", "provider", "route", "reason", "dropped"} {
		options = append(options, headerOption("x-llmroute-"+name, metadata(name), corev3.HeaderValueOption_ADD_IF_ABSENT))
	}
	// What a client can quote, and what llmroute's log and records have. The provider's own x-request-id stays the provider's.
	options = append(options, headerOption("x-llmroute-request-id", "%REQ(x-request-id)%", corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD))
	for _, name := range []string{"budget", "budget_remaining_usd", "budget_remaining_tokens"} { // where a budget counts the request
		options = append(options, headerOption("x-llmroute-"+strings.ReplaceAll(name, "_", "-"), metadata(name), corev3.HeaderValueOption_ADD_IF_ABSENT))
	}
	return options
}

// attemptCount formats the number of the attempt, from 1: adapt's place in the plan. Envoy's own header of that kind is
// a setting of a whole virtual host, where others' routes may be.
const attemptCount = "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"

// metadata formats a string that llmroute set for this stream.
func metadata(name string) string { return "%DYNAMIC_METADATA(" + Namespace + ":" + name + ")%" }
