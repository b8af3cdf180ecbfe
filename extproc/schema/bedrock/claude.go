package bedrock

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

// Claude is Claude behind InvokeModel: an envelope around Anthropic's own format, which can say all that Claude can do.
//
//	POST /model/{modelId}/invoke                        a Messages body without model and stream, with anthropic_version
//	POST /model/{modelId}/invoke-with-response-stream   binary frames, each with an Anthropic event as base64
//
// Its Format is Anthropic's: only the envelope differs, and [Claude.Wrap] puts it around a body that is already in it.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
type Claude struct{ anthropic.Provider }

var (
	_ schema.Provider = Claude{}
	_ schema.Envelope = Claude{}
)

// claudeBetas are the betas that Bedrock knows. It refuses a request that names another.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
var claudeBetas = []string{
	"computer-use-2024-10-22", "computer-use-2025-01-24", "computer-use-2025-11-24", "token-efficient-tools-2025-02-19",
	"interleaved-thinking-2025-05-14", "output-128k-2025-02-19", "dev-full-thinking-2025-05-14", "context-1m-2025-08-07",
	"context-management-2025-06-27", "effort-2025-11-24", "tool-search-tool-2025-10-19", "tool-examples-2025-10-29",
	"fine-grained-tool-streaming-2025-05-14",
}

// Enveloped implements schema.Envelope.
func (Claude) Enveloped() {}

// claudeAPI is the version of the Messages API that Bedrock demands in the body.
const claudeAPI = "bedrock-2023-05-31"

// Locate implements schema.Provider.
func (Claude) Locate(prefix string, op schema.Op, model string, stream bool) (string, bool) {
	if op != schema.OpMessages {
		return "", false
	}
	path := strings.TrimSuffix(prefix, "/") + "/model/" + escape(model)
	if stream {
		return path + "/invoke-with-response-stream", true
	}
	return path + "/invoke", true
}

// EncodeRequest implements schema.Provider.
func (c Claude) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	if lost := schema.ThreadLost(r); lost != nil {
		return nil, lost
	}
	out, err := c.Provider.EncodeRequest(r)
	if err != nil {
		return nil, err
	}
	betas := r.Betas
	for _, h := range out.Header {
		if strings.EqualFold(h[0], "anthropic-beta") {
			betas = append(betas, strings.Split(h[1], ",")...)
		}
	}
	out.Header = nil
	out.Body, err = c.Wrap(out.Body, betas...)
	return out, err
}

// Wrap turns a Messages body into InvokeModel's: those betas that Bedrock knows, which Anthropic takes as a header, stand in the body. All
// other members keep their bytes.
func (Claude) Wrap(body []byte, betas ...string) ([]byte, error) {
	set := []schema.Field{{Name: "anthropic_version", Value: json.RawMessage(`"` + claudeAPI + `"`)}}
	var list []string
	for _, b := range betas {
		if b = strings.TrimSpace(b); slices.Contains(claudeBetas, b) {
			list = append(list, b)
		}
	}
	if len(list) > 0 {
		value, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		set = append(set, schema.Field{Name: "anthropic_beta", Value: value})
	}
	return anthropic.Enclose(body, set, "model", "stream", "thread")
}

// DecodeError implements schema.Provider: errors are AWS's.
func (Claude) DecodeError(status int, header func(name string) string, body []byte) *schema.Error {
	return Provider{}.DecodeError(status, header, body)
}

// NewDecoder implements schema.Provider.
func (c Claude) NewDecoder(r *schema.Request) schema.Decoder {
	return &claudeDecoder{inner: c.Provider.NewDecoder(r)}
}

// claudeDecoder unpacks frames of type chunk, {"bytes":"…"}, for Anthropic's decoder.
type claudeDecoder struct {
	events
	inner schema.Decoder
	event []byte // used again for each event
}

// Append implements schema.Decoder.
func (d *claudeDecoder) Append(dst []schema.Event, chunk []byte) ([]schema.Event, error) {
	return d.read(dst, chunk, d.frame)
}

func (d *claudeDecoder) frame(m frame) error {
	if string(m.eventType) != "chunk" {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(gjson.GetBytes(m.payload, "bytes").String())
	if err != nil || !gjson.ValidBytes(data) {
		return invalid(err)
	}
	d.event = sse.AppendEvent(d.event[:0], gjson.GetBytes(data, "type").String(), data)
	d.dst, err = d.inner.Append(d.dst, d.event)
	return err
}

// Close implements schema.Decoder.
func (d *claudeDecoder) Close(dst []schema.Event) ([]schema.Event, error) {
	if d.done {
		return dst, nil
	}
	d.done = true
	if len(d.frames.held) > 0 {
		return dst, truncated()
	}
	return d.inner.Close(dst)
}
