package bedrock

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// DecodeResponse implements schema.Provider.
//
//	{"output":{"message":{"role":"assistant","content":[{"text":"…"}]}},"stopReason":"end_turn","usage":{…}}
func (Provider) DecodeResponse(r *schema.Request, body []byte) (*schema.Response, error) {
	if !gjson.ValidBytes(body) {
		return nil, &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_response", Message: "the provider's answer is not valid JSON"}
	}
	root := schema.Parse(body)
	if n := root.Get("inputTokens"); n.Exists() { // count-tokens
		return &schema.Response{Usage: &schema.Usage{Input: int(n.Int())}}, nil
	}
	reason := root.Get("stopReason").String()
	if reason == "" {
		if root.Get("__type").Exists() {
			return nil, decodeError("", 0, root)
		}
		return nil, &schema.Error{Kind: schema.KindTruncated, Code: "incomplete_response", Message: "the provider's answer has no stop reason"}
	}
	c, names := schema.Choice{}, toolNames.Changed(r)
	c.Stop, c.StopDetail = stopOf(reason)
	c.StopSequence = root.Get("additionalModelResponseFields.stop_sequence").String()
	root.Get("output.message.content").ForEach(func(_, v gjson.Result) bool {
		c.Parts = append(c.Parts, partOf(r, names, v))
		return true
	})
	out := &schema.Response{Choices: []schema.Choice{c}, ServiceTier: root.Get("serviceTier.type").String()}
	if r != nil {
		out.Model = r.Model
	}
	if u := root.Get("usage"); u.Exists() {
		out.Usage = usageOf(u)
	}
	return out, nil
}

// partOf reads one content block.
func partOf(r *schema.Request, names schema.ToolNames, v gjson.Result) schema.Part {
	switch {
	case v.Get("text").Exists():
		return schema.Part{Kind: schema.PartText, Text: v.Get("text").String()}
	case v.Get("toolUse").Exists():
		call := v.Get("toolUse")
		return schema.Part{
			Kind: schema.PartToolCall, ID: call.Get("toolUseId").String(),
			Name: names.Client(call.Get("name").String()), Args: call.Get("input").Raw,
		}
	case v.Get("reasoningContent").Exists():
		thought := v.Get("reasoningContent")
		p := schema.Part{Kind: schema.PartThinking, SignedBy: makerOf(r)}
		if redacted := thought.Get("redactedContent"); redacted.Exists() {
			p.Redacted, p.Signature = true, schema.Sign(makerOf(r), redacted.String())
			return p
		}
		p.Text = thought.Get("reasoningText.text").String()
		p.Signature = schema.Sign(makerOf(r), thought.Get("reasoningText.signature").String())
		return p
	case v.Get("citationsContent").Exists():
		return citedText(v.Get("citationsContent"))
	case v.Get("image").Exists():
		return schema.Part{Kind: schema.PartImage, Media: schema.Media{
			Type: "image/" + v.Get("image.format").String(), Data: v.Get("image.source.bytes").String(),
		}}
	}
	return schema.Part{Kind: schema.PartOther, Raw: []byte(v.Raw)}
}

// citedText reads {"content":[{"text":"…"}],"citations":[…]}.
func citedText(v gjson.Result) schema.Part {
	p := schema.Part{Kind: schema.PartText}
	var text strings.Builder
	v.Get("content").ForEach(func(_, piece gjson.Result) bool {
		text.WriteString(piece.Get("text").String())
		return true
	})
	p.Text = text.String()
	v.Get("citations").ForEach(func(_, c gjson.Result) bool {
		p.Citations = append(p.Citations, citationOf(c))
		return true
	})
	return p
}

// citationOf reads {"title":"…","location":{"web":{"url":"…"}},"sourceContent":[{"text":"…"}]}.
func citationOf(v gjson.Result) schema.Citation {
	c := schema.Citation{
		Title: v.Get("title").String(), URL: v.Get("location.web.url").String(), CitedText: v.Get("sourceContent.0.text").String(),
	}
	if c.URL == "" {
		c.URL = v.Get("source").String()
	}
	return c
}

// usageOf reads usage. inputTokens does not count what was read from a cache or written to it.
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
func usageOf(v gjson.Result) *schema.Usage {
	n := func(name string) int { return int(max(v.Get(name).Int(), 0)) }
	u := &schema.Usage{
		CachedInput: n("cacheReadInputTokens"),
		CacheWrite:  n("cacheWriteInputTokens"),
		Output:      n("outputTokens"),
		Total:       n("totalTokens"),
	}
	u.Input = n("inputTokens") + u.CachedInput + u.CacheWrite
	if u.Total < u.Input+u.Output { // some models leave the cache out of it
		u.Total = u.Input + u.Output
	}
	v.Get("cacheDetails").ForEach(func(_, d gjson.Result) bool {
		if d.Get("ttl").String() == "1h" {
			u.CacheWrite1h += int(d.Get("inputTokens").Int())
		}
		return true
	})
	return u
}
