package openai

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Chat Completions has no word for thoughts. Two customs are in use, and this face speaks both: the text alone as
// `reasoning_content` (DeepSeek, vLLM, xAI; `reasoning` at Groq, OpenRouter and newer vLLM), and `reasoning_details`
// (OpenRouter), which also carries the signature that the provider wants to see again next turn:
//
//	"reasoning_content": "Let me see",
//	"reasoning_details": [{"type":"reasoning.text","text":"Let me see","signature":"…","format":"anthropic-claude-v1","index":0},
//	                      {"type":"reasoning.encrypted","data":"…","format":"anthropic-claude-v1","index":1}]
//
// A client that sends the assistant's message back as it got it keeps its thoughts; one that drops the unknown members
// goes on without. `thinking_blocks`, LiteLLM's custom, is read too.
//
// Source: https://openrouter.ai/docs/use-cases/reasoning-tokens, https://api-docs.deepseek.com/guides/thinking_mode

// thoughts reads the thoughts of a message, of a client or a provider, in whichever form has most.
func thoughts(message *members) []schema.Part {
	if parts := thoughtDetails(message.get("reasoning_details")); len(parts) > 0 {
		return parts
	}
	if parts := thinkingBlocks(message.get("thinking_blocks")); len(parts) > 0 {
		return parts
	}
	if text := thoughtText(message); text != "" {
		return []schema.Part{{Kind: schema.PartThinking, Text: text}}
	}
	return nil
}

// thoughtText reads the text of a message or a delta.
func thoughtText(v *members) string {
	for _, name := range [...]string{"reasoning_content", "reasoning"} {
		if text := v.get(name); text.Type == gjson.String && text.Str != "" {
			return text.Str
		}
	}
	return ""
}

func thoughtDetails(details gjson.Result) []schema.Part {
	if !details.IsArray() {
		return nil
	}
	var parts []schema.Part
	walk(details, func(v gjson.Result) bool {
		p := schema.Part{Kind: schema.PartThinking, ID: v.Get("id").String()}
		signature := v.Get("signature").String()
		switch v.Get("type").String() {
		case "reasoning.text":
			p.Text = v.Get("text").String()
		case "reasoning.summary":
			p.Text = v.Get("summary").String()
		case "reasoning.encrypted":
			p.Redacted, signature = true, v.Get("data").String()
		default:
			return true
		}
		if signature != "" {
			sign(&p, thoughtFormat(v.Get("format").String()), signature)
		}
		if p.Text != "" || p.Signature != "" {
			parts = append(parts, p)
		}
		return true
	})
	return parts
}

// thinkingBlocks reads Anthropic's blocks as LiteLLM passes them on.
func thinkingBlocks(blocks gjson.Result) []schema.Part {
	if !blocks.IsArray() {
		return nil
	}
	var parts []schema.Part
	walk(blocks, func(v gjson.Result) bool {
		p := schema.Part{Kind: schema.PartThinking}
		signature := v.Get("signature").String()
		switch v.Get("type").String() {
		case "thinking":
			p.Text = v.Get("thinking").String()
		case "redacted_thinking":
			p.Redacted, signature = true, v.Get("data").String()
		default:
			return true
		}
		if signature != "" {
			sign(&p, schema.Anthropic, signature)
		}
		parts = append(parts, p)
		return true
	})
	return parts
}

// thoughtDetail writes one entry of reasoning_details. A streamed entry has text or signature; a client puts those
// of one index together.
func (w *writer) thoughtDetail(p *schema.Part, index int) {
	by, signature := madeBy(p)
	w.object()
	if p.Redacted {
		w.str("type", "reasoning.encrypted")
		w.str("data", signature)
	} else {
		w.str("type", "reasoning.text")
		w.str("text", p.Text)
		w.optional("signature", signature)
	}
	w.optional("id", p.ID)
	w.optional("format", thoughtFormats[by])
	w.num("index", int64(index))
	w.endObject()
}
