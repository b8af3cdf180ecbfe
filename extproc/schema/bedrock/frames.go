package bedrock

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/llmroute/llmroute/extproc/schema"
)

// A frame is: total length, length of the headers, CRC of these two (4 bytes each, big endian); headers; payload;
// CRC of all before it. A header is: length of its name (1 byte), name, type of its value (1 byte), value.
// Source: https://smithy.io/2.0/aws/amazon-eventstream.html
const (
	preludeBytes = 12
	minFrame     = preludeBytes + 4
	maxFrame     = 24 << 20 // what AWS's own decoders take
	keep         = 64 << 10 // what stays allocated between frames
)

// frame is one message. Its fields alias the stream's bytes.
type frame struct {
	// The values of the headers :message-type, :event-type, and so on.
	messageType, eventType, exceptionType, errorCode, errorMessage []byte

	payload []byte
}

// frames cuts a stream into its frames. It holds no more than one.
type frames struct {
	held []byte // the beginning of a frame
}

// append reads the next bytes and calls emit for each frame that is whole, which is valid during the call.
func (f *frames) append(chunk []byte, emit func(frame) error) error {
	data := chunk
	if len(f.held) > 0 {
		f.held = append(f.held, chunk...)
		data = f.held
	}
	for {
		size, err := frameSize(data)
		if err != nil {
			return err
		}
		if size == 0 || len(data) < size {
			break
		}
		m, err := parseFrame(data[:size])
		if err != nil {
			return err
		}
		if err := emit(m); err != nil {
			return err
		}
		data = data[size:]
	}
	f.hold(data)
	return nil
}

// hold keeps what is left of the data, which may already lie in held.
func (f *frames) hold(rest []byte) {
	if len(rest) == 0 {
		if f.held = f.held[:0]; cap(f.held) > keep {
			f.held = nil
		}
		return
	}
	if len(rest) == len(f.held) { // nothing was taken off
		return
	}
	f.held = append(f.held[:0], rest...)
}

// frameSize is the size of the frame that data begins with, 0 if it cannot be told yet. The prelude's CRC is checked
// as soon as it is there, so that nonsense is not waited for.
func frameSize(data []byte) (int, error) {
	if len(data) < preludeBytes {
		return 0, nil
	}
	if binary.BigEndian.Uint32(data[8:]) != crc32.ChecksumIEEE(data[:8]) {
		return 0, invalid(nil)
	}
	total, headers := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if total < minFrame || total > maxFrame || headers > total-minFrame {
		return 0, invalid(nil)
	}
	return int(total), nil
}

// parseFrame reads a whole frame whose prelude is known to be right.
func parseFrame(data []byte) (m frame, err error) {
	end := len(data) - 4
	if binary.BigEndian.Uint32(data[end:]) != crc32.ChecksumIEEE(data[:end]) {
		return m, invalid(nil)
	}
	split := preludeBytes + int(binary.BigEndian.Uint32(data[4:]))
	m.payload = data[split:end]
	for rest := data[preludeBytes:split]; len(rest) > 0; {
		name, value, n := parseHeader(rest)
		if n == 0 {
			return m, invalid(nil)
		}
		rest = rest[n:]
		switch string(name) {
		case ":message-type":
			m.messageType = value
		case ":event-type":
			m.eventType = value
		case ":exception-type":
			m.exceptionType = value
		case ":error-code":
			m.errorCode = value
		case ":error-message":
			m.errorMessage = value
		}
	}
	return m, nil
}

// sizes holds, by type, the bytes of a value: true, false, byte, short, integer, long, byte array, string, timestamp,
// UUID. Arrays and strings begin with their length, in two bytes.
var sizes = [...]int{0, 0, 1, 2, 4, 8, lengthFirst, lengthFirst, 8, 16}

const lengthFirst = -1

// parseHeader reads one header of n bytes; n is 0 if it is not whole.
func parseHeader(data []byte) (name, value []byte, n int) {
	n = 1 + int(data[0]) // the name
	if n >= len(data) || int(data[n]) >= len(sizes) {
		return nil, nil, 0
	}
	name = data[1:n]
	size := sizes[data[n]]
	n++
	if size == lengthFirst {
		if n+2 > len(data) {
			return nil, nil, 0
		}
		size = int(binary.BigEndian.Uint16(data[n:]))
		n += 2
	}
	if n+size > len(data) {
		return nil, nil, 0
	}
	return name, data[n : n+size], n + size
}

func invalid(cause error) error {
	return &schema.Error{
		Kind: schema.KindBadGateway, Code: "invalid_stream", Cause: cause,
		Message: "the provider's stream holds a frame that is not whole or not an event stream's",
	}
}
