package demo

import "encoding/json"

type geminiEmbed struct {
	Model      string        `json:"model"`
	Content    geminiContent `json:"content"`
	TaskType   string        `json:"taskType"`
	Dimensions *int          `json:"outputDimensionality"`
}

type geminiValues struct {
	Values []float32 `json:"values"`
}

// embed returns the vector and its tokens.
func (g *geminiEmbed) embed(x *exchange, model string) (geminiValues, int, *failure) {
	dimensions := defaultDimensions
	if g.Dimensions != nil {
		dimensions = *g.Dimensions
	}
	t := turn{}
	for _, raw := range g.Content.Parts {
		p, f := readPart(raw, "content.parts")
		if f != nil {
			return geminiValues{}, 0, f
		}
		t.say(p.Text)
	}
	if t.text == "" || dimensions < 1 || dimensions > 4096 {
		return geminiValues{}, 0, invalid("content", "* EmbedContentRequest.content contains an empty Part, or the dimensionality is wrong.")
	}
	return geminiValues{embed(model, t.text, dimensions, x.p.opt.Seed)}, tokensOf(t.text), nil
}

func embedContent(x *exchange, model string) *failure {
	var g geminiEmbed
	body, err := camelKeys(x.body, 0)
	if err != nil {
		return invalid("", "Invalid JSON payload received. %v", err)
	}
	if f := decodeValue(body, &g, ""); f != nil {
		return f
	}
	v, tokens, f := g.embed(x, model)
	if f != nil {
		return f
	}
	x.json(struct {
		Embedding geminiValues `json:"embedding"`
	}{v}, receipt{x.id("emb-", 16), model, Usage{Input: tokens}})
	return nil
}

func batchEmbed(x *exchange, model string) *failure {
	var batch struct {
		Requests []json.RawMessage `json:"requests"`
	}
	body, err := camelKeys(x.body, 0)
	if err != nil {
		return invalid("", "Invalid JSON payload received. %v", err)
	}
	if f := decodeValue(body, &batch, ""); f != nil {
		return f
	}
	var out struct {
		Embeddings []geminiValues `json:"embeddings"`
	}
	usage := Usage{}
	for i, raw := range batch.Requests {
		var g geminiEmbed
		if f := decodeValue(raw, &g, at("requests", i)); f != nil {
			return f
		}
		if g.Model != "models/"+model {
			return invalid(at("requests", i)+".model", "* BatchEmbedContentsRequest.%s.model: must match the model in the path.", at("requests", i))
		}
		v, tokens, f := g.embed(x, model)
		if f != nil {
			return f
		}
		out.Embeddings = append(out.Embeddings, v)
		usage.Input += tokens
	}
	if len(out.Embeddings) == 0 {
		return invalid("requests", "* BatchEmbedContentsRequest.requests: is not specified")
	}
	x.json(out, receipt{x.id("emb-", 16), model, usage})
	return nil
}
