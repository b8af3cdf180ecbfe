package openai

import (
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// decodeChatResponse reads a chat.completion.
//
// Source: https://platform.openai.com/docs/api-reference/chat/object
func decodeChatResponse(r *schema.Request, root gjson.Result) (*schema.Response, *schema.Error) {
	answer, choices, err := answerHead(root)
	if err != nil {
		return nil, err
	}
	answer.ServiceTier = root.Get("service_tier").String()
	names := toolNames.Changed(r)
	walk(choices, func(v gjson.Result) bool {
		answer.Choices = append(answer.Choices, decodeChoice(names, v))
		return true
	})
	return answer, nil
}

// answerHead reads what the answers of Chat Completions and Completions begin with, and finds their choices.
func answerHead(root gjson.Result) (answer *schema.Response, choices gjson.Result, err *schema.Error) {
	choices = root.Get("choices")
	if !choices.IsArray() || empty(choices) {
		return nil, choices, broken("the provider's answer has no choices")
	}
	return &schema.Response{
		ID:          root.Get("id").String(),
		Model:       root.Get("model").String(),
		Created:     root.Get("created").Int(),
		Usage:       usageOf(root.Get("usage")),
		Fingerprint: root.Get("system_fingerprint").String(),
	}, choices, nil
}

func decodeChoice(names schema.ToolNames, v gjson.Result) schema.Choice {
	message := membersOf(v.Get("message"))
	c := schema.Choice{
		Index:    int(v.Get("index").Int()),
		Parts:    thoughts(message),
		Logprobs: jsonin.Raw(v.Get("logprobs")),
	}
	c.Parts = append(c.Parts, answerContent(message)...)
	if refusal := message.get("refusal").String(); refusal != "" {
		c.Parts = append(c.Parts, schema.Part{Kind: schema.PartRefusal, Text: refusal})
	}
	c.Parts = append(c.Parts, answerMedia(message)...)
	called := false
	walk(message.get("tool_calls"), func(call gjson.Result) bool {
		p := toolCall(call)
		p.ID, p.Name = idOr(p.ID, "call_"), names.Client(p.Name) // some servers give no id; the next turn needs one of its own
		c.Parts, called = append(c.Parts, p), true
		return true
	})
	if call := message.get("function_call"); call.IsObject() && !called {
		name := call.Get("name").String()
		c.Parts, called = append(c.Parts, schema.Part{
			Kind: schema.PartToolCall, ID: newID("call_"), Name: names.Client(name), Args: arguments(call.Get("arguments")),
		}), true
	}
	c.Stop, c.StopDetail = stopOf(v.Get("finish_reason").String(), called)
	return c
}

// answerContent reads content: a string, or parts, as Mistral's reasoning models have them:
//
//	[{"type":"thinking","thinking":[{"type":"text","text":"…"}]},{"type":"text","text":"…"}]
//
// Source: https://docs.mistral.ai/capabilities/reasoning/
func answerContent(message *members) []schema.Part {
	content := message.get("content")
	if content.Type == gjson.String {
		if content.Str == "" {
			return nil
		}
		return []schema.Part{{Kind: schema.PartText, Text: content.Str, Citations: citations(message.get("annotations"))}}
	}
	var parts []schema.Part
	walk(content, func(v gjson.Result) bool {
		if v.Get("type").String() != "thinking" {
			parts = append(parts, contentPart(v))
			return true
		}
		parts = append(parts, schema.Part{Kind: schema.PartThinking, Text: mistralThought(v)})
		return true
	})
	return parts
}

func mistralThought(v gjson.Result) string {
	var text strings.Builder
	walk(v.Get("thinking"), func(piece gjson.Result) bool {
		text.WriteString(piece.Get("text").String())
		return true
	})
	return text.String()
}

// answerMedia reads sound, and pictures in the form that OpenRouter and others chose:
//
//	"audio": {"id":"audio_1","data":"…","expires_at":1,"transcript":"…"}
//	"images": [{"type":"image_url","image_url":{"url":"data:image/png;base64,…"}}]
//
// Source: https://openrouter.ai/docs/features/multimodal/image-generation
func answerMedia(message *members) []schema.Part {
	var parts []schema.Part
	if audio := message.get("audio"); audio.IsObject() {
		parts = append(parts, schema.Part{
			Kind: schema.PartAudio, Text: audio.Get("transcript").String(),
			Media: schema.Media{FileID: audio.Get("id").String(), Data: audio.Get("data").String()},
			Raw:   jsonin.Raw(audio),
		})
	}
	walk(message.get("images"), func(v gjson.Result) bool {
		parts = append(parts, contentPart(v))
		return true
	})
	return parts
}

// encodeChatResponse writes a chat.completion.
func encodeChatResponse(r *schema.Response) []byte {
	var w writer
	w.object()
	w.str("id", idOr(r.ID, "chatcmpl-"))
	w.str("object", "chat.completion")
	w.num("created", r.Created)
	w.str("model", r.Model)
	w.arrayAt("choices")
	legacy := r.Request != nil && r.Request.LegacyFunctions
	for i := range r.Choices {
		w.choice(&r.Choices[i], legacy)
	}
	w.endArray()
	if r.Usage != nil {
		w.key("usage")
		w.usage(r.Usage)
	}
	w.optional("service_tier", r.ServiceTier)
	w.orNull("system_fingerprint", r.Fingerprint)
	w.endObject()
	return w.b
}

func (w *writer) choice(c *schema.Choice, legacy bool) {
	w.object()
	w.num("index", int64(c.Index))
	w.objectAt("message")
	w.str("role", "assistant")
	w.answer(c.Parts, legacy)
	w.endObject()
	w.raw("logprobs", c.Logprobs)
	finish := finishOf(c.Stop)
	if legacy && finish == "tool_calls" {
		finish = "function_call"
	}
	w.str("finish_reason", finish)
	w.endObject()
}

// answer writes the members of a message.
func (w *writer) answer(parts []schema.Part, legacy bool) {
	var text, refusal, thought strings.Builder
	var hasText bool
	var annotations, images, calls, details writer
	var sound *schema.Part
	thoughtIndex, runes := 0, 0 // runes of the text so far, which citations count from
	for i := range parts {
		p := &parts[i]
		switch p.Kind {
		case schema.PartText:
			for j := range p.Citations {
				annotations.annotation(&p.Citations[j], runes, true)
			}
			text.WriteString(p.Text)
			runes += utf8.RuneCountInString(p.Text)
			hasText = true
		case schema.PartRefusal:
			refusal.WriteString(p.Text)
		case schema.PartThinking:
			thought.WriteString(p.Text)
			details.thoughtDetail(p, thoughtIndex)
			thoughtIndex++
		case schema.PartToolCall:
			calls.call(p, legacy)
		case schema.PartImage:
			images.picture(p)
		case schema.PartAudio:
			sound = p
		case schema.PartOther:
			if p.ID != "" && kindOf(p.Raw) == "custom" {
				calls.value(p.Raw)
			}
		}
	}
	if hasText {
		w.str("content", text.String())
	} else {
		w.null("content")
	}
	w.orNull("refusal", refusal.String())
	w.optional("reasoning_content", thought.String())
	w.list("reasoning_details", details.b)
	w.list("images", images.b)
	w.list0("annotations", annotations.b)
	if sound != nil {
		w.sound(sound)
	}
	if legacy && len(calls.b) > 0 {
		w.raw("function_call", calls.b)
		return
	}
	w.list("tool_calls", calls.b)
}

// list writes an array of values that stand in items, separated by commas, unless there are none.
func (w *writer) list(name string, items []byte) {
	if len(items) > 0 {
		w.list0(name, items)
	}
}

// list0 writes an empty array too.
func (w *writer) list0(name string, items []byte) {
	w.key(name)
	w.b = append(append(append(w.b, '['), items...), ']')
}

// call writes one of tool_calls. The legacy form has room for one call, without an id.
func (w *writer) call(p *schema.Part, legacy bool) {
	if legacy && len(w.b) > 0 {
		return
	}
	w.object()
	if legacy {
		w.str("name", p.Name)
		w.str("arguments", argsOf(p.Args))
		w.endObject()
		return
	}
	w.str("id", idOr(p.ID, "call_"))
	w.str("type", "function")
	w.objectAt("function")
	w.str("name", p.Name)
	w.str("arguments", argsOf(p.Args))
	w.endObject()
	if p.Signature != "" {
		w.signature(thoughtSignature(p.Signature))
	}
	w.endObject()
}

// annotation writes a citation of a web page; before is the length of the text that comes ahead of the cited part.
// Other formats' citations of documents have no place here.
func (w *writer) annotation(c *schema.Citation, before int, nested bool) {
	if c.URL == "" {
		return
	}
	start, end := c.Start, c.End
	if end > 0 {
		start, end = start+before, end+before
	}
	w.object()
	w.str("type", "url_citation")
	if nested {
		w.objectAt("url_citation")
	}
	w.str("url", c.URL)
	w.str("title", c.Title)
	w.num("start_index", int64(start))
	w.num("end_index", int64(end))
	if nested {
		w.endObject()
	}
	w.endObject()
}

func (w *writer) picture(p *schema.Part) {
	w.object()
	w.str("type", "image_url")
	w.objectAt("image_url")
	w.str("url", linkOf(p.Media, "image/png"))
	w.endObject()
	w.endObject()
}

func (w *writer) sound(p *schema.Part) {
	if len(p.Raw) > 0 {
		w.raw("audio", p.Raw)
		return
	}
	w.objectAt("audio")
	w.str("id", idOr(p.Media.FileID, "audio_"))
	w.str("data", p.Media.Data)
	w.num("expires_at", 0)
	w.str("transcript", p.Text)
	w.endObject()
}

// idOr invents an id where the provider gave none (Bedrock, Gemini's calls): OpenAI's clients need one.
func idOr(id, prefix string) string {
	if id != "" {
		return id
	}
	return newID(prefix)
}

func newID(prefix string) string { return prefix + rand.Text() }
