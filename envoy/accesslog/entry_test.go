package accesslog

import (
	"slices"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	aiv3 "github.com/envoyproxy/go-control-plane/envoy/data/ai/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func TestTheModelIsThatOfTheLastAttempt(t *testing.T) {
	const plan = "alpha/fast beta/meta/llama-3 alpha/large"
	for name, tc := range map[string]struct {
		plan, provider string
		attempts       int
		model          string
		failed         []Target
	}{
		"the first":                          {plan, "alpha", 1, "fast", nil},
		"the second, with a slash":           {plan, "beta", 2, "meta/llama-3", []Target{{"alpha", "fast"}}},
		"the third, at the first's provider": {plan, "alpha", 3, "large", []Target{{"alpha", "fast"}, {"beta", "meta/llama-3"}}},
		"more attempts than entries":         {"alpha/fast", "alpha", 2, "fast", nil},
		"no provider was reached":            {plan, "", 1, "fast", nil},
		"no plan":                            {"", "alpha", 1, "", nil},
		"no attempt":                         {plan, "", 0, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			model, failed := tried(tc.plan, tc.provider, tc.attempts)
			if model != tc.model || !slices.Equal(failed, tc.failed) {
				t.Errorf("got %q after %v, want %q after %v", model, failed, tc.model, tc.failed)
			}
		})
	}
}

func TestAnEntryTellsUsageTimesAndOutcome(t *testing.T) {
	usage, err := anypb.New(&aiv3.TokenUsage{
		InputTokens: wrapperspb.UInt64(11), OutputTokens: wrapperspb.UInt64(7),
		InputTokenDetails: &aiv3.InputTokenDetails{CachedTokens: wrapperspb.UInt64(3)},
	})
	if err != nil {
		t.Fatal(err)
	}
	decision, err := structpb.NewStruct(map[string]any{"models": "alpha/fast", "route": "default", "op": "chat_completions", "stream": "true"})
	if err != nil {
		t.Fatal(err)
	}
	e := read(t, KindRequest, &logv3.HTTPAccessLogEntry{
		CommonProperties: &logv3.AccessLogCommon{
			UpstreamCluster: "alpha.adapt", UpstreamRequestAttemptCount: 1, TimeToFirstUpstreamRxByte: durationpb.New(40 * time.Millisecond),
			ResponseFlags: &logv3.ResponseFlags{DownstreamConnectionTermination: true},
			Metadata: &corev3.Metadata{
				FilterMetadata:      map[string]*structpb.Struct{"llmroute": decision},
				TypedFilterMetadata: map[string]*anypb.Any{"envoy.ai.token_usage": usage},
			},
		},
		Response: &logv3.HTTPResponseProperties{ResponseCode: wrapperspb.UInt32(200)},
	})
	if e.Provider != "alpha" || e.Model != "fast" || e.Route != "default" || !e.Stream || !e.ClientLeft || e.Status != 200 || e.FirstByte != 40*time.Millisecond {
		t.Errorf("got %+v", e)
	}
	if u := e.Usage; u == nil || u.Input != 11 || u.Output != 7 || u.Cached != 3 {
		t.Errorf("usage %+v", u)
	}
}

func TestADoorTellsWhatTheProviderSaid(t *testing.T) {
	for kind, partial := range map[string]bool{"final": false, "partial": true} {
		log := map[string]Kind{"final": KindRequest, "partial": KindDoor}[kind] // the log of requests, and that of doors alone
		noted, err := structpb.NewStruct(map[string]any{
			"id": "1", "provider": "alpha", "model": "fast", "attempt": 2, "usage": kind, "usage_input": 100, "usage_cached": 60, "usage_cache_write": 5,
			"usage_output": 40, "usage_reasoning": 30,
		})
		if err != nil {
			t.Fatal(err)
		}
		e := read(t, log, &logv3.HTTPAccessLogEntry{CommonProperties: &logv3.AccessLogCommon{
			UpstreamCluster: "alpha", Metadata: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{"llmroute": noted}},
		}})
		want := Usage{Input: 100, Cached: 60, CacheWrite: 5, Output: 40, Reasoning: 30, Partial: partial}
		if e.Kind != KindDoor || e.ID != "1" || e.Provider != "alpha" || e.Model != "fast" || e.Try != 2 || e.Usage == nil || *e.Usage != want {
			t.Errorf("%s: got %+v, usage %+v", kind, e, e.Usage)
		}
	}
	if e := read(t, KindDoor, &logv3.HTTPAccessLogEntry{}); e.Usage != nil {
		t.Errorf("nothing noted: %+v", e.Usage)
	}
}

func TestARequestTellsItsEstimateAndItsDoor(t *testing.T) {
	decision, err := structpb.NewStruct(map[string]any{"models": "alpha/fast", "id": "1", "input_tokens": 12})
	if err != nil {
		t.Fatal(err)
	}
	for cluster, through := range map[string]bool{"alpha": false, "alpha.adapt": true} {
		e := read(t, KindRequest, &logv3.HTTPAccessLogEntry{CommonProperties: &logv3.AccessLogCommon{
			UpstreamCluster: cluster, UpstreamRequestAttemptCount: 1, ResponseFlags: &logv3.ResponseFlags{DownstreamRemoteReset: true},
			Metadata: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{"llmroute": decision}},
		}})
		if e.Adapted != through || e.Provider != "alpha" || e.InputTokens != 12 || !e.ClientLeft {
			t.Errorf("%s: got %+v", cluster, e)
		}
	}
}
