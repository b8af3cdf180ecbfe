package anthropic

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// DecodeResponse implements schema.Provider for messages and count_tokens.
//
//	{"id":"msg_…","type":"message","role":"assistant","model":…,"content":[…],"stop_reason":…,"stop_sequence":null,"usage":{…}}
func (Provider) DecodeResponse(r *schema.Request, body []byte) (*schema.Response, error) {
	if !gjson.ValidBytes(body) {
		return nil, broken("the provider's answer is not valid JSON")
	}
	root := schema.Parse(validUTF8(body))
	switch kind := root.Get("type").String(); {
	case kind == "error" || root.Get("error").IsObject():
		return nil, decodeError(root, 0)
	case root.Get("input_tokens").Exists() && !root.Get("content").Exists(): // count_tokens
		return &schema.Response{Usage: &schema.Usage{Input: int(root.Get("input_tokens").Int())}}, nil
	case !root.Get("content").IsArray():
		return nil, broken("the provider's answer has no content")
	}
	p := planOf(r)
	var counts usage
	counts.update(root.Get("usage"))
	choice := schema.Choice{StopSequence: root.Get("stop_sequence").String()}
	choice.Stop, choice.StopDetail = stopOf(root.Get("stop_reason").String())
	called, answered := false, false
	root.Get("content").ForEach(func(_, v gjson.Result) bool {
		part := p.part(v)
		if p.isAnswer(v) {
			part = schema.Part{Kind: schema.PartText, Text: argsOf(v.Get("input"))}
			answered = true
		}
		called = called || part.Kind == schema.PartToolCall
		choice.Parts = append(choice.Parts, part)
		return true
	})
	if answered && !called && choice.Stop == schema.StopToolCalls {
		choice.Stop = schema.StopEnd
	}
	if choice.Stop == schema.StopRefusal {
		choice.StopDetail = root.Get("stop_details.category").String()
	}
	return &schema.Response{
		ID: root.Get("id").String(), Model: root.Get("model").String(), Choices: []schema.Choice{choice},
		Usage: counts.neutral(), ServiceTier: counts.tier,
	}, nil
}

// validUTF8 replaces what is not UTF-8, as the standard of event streams demands it, so that no face meets it.
func validUTF8(data []byte) []byte {
	if utf8.Valid(data) {
		return data
	}
	return bytes.ToValidUTF8(data, []byte("\uFFFD"))
}

// isAnswer reports whether a block is the call of the tool that stands for a JSON answer.
func (p *plan) isAnswer(v gjson.Result) bool {
	return p.answer == answerTool && v.Get("type").String() == "tool_use" && v.Get("name").String() == p.tool
}

// part reads one content block of an answer.
func (p *plan) part(v gjson.Result) schema.Part {
	switch kind := v.Get("type").String(); kind {
	case "text":
		text := v.Get("text").String()
		if p.answer == answerWords {
			text = unfenced(text)
		}
		return schema.Part{Kind: schema.PartText, Text: text, Citations: citationsOf(v.Get("citations"))}
	case "thinking", "redacted_thinking":
		return thought(v)
	case "tool_use":
		return schema.Part{
			Kind: schema.PartToolCall, ID: v.Get("id").String(), Name: p.names.Client(v.Get("name").String()), Args: argsOf(v.Get("input")),
		}
	}
	return schema.Part{Kind: schema.PartOther, Raw: json.RawMessage(v.Raw)}
}

// thought reads {"type":"thinking","thinking":…,"signature":…} or {"type":"redacted_thinking","data":…}.
func thought(v gjson.Result) schema.Part {
	part := schema.Part{Kind: schema.PartThinking, Text: v.Get("thinking").String(), SignedBy: schema.Anthropic}
	signature := v.Get("signature").String()
	if v.Get("type").String() == "redacted_thinking" {
		part.Redacted, signature = true, v.Get("data").String()
	}
	part.Signature = schema.Sign(schema.Anthropic, signature)
	return part
}
