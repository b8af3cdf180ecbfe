package accesslog

import (
	"strings"
	"time"

	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	aiv3 "github.com/envoyproxy/go-control-plane/envoy/data/ai/v3"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Entry is what Envoy tells of one request, or of one attempt.
type Entry struct {
	Attempt bool // of the router's upstream log

	ID                 string // of the request, by llmroute: unique
	RequestID          string // x-request-id
	StreamID           string // of this request in its Envoy, unique
	Team, User, Client string // as route saw them
	Strategy           string

	Op, Route string
	Model     string // that answered, or was tried last; empty in attempts' own entries, which lack the metadata
	Provider  string
	Failed    []Target // what was tried before, in order
	Stream    bool
	Code      string // llmroute's refusal; empty: none

	Status     int // 0: the client left before there was one
	Attempts   int // of the request so far
	ClientLeft bool

	Started             time.Time
	Elapsed             time.Duration // since Started
	FirstByte, LastByte time.Duration // of the answer, since Started; 0: there was none

	RequestBytes, ResponseBytes uint64 // of the bodies

	Usage *Usage // nil: Envoy found none
}

// Target is one entry of a plan.
type Target struct{ Provider, Model string }

// Usage counts tokens as Envoy read them from the answer.
type Usage struct {
	Input, Cached, CacheWrite, Output, Reasoning int64
}

// The metadata namespaces of an entry.
const (
	decisionKey = "llmroute"
	usageKey    = "envoy.ai.token_usage"
)

func read(in *logv3.HTTPAccessLogEntry) *Entry {
	common := in.GetCommonProperties()
	decision := common.GetMetadata().GetFilterMetadata()[decisionKey].GetFields()
	text := func(name string) string { return decision[name].GetStringValue() }
	e := &Entry{
		ID: text("id"), RequestID: in.GetRequest().GetRequestId(), StreamID: common.GetStreamId(),
		Team: text("team"), User: text("user"), Client: text("client"), Strategy: text("strategy"),
		Op: text("op"), Route: text("route"), Code: text("error"), Stream: text("stream") == "true",
		Status:        int(in.GetResponse().GetResponseCode().GetValue()),
		Attempts:      int(common.GetUpstreamRequestAttemptCount()),
		ClientLeft:    common.GetResponseFlags().GetDownstreamConnectionTermination(),
		Started:       common.GetStartTime().AsTime(),
		Elapsed:       span(common.GetDuration()),
		FirstByte:     span(common.GetTimeToFirstUpstreamRxByte()),
		LastByte:      span(common.GetTimeToLastUpstreamRxByte()),
		RequestBytes:  in.GetRequest().GetRequestBodyBytes(),
		ResponseBytes: in.GetResponse().GetResponseBodyBytes(),
		Usage:         usage(common),
	}
	e.Provider = strings.TrimSuffix(common.GetUpstreamCluster(), ".adapt")
	e.Model, e.Failed = tried(text("models"), e.Provider, e.Attempts)
	return e
}

// tried is the model that the last attempt went to, and what came before. plan holds "provider/model" for each entry.
func tried(plan, provider string, attempts int) (model string, failed []Target) {
	entries := strings.Fields(plan)
	if attempts < 1 || len(entries) == 0 {
		return "", nil
	}
	last := min(attempts, len(entries)) - 1 // Envoy repeats the last should attempts outnumber the plan
	for _, entry := range entries[:last] {
		p, m, _ := strings.Cut(entry, "/")
		failed = append(failed, Target{p, m})
	}
	model, ok := strings.CutPrefix(entries[last], provider+"/")
	if !ok { // no provider was reached
		_, model, _ = strings.Cut(entries[last], "/")
	}
	return model, failed
}

func span(d *durationpb.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.AsDuration()
}

func usage(common *logv3.AccessLogCommon) *Usage {
	typed := common.GetMetadata().GetTypedFilterMetadata()[usageKey]
	var u aiv3.TokenUsage
	if typed == nil || typed.UnmarshalTo(&u) != nil || u.GetInputTokens() == nil && u.GetOutputTokens() == nil {
		return nil
	}
	return &Usage{
		Input:      int64(u.GetInputTokens().GetValue()),
		Output:     int64(u.GetOutputTokens().GetValue()),
		Cached:     int64(u.GetInputTokenDetails().GetCachedTokens().GetValue()),
		CacheWrite: int64(u.GetInputTokenDetails().GetCacheCreationTokens().GetValue()),
		Reasoning:  int64(u.GetOutputTokenDetails().GetReasoningTokens().GetValue()),
	}
}
