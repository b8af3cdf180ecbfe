package accesslog

import (
	"bytes"
	"math"

	aiv3 "github.com/envoyproxy/go-control-plane/envoy/data/ai/v3"
)

// The fields that are read, of envoy/config/core/v3/base.proto, google/protobuf/struct.proto, google/protobuf/any.proto and
// envoy/data/ai/v3/token_usage.proto.
const (
	metadataPlain = 1<<3 | ofBytes // a map of Structs
	metadataTyped = 2<<3 | ofBytes // a map of Anys

	structFields = 1<<3 | ofBytes // a map of Values
	valueNumber  = 2<<3 | ofFixed
	valueText    = 3<<3 | ofBytes

	anyType  = 1<<3 | ofBytes
	anyValue = 2<<3 | ofBytes

	usageInput         = 3<<3 | ofBytes // of TokenUsage; counts are wrapped
	usageOutput        = 4<<3 | ofBytes
	usageInputDetails  = 6<<3 | ofBytes
	usageOutputDetails = 7<<3 | ofBytes
	usageStatus        = 9<<3 | ofNumber
	detailsCached      = 1<<3 | ofBytes
	detailsCacheWrite  = 2<<3 | ofBytes
	detailsReasoning   = 1<<3 | ofBytes
)

// The metadata namespaces of an entry, and what stands in the second.
const (
	decisionKey = "llmroute"
	usageKey    = "envoy.ai.token_usage"
	usageType   = "/envoy.data.ai.v3.TokenUsage"
)

// metadata reads what llmroute decided and what Envoy read of the answer's usage. Of a key that stands twice the last counts.
func (d *decoder) metadata(raw []byte) {
	var decision, usage []byte
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case metadataPlain:
			if key, value := d.mapEntry(f.bytes); string(key) == decisionKey {
				decision = value
			}
		case metadataTyped:
			if key, value := d.mapEntry(f.bytes); string(key) == usageKey {
				usage = value
			}
		}
	}
	for f := over(decision); f.next(&d.bad); {
		if f.tag == structFields {
			d.decided(d.mapEntry(f.bytes))
		}
	}
	d.typedUsage(usage)
}

// decided takes one member of what the route stage decided, or of what the adapt stage noted for its door.
func (d *decoder) decided(name, value []byte) {
	var words []byte
	var number float64
	for f := over(value); f.next(&d.bad); {
		switch f.tag {
		case valueText:
			words = f.bytes
		case valueNumber:
			number = math.Float64frombits(f.number)
		}
	}
	e, n := d.entry, int64(number)
	switch string(name) {
	case "id":
		e.ID = text(words)
	case "traceparent":
		e.TraceParent = text(words)
	case "team":
		e.Team = text(words)
	case "user":
		e.User = text(words)
	case "client":
		e.Client = text(words)
	case "strategy":
		e.Strategy = text(words)
	case "op":
		e.Op = text(words)
	case "route":
		e.Route = text(words)
	case "error":
		e.Code = text(words)
	case "stream":
		e.Stream = string(words) == "true"
	case "models":
		d.models = text(words)
	case "input_tokens":
		e.InputTokens = n
	case "provider":
		d.provider = text(words)
	case "model":
		d.model = text(words)
	case "attempt":
		e.Try = int(n)
	case "usage":
		d.noted = text(words)
	case "usage_input":
		d.noteUsage.Input = n
	case "usage_cached":
		d.noteUsage.Cached = n
	case "usage_cache_write":
		d.noteUsage.CacheWrite = n
	case "usage_output":
		d.noteUsage.Output = n
	case "usage_reasoning":
		d.noteUsage.Reasoning = n
	}
}

// typedUsage reads an Any with what Envoy's filter found in the client's answer. What the Any holds is bytes to Protobuf: if they
// cannot be read, there is no usage, and the entry is as good as ever.
func (d *decoder) typedUsage(raw []byte) {
	var kind, message []byte
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case anyType:
			kind = f.bytes
		case anyValue:
			message = f.bytes
		}
	}
	if !bytes.HasSuffix(kind, []byte(usageType)) {
		return
	}
	if d.bad {
		return
	}
	for f := over(message); f.next(&d.bad); {
		switch f.tag {
		case usageInput:
			d.usage.Input, d.hasUsage = int64(d.wrapped(f.bytes)), true
		case usageOutput:
			d.usage.Output, d.hasUsage = int64(d.wrapped(f.bytes)), true
		case usageInputDetails:
			d.inputDetails(f.bytes)
		case usageOutputDetails:
			d.outputDetails(f.bytes)
		case usageStatus:
			d.usage.Partial = aiv3.TokenUsage_ExtractionStatus(f.number) == aiv3.TokenUsage_PARTIAL
		}
	}
	if d.bad {
		d.bad, d.hasUsage, d.usage = false, false, Usage{}
	}
}

func (d *decoder) inputDetails(raw []byte) {
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case detailsCached:
			d.usage.Cached = int64(d.wrapped(f.bytes))
		case detailsCacheWrite:
			d.usage.CacheWrite = int64(d.wrapped(f.bytes))
		}
	}
}

func (d *decoder) outputDetails(raw []byte) {
	for f := over(raw); f.next(&d.bad); {
		if f.tag == detailsReasoning {
			d.usage.Reasoning = int64(d.wrapped(f.bytes))
		}
	}
}
