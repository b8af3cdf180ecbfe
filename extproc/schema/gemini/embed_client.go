package gemini

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// embed reads a request of embedContent, or one of batchEmbedContents, which has a list of them:
//
//	{"content":{"parts":[{"text":"…"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"…","outputDimensionality":768}
//	{"requests":[{"model":"models/…","content":{…}},…]}
//
// Source: https://ai.google.dev/api/embeddings
func (d *requestDecoder) embed(root gjson.Result) {
	d.r.Embed = &schema.Embed{}
	d.r.IncludeUsage = false
	requests := root.Get("requests")
	if !requests.Exists() {
		d.embedOne("", root)
		return
	}
	d.Each("requests", requests, func(i int, v gjson.Result) { d.embedOne(fmt.Sprintf("requests[%d].", i), v) })
	if d.Err == nil && len(d.r.Embed.Input) == 0 {
		d.Fail("missing_field", "requests", "the request has nothing to embed; add a content")
	}
}

// embedOne reads one text to embed. The form that all formats have knows one number of dimensions for all of them.
func (d *requestDecoder) embedOne(at string, v gjson.Result) {
	e := d.r.Embed
	var text strings.Builder
	var task, title string
	var dimensions *int
	d.fields(at+"body", v, func(name string, v gjson.Result) {
		switch name {
		case "content":
			d.fields(at+"content", v, func(name string, v gjson.Result) {
				if name == "parts" {
					d.embedParts(at, v, &text)
				}
			})
		case "taskType":
			task = v.String()
		case "title":
			title = v.String()
		case "outputDimensionality":
			dimensions = d.Whole(at+name, number(v))
		case "model": // the path's counts
		default:
			jsonin.Extra(d.r, at+name, v)
		}
	})
	if len(e.Input) > 0 && !same(e.Dimensions, dimensions) {
		d.Fail("invalid_value", at+"outputDimensionality", "all requests of a batch must ask for the same outputDimensionality")
		return
	}
	e.Dimensions = dimensions
	e.TaskTypes = beside(e.TaskTypes, len(e.Input), task)
	e.Titles = beside(e.Titles, len(e.Input), title)
	e.Input = append(e.Input, text.String())
}

func (d *requestDecoder) embedParts(at string, v gjson.Result, text *strings.Builder) {
	var parts []schema.Part
	d.parts(v, &parts)
	for i := range parts {
		if parts[i].Kind != schema.PartText {
			d.Fail("unsupported_parameter", at+"content.parts", "only text can be embedded here; leave the %s out", parts[i].Kind)
			return
		}
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(parts[i].Text)
	}
}

func same(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

// beside keeps a list in step with n inputs before the one that said belongs to; nil as long as none has said anything.
func beside(list []string, n int, said string) []string {
	if list == nil && said == "" {
		return nil
	}
	for len(list) < n {
		list = append(list, "")
	}
	return append(list, said)
}

// writeEmbeddings writes {"embedding":{"values":[…]}}, or {"embeddings":[{"values":[…]},…]}.
func writeEmbeddings(w *jsonout.Writer, t schema.Target, r *schema.Response) ([]byte, error) {
	if t.Single && len(r.Embeddings) != 1 {
		return nil, &schema.Error{
			Kind: schema.KindBadGateway, Code: "invalid_response", Message: "the provider answered with " + strconv.Itoa(len(r.Embeddings)) + " embeddings to one text",
		}
	}
	if t.Single {
		w.Key("embedding")
	} else {
		w.Key("embeddings").Open('[')
	}
	for i := range r.Embeddings {
		w.Open('{')
		w.Key("values").Raw(numbers(&r.Embeddings[i]))
		w.Close('}')
	}
	if !t.Single {
		w.Close(']')
	}
	if r.Usage != nil {
		w.Key("usageMetadata").Open('{')
		w.Key("promptTokenCount").Int(int64(r.Usage.Input))
		w.Close('}')
	}
	w.Close('}')
	return w.B, nil
}

// numbers is an embedding as an array of numbers; some servers pack it although nobody asked for that.
func numbers(e *schema.Embedding) []byte {
	if len(e.Float) > 0 {
		return e.Float
	}
	packed, _ := base64.StdEncoding.DecodeString(e.Base64)
	out := []byte{'['}
	for ; len(packed) >= 4; packed = packed[4:] {
		if len(out) > 1 {
			out = append(out, ',')
		}
		f := float64(math.Float32frombits(binary.LittleEndian.Uint32(packed)))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0
		}
		out = strconv.AppendFloat(out, f, 'g', -1, 32)
	}
	return append(out, ']')
}
