package anthropic

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// Vertex is Claude on Google's Vertex AI: the Messages API in an envelope.
//
//	POST …/publishers/anthropic/models/{model}:rawPredict          a Messages body without model, with anthropic_version
//	POST …/publishers/anthropic/models/{model}:streamRawPredict    the same; the stream is Anthropic's own
//
// Source: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
type Vertex struct{ Provider }

var (
	_ schema.Provider = Vertex{}
	_ schema.Envelope = Vertex{}
)

// vertexAPI is the version of the Messages API that Vertex AI demands in the body.
const vertexAPI = "vertex-2023-10-16"

// OnVertex reports whether the path of an endpoint is Vertex AI's for Claude:
// /v1/projects/{project}/locations/{location}/publishers/anthropic, and /models or not.
func OnVertex(prefix string) bool { return strings.Contains(prefix, "/publishers/anthropic") }

// Enveloped implements schema.Envelope.
func (Vertex) Enveloped() {}

// Locate implements schema.Provider.
func (Vertex) Locate(prefix string, op schema.Op, model string, stream bool) (string, bool) {
	if op != schema.OpMessages {
		return "", false
	}
	path := strings.TrimSuffix(strings.TrimSuffix(prefix, "/"), "/models") + "/models/" + url.PathEscape(model)
	if stream {
		return path + ":streamRawPredict", true
	}
	return path + ":rawPredict", true
}

// EncodeRequest implements schema.Provider.
func (v Vertex) EncodeRequest(r *schema.Request) (*schema.Outbound, error) {
	if lost := schema.ThreadLost(r); lost != nil {
		return nil, lost
	}
	out, err := v.Provider.EncodeRequest(r)
	if err != nil {
		return nil, err
	}
	version := schema.Field{Name: "anthropic_version", Value: json.RawMessage(`"` + vertexAPI + `"`)}
	out.Body, err = Enclose(out.Body, []schema.Field{version}, "model", "thread")
	return out, err
}

// Enclose sets members of a Messages body and takes others out, as the clouds want it. All other members keep their
// bytes.
func Enclose(body []byte, set []schema.Field, remove ...string) ([]byte, error) {
	f, err := jsonscan.Members(body, nil, "")
	if err != nil {
		return nil, err
	}
	return schema.Splice(body, &f, &schema.Edit{Set: set, Remove: remove}), nil
}
