package extproc

import (
	"bytes"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// reference is decode by protobuf's own decoder.
func reference(in *extprocv3.ProcessingRequest) message {
	head := func(w what, h *extprocv3.HttpHeaders) message {
		return message{what: w, headers: h.GetHeaders().GetHeaders(), end: h.GetEndOfStream()}
	}
	body := func(w what, b *extprocv3.HttpBody) message {
		return message{what: w, body: b.GetBody(), end: b.GetEndOfStream()}
	}
	m := message{what: responseTrailers, end: true}
	switch r := in.GetRequest().(type) {
	case *extprocv3.ProcessingRequest_RequestHeaders:
		m = head(requestHeaders, r.RequestHeaders)
	case *extprocv3.ProcessingRequest_ResponseHeaders:
		m = head(responseHeaders, r.ResponseHeaders)
	case *extprocv3.ProcessingRequest_RequestBody:
		m = body(requestBody, r.RequestBody)
	case *extprocv3.ProcessingRequest_ResponseBody:
		m = body(responseBody, r.ResponseBody)
	case *extprocv3.ProcessingRequest_RequestTrailers:
		m = message{what: requestTrailers, end: true}
	}
	for _, attrs := range in.GetAttributes() {
		if v := attrs.GetFields()[attrRoute].GetStringValue(); v != "" {
			m.route = v
		}
	}
	return m
}

func same(a, b message) bool {
	if a.what != b.what || a.end != b.end || a.route != b.route || !bytes.Equal(a.body, b.body) || len(a.headers) != len(b.headers) {
		return false
	}
	for i := range a.headers {
		x, y := a.headers[i], b.headers[i]
		if x.GetKey() != y.GetKey() || x.GetValue() != y.GetValue() || !bytes.Equal(x.GetRawValue(), y.GetRawValue()) {
			return false
		}
	}
	return true
}

func samples(tb testing.TB) []*extprocv3.ProcessingRequest {
	tb.Helper()
	attributes, err := structpb.NewStruct(map[string]any{"xds.route_name": "r", attrRoute: "code"})
	if err != nil {
		tb.Fatal(err)
	}
	h := &extprocv3.HttpHeaders{
		Headers: &corev3.HeaderMap{Headers: []*corev3.HeaderValue{
			{Key: ":path", RawValue: []byte("/v1/chat/completions")}, {Key: "x-old", Value: "spelt"}, {Key: "x-empty"}, {},
			{Key: "x-binary", RawValue: []byte{0xff, 0}},
		}}, EndOfStream: true,
	}
	b := &extprocv3.HttpBody{Body: bytes.Repeat([]byte("body"), 100)}
	return []*extprocv3.ProcessingRequest{
		{Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: h}, ObservabilityMode: true,
			Attributes: map[string]*structpb.Struct{"envoy.filters.http.ext_proc": attributes}, ProtocolConfig: &extprocv3.ProtocolConfiguration{}},
		{Request: &extprocv3.ProcessingRequest_ResponseHeaders{ResponseHeaders: h}},
		{Request: &extprocv3.ProcessingRequest_ResponseHeaders{}},
		{Request: &extprocv3.ProcessingRequest_RequestBody{RequestBody: b}},
		{Request: &extprocv3.ProcessingRequest_ResponseBody{ResponseBody: b}},
		{Request: &extprocv3.ProcessingRequest_RequestBody{RequestBody: &extprocv3.HttpBody{EndOfStream: true}}},
		{Request: &extprocv3.ProcessingRequest_RequestTrailers{RequestTrailers: &extprocv3.HttpTrailers{}}},
		{Request: &extprocv3.ProcessingRequest_ResponseTrailers{ResponseTrailers: &extprocv3.HttpTrailers{}}},
		{},
	}
}

func TestMessagesReadAsProtobufReadsThem(t *testing.T) {
	for _, in := range samples(t) {
		raw, err := proto.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(raw)
		if err != nil || !same(got, reference(in)) {
			t.Errorf("%v\nreads as %+v, %v", in, got, err)
		}
	}
}

// FuzzDecode holds decode against protobuf's own decoder: what that one refuses may pass, but what it accepts reads
// the same. Fields that come twice are left out, since Envoy sends none: protobuf merges them.
func FuzzDecode(f *testing.F) {
	for _, in := range samples(f) {
		raw, err := proto.Marshal(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(raw[:len(raw)/2])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := decode(raw)
		var in extprocv3.ProcessingRequest
		if proto.Unmarshal(raw, &in) != nil {
			return
		}
		canonical, marshalErr := proto.Marshal(&in)
		if marshalErr != nil || len(canonical) != len(raw) {
			return // something came twice, or at length
		}
		if err != nil || !same(got, reference(&in)) {
			t.Errorf("%v\nreads as %+v, %v", &in, got, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	in := samples(b)[0]
	in.Attributes = nil
	for range 10 {
		h := &in.GetRequestHeaders().GetHeaders().Headers
		*h = append(*h, &corev3.HeaderValue{Key: "x-another", RawValue: []byte("some value")})
	}
	raw, err := proto.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decode(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("protobuf", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in extprocv3.ProcessingRequest
			if err := proto.Unmarshal(raw, &in); err != nil {
				b.Fatal(err)
			}
		}
	})
}
