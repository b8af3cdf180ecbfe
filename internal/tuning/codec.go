package tuning

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/types/known/emptypb"
)

// codec is gRPC's own, but that it puts a message which is received as an Empty there as it came. So do Protobuf's rules, by which
// all of it is unknown fields; Protobuf's decoder, however, adds them one by one, and copies those before each time. Whoever reads
// a message by hand receives it this way, and finds out whether it is one.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

func (c codec) Unmarshal(data mem.BufferSlice, v any) error { // any, as gRPC has it
	if raw, ok := v.(*emptypb.Empty); ok {
		raw.ProtoReflect().SetUnknown(data.Materialize())
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}
