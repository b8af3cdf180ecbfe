package gemini

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// NewDecoder implements schema.Provider, for streams with alt=sse.
func (Provider) NewDecoder(r *schema.Request) schema.Decoder {
	return &decoder{chunks: chunks{r: r, names: changedNames(r)}}
}

// decoder reads one stream. Each SSE event holds a GenerateContentResponse, or {"error":{…}}.
type decoder struct {
	frames sse.Parser
	chunks chunks
	dst    []schema.Event // while a chunk is read
	done   bool           // an error ended the stream

	head  []byte // the first bytes, if they look like bare JSON instead of events
	begun bool
}

// maxHead bounds a bare JSON error.
const maxHead = 64 << 10

// Append implements schema.Decoder.
func (d *decoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	if d.done {
		return dst, nil
	}
	d.lookForBareJSON(chunk)
	d.dst = dst
	err := d.frames.Append(chunk, d.frame)
	dst, d.dst = d.dst, nil
	return dst, err
}

// lookForBareJSON keeps the start of a body that is no event stream: an error that came with status 200 and without
// framing, as one object or in an array.
func (d *decoder) lookForBareJSON(chunk []byte) {
	if !d.begun {
		chunk = bytes.TrimLeft(chunk, " \t\r\n")
		if len(chunk) == 0 {
			return
		}
		d.begun = true
		if chunk[0] != '{' && chunk[0] != '[' {
			return
		}
		d.head = make([]byte, 0, len(chunk))
	}
	if d.head != nil && len(d.head) < maxHead {
		d.head = append(d.head, chunk...)
	}
}

func (d *decoder) frame(_ string, data []byte) error {
	if d.done || len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	if !gjson.ValidBytes(data) {
		if bytes.Equal(data, []byte("[DONE]")) { // some gateways add it
			return nil
		}
		d.done = true
		return &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_stream", Message: "the provider's stream holds an event that is not JSON"}
	}
	root := gjson.ParseBytes(data) // copies: what follows does not alias the chunk
	if e := root.Get("error"); e.Exists() {
		d.fail(e)
		return nil
	}
	d.dst = d.chunks.read(d.dst, root)
	return nil
}

func (d *decoder) fail(e gjson.Result) {
	d.done = true
	d.dst = append(d.dst, schema.Event{Kind: schema.EventError, Err: decodeError(e, 0)})
}

// Close implements schema.Decoder.
func (d *decoder) Close(dst []schema.Event) ([]schema.Event, error) {
	if d.done {
		return dst, nil
	}
	d.dst = dst
	err := d.frames.Close(d.frame)
	dst, d.dst = d.dst, nil
	if d.done || err != nil {
		return dst, err
	}
	d.done = true
	if !d.chunks.started && gjson.ValidBytes(d.head) {
		root := gjson.ParseBytes(d.head)
		if root.IsArray() {
			root = root.Get("0")
		}
		if e := root.Get("error"); e.Exists() {
			return append(dst, schema.Event{Kind: schema.EventError, Err: decodeError(e, 0)}), nil
		}
	}
	dst, ok := d.chunks.end(dst)
	if !ok {
		return dst, &schema.Error{
			Kind: schema.KindTruncated, Code: "truncated_stream",
			Message: "the provider's stream broke off before a finish reason came",
		}
	}
	return dst, nil
}
