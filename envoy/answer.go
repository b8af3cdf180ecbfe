package envoy

import (
	xdsmatcherv3 "github.com/cncf/xds/go/xds/type/matcher/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	matchingv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/common/matching/v3"
	skipv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/common/matcher/action/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_proc/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/proto"

	xdscorev3 "github.com/cncf/xds/go/xds/core/v3"
)

// answerHeader is set on answers of providers by their doors, from what the route stage left in the metadata: what must be
// known of the request to translate its answer. Answers of Envoy's own do not have it.
const answerHeader = "x-llmroute-answer"

// answerStage translates the answers to requests that the route stage has translated. All others pass it by.
func (b *builder) answerStage() *matchingv3.ExtensionWithMatcher {
	return &matchingv3.ExtensionWithMatcher{
		XdsMatcher: b.unlessAnswer(&skipv3.SkipFilter{}),
		ExtensionConfig: &corev3.TypedExtensionConfig{Name: filterAnswer, TypedConfig: b.pack(&extprocv3.ExternalProcessor{
			GrpcService: grpcService([]*corev3.HeaderValue{{Key: "x-llmroute-stage", Value: "answer"}}),
			ProcessingMode: &extprocv3.ProcessingMode{
				RequestHeaderMode:   extprocv3.ProcessingMode_SKIP,
				RequestBodyMode:     extprocv3.ProcessingMode_NONE,
				ResponseHeaderMode:  extprocv3.ProcessingMode_SEND,
				ResponseBodyMode:    extprocv3.ProcessingMode_FULL_DUPLEX_STREAMED,
				ResponseTrailerMode: extprocv3.ProcessingMode_SEND,
			},
			AllowContentLengthHeader: true,
			StatusOnError:            &typev3.HttpStatus{Code: typev3.StatusCode_ServiceUnavailable},
			MetadataOptions:          receiving(),
		})},
	}
}

// unlessAnswer does action where the answer has no answerHeader.
func (b *builder) unlessAnswer(action proto.Message) *xdsmatcherv3.Matcher {
	type (
		list      = xdsmatcherv3.Matcher_MatcherList
		predicate = xdsmatcherv3.Matcher_MatcherList_Predicate
		single    = xdsmatcherv3.Matcher_MatcherList_Predicate_SinglePredicate
	)
	has := &predicate{MatchType: &xdsmatcherv3.Matcher_MatcherList_Predicate_SinglePredicate_{SinglePredicate: &single{
		Input: &xdscorev3.TypedExtensionConfig{
			Name: "header", TypedConfig: b.pack(&matcherv3.HttpResponseHeaderMatchInput{HeaderName: answerHeader}),
		},
		Matcher: &xdsmatcherv3.Matcher_MatcherList_Predicate_SinglePredicate_ValueMatch{ValueMatch: &xdsmatcherv3.StringMatcher{
			MatchPattern: &xdsmatcherv3.StringMatcher_Prefix{Prefix: "{"},
		}},
	}}}
	return &xdsmatcherv3.Matcher{MatcherType: &xdsmatcherv3.Matcher_MatcherList_{MatcherList: &list{
		Matchers: []*xdsmatcherv3.Matcher_MatcherList_FieldMatcher{{
			Predicate: &predicate{MatchType: &xdsmatcherv3.Matcher_MatcherList_Predicate_NotMatcher{NotMatcher: has}},
			OnMatch: &xdsmatcherv3.Matcher_OnMatch{OnMatch: &xdsmatcherv3.Matcher_OnMatch_Action{
				Action: &xdscorev3.TypedExtensionConfig{Name: "skip", TypedConfig: b.pack(action)},
			}},
		}},
	}}}
}
