package accesslog

import (
	"strings"
	"time"
	"unicode/utf8"

	logv3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The fields that are read, of envoy/service/accesslog/v3/als.proto, envoy/data/accesslog/v3/accesslog.proto, and Protobuf's
// maps, wrappers and times.
const (
	messageIdentifier = 1<<3 | ofBytes // of StreamAccessLogsMessage
	messageHTTP       = 2<<3 | ofBytes
	identifierLog     = 2<<3 | ofBytes
	logsEntry         = 1<<3 | ofBytes

	entryCommon   = 1<<3 | ofBytes // of HTTPAccessLogEntry
	entryRequest  = 3<<3 | ofBytes
	entryResponse = 4<<3 | ofBytes

	commonStart     = 5<<3 | ofBytes
	commonFirstByte = 9<<3 | ofBytes // from upstream
	commonLastByte  = 10<<3 | ofBytes
	commonCluster   = 15<<3 | ofBytes
	commonFlags     = 16<<3 | ofBytes
	commonMetadata  = 17<<3 | ofBytes
	commonDuration  = 23<<3 | ofBytes
	commonAttempts  = 24<<3 | ofNumber
	commonStream    = 26<<3 | ofBytes
	commonType      = 33<<3 | ofNumber

	requestID    = 9<<3 | ofBytes
	requestBytes = 12<<3 | ofNumber

	responseCode    = 1<<3 | ofBytes // wrapped
	responseBytes   = 3<<3 | ofNumber
	responseHeaders = 4<<3 | ofBytes

	mapKey   = 1<<3 | ofBytes
	mapValue = 2<<3 | ofBytes

	wrappedNumber = 1<<3 | ofNumber
	timeSeconds   = 1<<3 | ofNumber // of Timestamp and Duration
	timeNanos     = 2<<3 | ofNumber
)

// decoder reads one entry. What it makes of it refers to no part of the message.
type decoder struct {
	entry *Entry
	bad   bool

	cluster                      string // upstream
	models                       string // of the plan
	provider, model              string // a door's
	noted                        string // what kind of usage the stage that translated the answer noted; empty: none
	noteUsage                    Usage
	usage                        Usage // as Envoy read it
	hasUsage                     bool
	retryAfter, retryAfterMillis string
}

// decode reads an HTTPAccessLogEntry.
func decode(kind Kind, raw []byte) (*Entry, error) {
	d := decoder{entry: &Entry{Kind: kind, Attempt: kind == KindAttempt, Started: (*timestamppb.Timestamp)(nil).AsTime()}}
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case entryCommon:
			d.common(f.bytes)
		case entryRequest:
			d.request(f.bytes)
		case entryResponse:
			d.response(f.bytes)
		}
	}
	if d.bad {
		return nil, errNotProto
	}
	d.finish()
	return d.entry, nil
}

// finish fills in what follows from several fields.
func (d *decoder) finish() {
	e := d.entry
	if e.Kind == KindRequest && e.Try > 0 { // which the adapt stage alone notes
		e.Kind = KindDoor
	}
	e.RetryAfter = retryAfter(d.retryAfter, d.retryAfterMillis, e.Started)
	found, ok := d.usage, d.hasUsage && e.Kind != KindDoor
	if d.noted != "" { // where the answer was translated, the provider's own count was known
		found, ok = d.noteUsage, true
		found.Partial = d.noted != "final"
	}
	if ok {
		e.Usage = &found
	}
	if e.Kind == KindDoor {
		e.InputTokens = 0
		e.Provider, e.Model = d.provider, d.model
		return
	}
	e.Try = 0
	e.Provider, e.Adapted = strings.CutSuffix(d.cluster, ".adapt")
	e.Model, e.Failed = tried(d.models, e.Provider, e.Attempts)
}

func (d *decoder) common(raw []byte) {
	e := d.entry
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case commonStart:
			seconds, nanos := d.time(f.bytes)
			e.Started = (&timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}).AsTime()
		case commonFirstByte:
			e.FirstByte = d.duration(f.bytes)
		case commonLastByte:
			e.LastByte = d.duration(f.bytes)
		case commonDuration:
			e.Elapsed = d.duration(f.bytes)
		case commonCluster:
			d.cluster = text(f.bytes)
		case commonFlags:
			d.flags(f.bytes)
		case commonMetadata:
			d.metadata(f.bytes)
		case commonAttempts:
			e.Attempts = int(uint32(f.number))
		case commonStream:
			e.StreamID = text(f.bytes)
		case commonType:
			e.UnderWay = underWay(logv3.AccessLogType(f.number))
		}
	}
}

func (d *decoder) request(raw []byte) {
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case requestID:
			d.entry.RequestID = text(f.bytes)
		case requestBytes:
			d.entry.RequestBytes = f.number
		}
	}
}

func (d *decoder) response(raw []byte) {
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case responseCode:
			d.entry.Status = int(uint32(d.wrapped(f.bytes)))
		case responseBytes:
			d.entry.ResponseBytes = f.number
		case responseHeaders:
			switch name, value := d.mapEntry(f.bytes); string(name) {
			case retryAfterHeader:
				d.retryAfter = text(value)
			case retryAfterMilliHeader:
				d.retryAfterMillis = text(value)
			}
		}
	}
}

func (d *decoder) flags(raw []byte) {
	for f := over(raw); f.next(&d.bad); {
		if f.tag&7 != ofNumber || f.number == 0 {
			continue
		}
		switch flag := f.tag >> 3; {
		case clientFlags.has(flag):
			d.entry.ClientLeft = true
		case brokenFlags.has(flag):
			d.entry.Broken = true
		}
	}
}

// mapEntry is one entry of a map with names as keys.
func (d *decoder) mapEntry(raw []byte) (key, value []byte) {
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case mapKey:
			key = f.bytes
		case mapValue:
			value = f.bytes
		}
	}
	return key, value
}

// wrapped is the number in a UInt32Value or UInt64Value.
func (d *decoder) wrapped(raw []byte) (n uint64) {
	for f := over(raw); f.next(&d.bad); {
		if f.tag == wrappedNumber {
			n = f.number
		}
	}
	return n
}

func (d *decoder) time(raw []byte) (seconds int64, nanos int32) {
	for f := over(raw); f.next(&d.bad); {
		switch f.tag {
		case timeSeconds:
			seconds = int64(f.number)
		case timeNanos:
			nanos = int32(f.number)
		}
	}
	return seconds, nanos
}

func (d *decoder) duration(raw []byte) time.Duration {
	seconds, nanos := d.time(raw)
	return (&durationpb.Duration{Seconds: seconds, Nanos: nanos}).AsDuration()
}

// text is a copy. It goes into stores that refuse what is not UTF-8.
func text(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}
