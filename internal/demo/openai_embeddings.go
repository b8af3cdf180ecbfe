package demo

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

const embeddingParams = "dimensions encoding_format input model user"

const defaultDimensions = 256

type embeddingRequest struct {
	Model          string          `json:"model"`
	Input          json.RawMessage `json:"input"`
	Dimensions     *int            `json:"dimensions"`
	EncodingFormat string          `json:"encoding_format"`
}

type embeddingObject struct {
	Object    string          `json:"object"`
	Index     int             `json:"index"`
	Embedding json.RawMessage `json:"embedding"` // numbers, or base64 text
}

type embeddingResponse struct {
	Object string            `json:"object"`
	Data   []embeddingObject `json:"data"`
	Model  string            `json:"model"`
	Usage  embeddingUsage    `json:"usage"`
}

type embeddingUsage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// embeddings serves POST /v1/embeddings.
//
// Source: https://platform.openai.com/docs/api-reference/embeddings
func embeddings(x *exchange, fl flavour) *failure {
	var e embeddingRequest
	if f := decode(x.body, &e, embeddingParams); f != nil {
		return f
	}
	model, f := fl.model(x, e.Model)
	if f != nil {
		return f
	}
	texts, f := inputs(e.Input, "input")
	if f != nil {
		return f
	}
	dimensions := defaultDimensions
	if e.Dimensions != nil {
		dimensions = *e.Dimensions
	}
	switch {
	case len(texts) == 0 || len(texts) > 2048 || slices.Contains(texts, ""):
		return invalid("input", "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
	case dimensions < 1 || dimensions > 4096:
		return invalid("dimensions", "Invalid 'dimensions': expected a value from 1 to 4096.")
	case !slices.Contains([]string{"", "float", "base64"}, e.EncodingFormat):
		return invalid("encoding_format", "Invalid value: '%s'. Supported values are: 'float' and 'base64'.", e.EncodingFormat)
	}
	out := embeddingResponse{Object: "list", Model: model}
	for i, text := range texts {
		v := embed(model, text, dimensions, x.p.opt.Seed)
		one := embeddingObject{Object: "embedding", Index: i, Embedding: encode(v)}
		if e.EncodingFormat == "base64" {
			one.Embedding = encode(packed(v))
		}
		out.Data = append(out.Data, one)
		out.Usage.Prompt += tokensOf(text)
	}
	out.Usage.Total = out.Usage.Prompt
	x.json(out, receipt{x.id("emb-", 16), model, Usage{Input: out.Usage.Prompt}})
	return nil
}

// inputs reads a text, a list of texts, a list of token numbers, or a list of such lists. Of token numbers the JSON
// stands for the text.
func inputs(raw json.RawMessage, param string) ([]string, *failure) {
	if absent(raw) {
		return nil, nil
	}
	if raw[0] == '"' {
		return textOrList(raw, param)
	}
	var items []json.RawMessage
	if f := decodeValue(raw, &items, param); f != nil {
		return nil, f
	}
	var out []string
	for i, item := range items {
		switch item[0] {
		case '"':
			var s string
			if f := decodeValue(item, &s, at(param, i)); f != nil {
				return nil, f
			}
			out = append(out, s)
		case '[':
			var tokens []uint32
			if f := decodeValue(item, &tokens, at(param, i)); f != nil {
				return nil, f
			}
			out = append(out, string(item))
		default:
			var tokens []uint32
			if f := decodeValue(raw, &tokens, param); f != nil {
				return nil, f
			}
			return []string{string(raw)}, nil
		}
	}
	return out, nil
}

// embed makes a unit vector. Each word adds a direction of its own, so texts that share words lie near each other.
func embed(model, text string, dimensions int, seed uint64) []float32 {
	sum := make([]float64, dimensions)
	for _, word := range append(strings.Fields(strings.ToLower(clip(text, 100_000))), model) {
		h := fnv.New64a()
		h.Write([]byte(word))
		rnd := rand.New(rand.NewPCG(h.Sum64(), seed))
		for i := range sum {
			sum[i] += rnd.NormFloat64()
		}
	}
	length := 0.0
	for _, v := range sum {
		length += v * v
	}
	out := make([]float32, dimensions)
	for i, v := range sum {
		out[i] = float32(v / math.Sqrt(length))
	}
	return out
}

// packed is the base64 form: float32, little-endian.
func packed(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return base64.StdEncoding.EncodeToString(b)
}
