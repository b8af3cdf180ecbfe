package accesslog

import (
	"reflect"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	aiv3 "github.com/envoyproxy/go-control-plane/envoy/data/ai/v3"
	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// read encodes an entry and decodes it.
func read(t testing.TB, kind Kind, in *logv3.HTTPAccessLogEntry) *Entry {
	t.Helper()
	e, err := decode(kind, encode(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// readMessage is decode by Protobuf's own decoder, to compare with.
func readMessage(kind Kind, in *logv3.HTTPAccessLogEntry) *Entry {
	common := in.GetCommonProperties()
	decision := common.GetMetadata().GetFilterMetadata()[decisionKey].GetFields()
	text := func(name string) string { return decision[name].GetStringValue() }
	number := func(name string) int64 { return int64(decision[name].GetNumberValue()) }
	headers := in.GetResponse().GetResponseHeaders()
	e := &Entry{
		Kind: kind, Attempt: kind == KindAttempt,
		ID: text("id"), RequestID: in.GetRequest().GetRequestId(), TraceParent: text("traceparent"), StreamID: common.GetStreamId(),
		Team: text("team"), User: text("user"), Client: text("client"), Strategy: text("strategy"),
		Op: text("op"), Route: text("route"), Code: text("error"), Stream: text("stream") == "true",
		Status:        int(in.GetResponse().GetResponseCode().GetValue()),
		Attempts:      int(common.GetUpstreamRequestAttemptCount()),
		ClientLeft:    common.GetResponseFlags().GetDownstreamConnectionTermination() || common.GetResponseFlags().GetDownstreamRemoteReset(),
		Started:       common.GetStartTime().AsTime(),
		UnderWay:      underWay(common.GetAccessLogType()),
		Broken:        brokenBy(common.GetResponseFlags()),
		RetryAfter:    retryAfter(headers[retryAfterHeader], headers[retryAfterMilliHeader], common.GetStartTime().AsTime()),
		Elapsed:       span(common.GetDuration()),
		FirstByte:     span(common.GetTimeToFirstUpstreamRxByte()),
		LastByte:      span(common.GetTimeToLastUpstreamRxByte()),
		RequestBytes:  in.GetRequest().GetRequestBodyBytes(),
		ResponseBytes: in.GetResponse().GetResponseBodyBytes(),
	}
	e.Usage = notedUsage(text("usage"), number)
	if e.Kind == KindRequest && int(number("attempt")) > 0 {
		e.Kind = KindDoor
	}
	if e.Kind == KindDoor {
		e.Provider, e.Model, e.Try = text("provider"), text("model"), int(number("attempt"))
		return e
	}
	e.InputTokens = number("input_tokens")
	if e.Usage == nil {
		e.Usage = usageOf(common)
	}
	e.Provider, e.Adapted = strings.CutSuffix(common.GetUpstreamCluster(), ".adapt")
	e.Model, e.Failed = tried(text("models"), e.Provider, e.Attempts)
	return e
}

// notedUsage is what the stage that translated the answer noted of the answer.
func notedUsage(kind string, number func(string) int64) *Usage {
	if kind == "" {
		return nil
	}
	return &Usage{
		Input: number("usage_input"), Cached: number("usage_cached"), CacheWrite: number("usage_cache_write"),
		Output: number("usage_output"), Reasoning: number("usage_reasoning"), Partial: kind != "final",
	}
}

func span(d *durationpb.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.AsDuration()
}

func usageOf(common *logv3.AccessLogCommon) *Usage {
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
		Partial:    u.GetExtractionStatus() == aiv3.TokenUsage_PARTIAL,
	}
}

func brokenBy(f *logv3.ResponseFlags) bool {
	return f.GetUpstreamConnectionFailure() || f.GetUpstreamConnectionTermination() || f.GetUpstreamRemoteReset() ||
		f.GetUpstreamRequestTimeout() || f.GetUpstreamProtocolError() || f.GetNoHealthyUpstream() || f.GetUpstreamOverflow() ||
		f.GetStreamIdleTimeout() || f.GetUpstreamMaxStreamDurationReached() || f.GetLocalReset()
}

// usual is the entry of a request as Envoy sends it, and what of it nobody reads.
func usual(t testing.TB) *logv3.HTTPAccessLogEntry {
	t.Helper()
	usage, err := anypb.New(&aiv3.TokenUsage{
		Model: "gpt-5-mini", InputTokens: wrapperspb.UInt64(1100), OutputTokens: wrapperspb.UInt64(70), TotalTokens: wrapperspb.UInt64(1170),
		InputTokenDetails:  &aiv3.InputTokenDetails{CachedTokens: wrapperspb.UInt64(300), CacheCreationTokens: wrapperspb.UInt64(5)},
		OutputTokenDetails: &aiv3.OutputTokenDetails{ReasoningTokens: wrapperspb.UInt64(20)},
		ExtractionStatus:   aiv3.TokenUsage_COMPLETE,
	})
	if err != nil {
		t.Fatal(err)
	}
	group := func(name string) any {
		return map[string]any{"name": name, "clusters": []any{map[string]any{"name": name, "cluster_name": name, "weight": 1}}}
	}
	decision, err := structpb.NewStruct(map[string]any{
		"id": "4bf92f3577b34da6a3ce929d0e0e4736", "team": "research", "user": "ann", "client": "app", "strategy": "cost", "op": "chat_completions",
		"route": "default", "stream": "true", "models": "alpha/fast beta/meta/llama-3 alpha/large", "model": "fast", "provider": "alpha",
		"input_tokens": 1104, "reason": "route default, strategy cost: USD 0.000012", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"plan":            `{"op":"chat_completions","try":[{"model":"fast","provider":"alpha","name":"gpt-5-mini"}]}` + strings.Repeat(" ", 200),
		"priority_groups": []any{group("alpha"), group("beta.adapt"), group("alpha.adapt")},
	})
	if err != nil {
		t.Fatal(err)
	}
	address := func(host string) *corev3.Address {
		return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
			Address: host, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 443},
		}}}
	}
	return &logv3.HTTPAccessLogEntry{
		ProtocolVersion: logv3.HTTPAccessLogEntry_HTTP11,
		CommonProperties: &logv3.AccessLogCommon{
			DownstreamRemoteAddress: address("10.0.0.1"), DownstreamLocalAddress: address("10.0.0.2"), UpstreamRemoteAddress: address("10.0.0.3"),
			StartTime: timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)), TimeToFirstUpstreamTxByte: durationpb.New(time.Millisecond),
			TimeToFirstUpstreamRxByte: durationpb.New(40 * time.Millisecond), TimeToLastUpstreamRxByte: durationpb.New(1500 * time.Millisecond),
			Duration: durationpb.New(1501 * time.Millisecond), UpstreamCluster: "alpha.adapt", UpstreamRequestAttemptCount: 3,
			ResponseFlags: &logv3.ResponseFlags{UpstreamRetryLimitExceeded: true}, StreamId: "a-1", RouteName: "llmroute",
			Metadata: &corev3.Metadata{
				FilterMetadata:      map[string]*structpb.Struct{"llmroute": decision, "other": {}},
				TypedFilterMetadata: map[string]*anypb.Any{"envoy.ai.token_usage": usage},
			},
			AccessLogType: logv3.AccessLogType_DownstreamEnd, UpstreamWireBytesReceived: 4711,
		},
		Request: &logv3.HTTPRequestProperties{
			RequestMethod: corev3.RequestMethod_POST, Scheme: "https", Authority: "llm.example", Path: "/v1/chat/completions", UserAgent: "OpenAI/Python 2.5.0",
			RequestId: "0a1b2c3d", RequestHeadersBytes: 400, RequestBodyBytes: 1024,
		},
		Response: &logv3.HTTPResponseProperties{
			ResponseCode: wrapperspb.UInt32(200), ResponseBodyBytes: 2048, ResponseCodeDetails: "via_upstream",
			ResponseHeaders: map[string]string{"x-llmroute-model": "fast", "retry-after": "7", "retry-after-ms": "6500"},
		},
	}
}

func TestAnEntryIsReadAsProtobufReadsIt(t *testing.T) {
	for name, in := range map[string]*logv3.HTTPAccessLogEntry{"a usual one": usual(t), "an empty one": {}} {
		for _, kind := range []Kind{KindRequest, KindAttempt, KindDoor} {
			t.Run(name, func(t *testing.T) {
				if got, want := read(t, kind, in), readMessage(kind, in); !reflect.DeepEqual(got, want) {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

func TestEachFlagIsReadAsProtobufReadsIt(t *testing.T) {
	flags := (&logv3.ResponseFlags{}).ProtoReflect().Descriptor().Fields()
	for i := range flags.Len() {
		field := flags.Get(i)
		if field.Kind() != protoreflect.BoolKind {
			continue
		}
		f := &logv3.ResponseFlags{}
		f.ProtoReflect().Set(field, protoreflect.ValueOfBool(true))
		in := &logv3.HTTPAccessLogEntry{CommonProperties: &logv3.AccessLogCommon{ResponseFlags: f}}
		if got, want := read(t, KindRequest, in), readMessage(KindRequest, in); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", field.Name(), got, want)
		}
	}
}

func TestAMessageSaysOnceWhichLogItIsOf(t *testing.T) {
	var got []*Entry
	s := NewService(func(e *Entry) { got = append(got, e) }, nil)
	logs := &alsv3.StreamAccessLogsMessage_HttpLogs{HttpLogs: &alsv3.StreamAccessLogsMessage_HTTPAccessLogEntries{
		LogEntry: []*logv3.HTTPAccessLogEntry{usual(t), usual(t)},
	}}
	var kind Kind
	for _, msg := range []*alsv3.StreamAccessLogsMessage{
		{Identifier: &alsv3.StreamAccessLogsMessage_Identifier{Node: &corev3.Node{Id: "edge"}, LogName: LogAttempts}, LogEntries: logs},
		{LogEntries: logs},
	} {
		if err := s.message(&kind, encode(t, msg)); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 4 {
		t.Fatalf("%d entries, want 4", len(got))
	}
	for _, e := range got {
		if e.Kind != KindAttempt || e.RequestID != "0a1b2c3d" {
			t.Errorf("got %+v", e)
		}
	}
}

func TestTextThatIsNotUTF8IsMendedAndAMessageCutShortIsRefused(t *testing.T) {
	in := usual(t)
	in.CommonProperties.StreamId = "broken-here"
	raw := []byte(strings.Replace(string(encode(t, in)), "broken-here", "broken-\xffere", 1))
	if e, err := decode(KindRequest, raw); err != nil || e.StreamID != "broken-\uFFFDere" {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := decode(KindRequest, raw[:len(raw)-1]); err == nil {
		t.Error("a message without its last byte was taken for whole")
	}
}

// FuzzEntry holds what is read of any bytes to what Protobuf reads of them.
func FuzzEntry(f *testing.F) {
	f.Add(encode(f, usual(f)), byte(KindRequest))
	f.Add(encode(f, usual(f)), byte(KindDoor))
	f.Add([]byte{}, byte(KindAttempt))
	f.Add([]byte{0x0a, 0x02, 0x08}, byte(KindAttempt))
	f.Fuzz(func(t *testing.T, raw []byte, kind byte) {
		_, err := decode(Kind(kind%3), raw)
		var in logv3.HTTPAccessLogEntry
		if proto.Unmarshal(raw, &in) != nil {
			return
		}
		if err != nil {
			t.Fatalf("Protobuf reads it: %v", err)
		}
		canonical, err := proto.Marshal(&in) // no field twice, which Protobuf joins and Envoy does not write
		if err != nil {
			t.Fatal(err)
		}
		e, err := decode(Kind(kind%3), canonical)
		if err != nil {
			t.Fatal(err)
		}
		want := readMessage(Kind(kind%3), &in)
		typed := in.GetCommonProperties().GetMetadata().GetTypedFilterMetadata()[usageKey]
		var u aiv3.TokenUsage
		if typed != nil && typed.MessageIs(&u) && typed.UnmarshalTo(&u) != nil {
			e.Usage, want.Usage = nil, nil // one reads what it wants of a message that the other refuses for its rest
		}
		if !reflect.DeepEqual(e, want) {
			t.Errorf("got  %+v\nwant %+v", e, want)
		}
	})
}

func BenchmarkEntry(b *testing.B) {
	raw := encode(b, usual(b))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(KindRequest, raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEntryByProtobuf is what the same costs by Protobuf's decoder.
func BenchmarkEntryByProtobuf(b *testing.B) {
	raw := encode(b, usual(b))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		var in logv3.HTTPAccessLogEntry
		if err := proto.Unmarshal(raw, &in); err != nil {
			b.Fatal(err)
		}
		readMessage(KindRequest, &in)
	}
}
