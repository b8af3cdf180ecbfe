package bedrock

import "github.com/llmroute/llmroute/extproc/schema"

// events is what the decoders of both APIs share: they read frames until one is an exception or makes no sense.
type events struct {
	frames frames
	dst    []schema.Event // while frames are read
	done   bool
}

// read appends to dst what the next bytes hold. event is called for each frame but exceptions, and appends to e.dst.
func (e *events) read(dst []schema.Event, chunk []byte, event func(frame) error) ([]schema.Event, error) {
	if e.done {
		return dst, nil
	}
	e.dst = dst
	err := e.frames.append(chunk, func(m frame) error {
		if e.done {
			return nil
		}
		if fault := exceptionOf(m); fault != nil {
			e.done = true
			e.dst = append(e.dst, schema.Event{Kind: schema.EventError, Err: fault})
			return nil
		}
		return event(m)
	})
	e.done = e.done || err != nil
	dst, e.dst = e.dst, nil
	return dst, err
}

// exceptionOf reads a frame that is an exception, which the API models, or an error, which it does not; else nil.
func exceptionOf(m frame) *schema.Error {
	switch string(m.messageType) {
	case "exception":
		return decodeError(string(m.exceptionType), 0, payloadOf(m))
	case "error":
		e := decodeError(string(m.errorCode), 0, payloadOf(m))
		if text := string(m.errorMessage); text != "" {
			e.Message = schema.Mask(text)
		}
		return e
	}
	return nil
}
