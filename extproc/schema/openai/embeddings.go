package openai

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// decodeEmbeddingsRequest reads an embeddings request. input is a string, strings, token ids, or lists of these.
//
// Source: https://platform.openai.com/docs/api-reference/embeddings/create
func decodeEmbeddingsRequest(root gjson.Result) (*schema.Request, *schema.Error) {
	f := fields{}
	r := &schema.Request{Embed: &schema.Embed{}}
	root.ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "model":
			r.Model = f.Text("model", v)
		case "models": // llmroute's own list; the model has been chosen
		case "input":
			f.embedInput(r.Embed, v)
		case "dimensions":
			r.Embed.Dimensions = f.Whole("dimensions", v)
		case "encoding_format":
			r.Embed.EncodingFormat = f.Text("encoding_format", v)
		case "user":
			r.User = f.Text("user", v)
		default:
			extra(r, name.Str, v)
		}
		return f.Err == nil
	})
	if f.Err == nil && len(r.Embed.Input)+len(r.Embed.Tokens) == 0 {
		return nil, invalid("missing_field", "input", "the request has no input; add a text or a list of texts")
	}
	return r, f.Err
}

func (f *fields) embedInput(e *schema.Embed, v gjson.Result) {
	if v.Type == gjson.String {
		e.Input = []string{v.Str}
		return
	}
	if v.Type == gjson.Null {
		return
	}
	f.Each("input", v, func(i int, item gjson.Result) {
		switch {
		case item.Type == gjson.String:
			e.Input = append(e.Input, item.Str)
		case item.Type == gjson.Number: // the whole input is one list of token ids
			if len(e.Tokens) == 0 {
				e.Tokens = [][]int{nil}
			}
			e.Tokens[0] = append(e.Tokens[0], f.token(item))
		case item.IsArray():
			var list []int
			f.Each("input", item, func(_ int, id gjson.Result) { list = append(list, f.token(id)) })
			e.Tokens = append(e.Tokens, list)
		default:
			f.Fail("invalid_type", "input", "input must be a string, strings, or token ids")
		}
		if len(e.Input) > 0 && len(e.Tokens) > 0 {
			f.Fail("invalid_type", "input", "input must be all text or all token ids")
		}
	})
}

func (f *fields) token(v gjson.Result) int {
	n := f.Whole("input", v)
	if n == nil {
		f.Fail("invalid_type", "input", "a token id must be a whole number")
		return 0
	}
	return *n
}

// embeddings writes an embeddings request.
func (o *outbound) embeddings() *schema.Error {
	e, w := o.r.Embed, &o.w
	w.object()
	w.str("model", o.r.Model)
	w.key("input")
	switch {
	case len(e.Input) == 1:
		w.text(e.Input[0])
	case len(e.Input) > 1:
		w.array()
		for _, s := range e.Input {
			w.text(s)
		}
		w.endArray()
	default:
		w.tokens(e.Tokens)
	}
	if e.Dimensions != nil {
		w.num("dimensions", int64(*e.Dimensions))
	}
	w.optional("encoding_format", e.EncodingFormat)
	if o.r.User != "" && o.may("user") {
		w.str("user", o.r.User)
	}
	if e.TaskTypes != nil {
		o.lose("task_type")
	}
	if e.Titles != nil {
		o.lose("title")
	}
	o.extra()
	w.endObject()
	return nil
}

func (w *writer) tokens(lists [][]int) {
	w.array()
	for _, list := range lists {
		w.array()
		for _, id := range list {
			w.comma()
			w.b = strconv.AppendInt(w.b, int64(id), 10)
		}
		w.endArray()
	}
	w.endArray()
}

// decodeEmbeddingsResponse reads a list of embeddings.
//
// Source: https://platform.openai.com/docs/api-reference/embeddings/object
func decodeEmbeddingsResponse(root gjson.Result) (*schema.Response, *schema.Error) {
	data := root.Get("data")
	if !data.IsArray() {
		return nil, broken("the provider's answer has no embeddings")
	}
	answer := &schema.Response{Model: root.Get("model").String(), Usage: usageOf(root.Get("usage"))}
	walk(data, func(v gjson.Result) bool {
		e := schema.Embedding{Index: len(answer.Embeddings)}
		if index := v.Get("index"); index.Type == gjson.Number {
			e.Index = int(index.Int())
		}
		if vector := v.Get("embedding"); vector.Type == gjson.String {
			e.Base64 = vector.Str
		} else {
			e.Float = jsonin.Raw(vector)
		}
		answer.Embeddings = append(answer.Embeddings, e)
		return true
	})
	return answer, nil
}

// encodeEmbeddingsResponse writes a list of embeddings, in the encoding that the client asked for if that is known.
func encodeEmbeddingsResponse(r *schema.Response) ([]byte, error) {
	format := ""
	if r.Request != nil && r.Request.Embed != nil {
		if format = r.Request.Embed.EncodingFormat; format == "" {
			format = "float"
		}
	}
	var w writer
	w.object()
	w.str("object", "list")
	w.arrayAt("data")
	for i := range r.Embeddings {
		e := &r.Embeddings[i]
		w.object()
		w.str("object", "embedding")
		w.num("index", int64(e.Index))
		w.key("embedding")
		if err := w.vector(e, format); err != nil {
			return nil, err
		}
		w.endObject()
	}
	w.endArray()
	w.str("model", r.Model)
	w.objectAt("usage")
	if u := r.Usage; u != nil {
		w.num("prompt_tokens", int64(u.Input))
		w.num("total_tokens", int64(total(u)))
	} else {
		w.num("prompt_tokens", 0)
		w.num("total_tokens", 0)
	}
	w.endObject()
	w.endObject()
	return w.b, nil
}

func (w *writer) vector(e *schema.Embedding, format string) error {
	switch {
	case format == "base64" && e.Base64 == "":
		w.text(pack(e.Float))
	case format == "float" && e.Base64 != "":
		return w.unpack(e.Base64)
	case e.Base64 != "":
		w.text(e.Base64)
	default:
		w.value(e.Float)
	}
	return nil
}

// pack makes base64 of little-endian float32 of an array of numbers.
func pack(array json.RawMessage) string {
	var raw []byte
	walk(gjson.ParseBytes(array), func(v gjson.Result) bool {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v.Num)))
		return true
	})
	return base64.StdEncoding.EncodeToString(raw)
}

// unpack writes an array of numbers of base64.
func (w *writer) unpack(packed string) error {
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || len(raw)%4 != 0 {
		return broken("the provider's embedding is not base64 of 32-bit numbers")
	}
	w.array()
	for ; len(raw) >= 4; raw = raw[4:] {
		f := math.Float32frombits(binary.LittleEndian.Uint32(raw))
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			return broken("the provider's embedding holds what is no number")
		}
		w.comma()
		w.b = strconv.AppendFloat(w.b, float64(f), 'g', -1, 32)
	}
	w.endArray()
	return nil
}
