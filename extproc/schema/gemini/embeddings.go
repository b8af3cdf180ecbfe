package gemini

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// embeddings writes {"requests":[{"model":"models/…","content":{"parts":[{"text":"…"}]}}]} for batchEmbedContents.
// Source: https://ai.google.dev/api/embeddings
func (e *requestEncoder) embeddings() (*schema.Outbound, error) {
	in, w := e.r.Embed, &e.w
	if len(in.Tokens) > 0 {
		return nil, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "unsupported_parameter", Param: "input",
			Message: "this model takes text to embed, not token ids; send strings",
		}
	}
	w.Open('{')
	w.Key("requests").Open('[')
	for i, text := range in.Input {
		w.Open('{')
		w.Key("model").String("models/" + strings.TrimPrefix(e.r.Model, "models/"))
		w.Key("content").Open('{')
		w.Key("parts").Open('[')
		w.Open('{')
		w.Key("text").String(text)
		w.Close('}')
		w.Close(']')
		w.Close('}')
		if in.TaskTypes != nil && in.TaskTypes[i] != "" {
			w.Key("taskType").String(in.TaskTypes[i])
		}
		if in.Titles != nil && in.Titles[i] != "" {
			w.Key("title").String(in.Titles[i])
		}
		writeInt(w, "outputDimensionality", in.Dimensions)
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	if e.r.User != "" {
		e.lose("user")
	}
	return &schema.Outbound{Op: schema.OpEmbeddings, Body: w.B, Lost: e.lost}, nil
}

// decodeEmbeddings reads {"embeddings":[{"values":[0.1,…]}]}.
func decodeEmbeddings(r *schema.Request, root gjson.Result) *schema.Response {
	out := &schema.Response{Model: r.Model}
	i := 0
	root.Get("embeddings").ForEach(func(_, v gjson.Result) bool {
		one := schema.Embedding{Index: i, Float: raw(v.Get("values"))}
		if r.Embed.EncodingFormat == "base64" {
			one.Base64 = packed(v.Get("values"))
		}
		out.Embeddings = append(out.Embeddings, one)
		i++
		return true
	})
	if n := root.Get("usageMetadata.promptTokenCount"); n.Exists() {
		out.Usage = &schema.Usage{Input: int(n.Int())}
	}
	return out
}

// packed is the numbers as base64 of little-endian float32.
func packed(values gjson.Result) string {
	var b []byte
	values.ForEach(func(_, v gjson.Result) bool {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v.Num)))
		return true
	})
	return base64.StdEncoding.EncodeToString(b)
}
