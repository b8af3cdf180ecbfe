package tuning

import (
	"bytes"
	"strings"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// encoded is a message of ext_proc, in two pieces, as it may come.
func encoded(t testing.TB) mem.BufferSlice {
	t.Helper()
	raw, err := proto.Marshal(&extprocv3.ProcessingRequest{
		Request: &extprocv3.ProcessingRequest_RequestHeaders{RequestHeaders: &extprocv3.HttpHeaders{Headers: &corev3.HeaderMap{
			Headers: []*corev3.HeaderValue{{Key: "x-long", RawValue: []byte(strings.Repeat("words ", 100))}},
		}}},
		MetadataContext: &corev3.Metadata{FilterMetadata: map[string]*structpb.Struct{"llmroute": {}}},
		Attributes:      map[string]*structpb.Struct{"envoy.filters.http.ext_proc": {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return mem.BufferSlice{mem.SliceBuffer(raw[:100]), mem.SliceBuffer(raw[100:])}
}

func TestAMessageForReadingByHandComesWhole(t *testing.T) {
	data := encoded(t)
	var in emptypb.Empty
	if err := newCodec().Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	raw := in.ProtoReflect().GetUnknown()
	if want := data.Materialize(); !bytes.Equal(raw, want) {
		t.Errorf("got  %q\nwant %q", raw, want)
	}
	clear(data[1].ReadOnlyData()) // gRPC uses its buffers again
	if !bytes.Contains(raw, []byte("words")) {
		t.Error("it refers to a buffer of gRPC's")
	}
}

func TestOtherMessagesAreDecoded(t *testing.T) {
	c := newCodec()
	var in extprocv3.ProcessingRequest
	if err := c.Unmarshal(encoded(t), &in); err != nil || in.GetRequestHeaders().GetHeaders().GetHeaders()[0].GetKey() != "x-long" {
		t.Errorf("got %v, %v", &in, err)
	}
	if c.Name() != grpcproto.Name {
		t.Errorf("it is called %q", c.Name())
	}
}

func BenchmarkReadByHand(b *testing.B) {
	data := encoded(b)
	for name, c := range map[string]encoding.CodecV2{"codec": newCodec(), "protobuf": encoding.GetCodecV2(grpcproto.Name)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var in emptypb.Empty
				if err := c.Unmarshal(data, &in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
