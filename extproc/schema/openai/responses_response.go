package openai

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// decodeResponsesResponse reads a response object. Its output items become the parts of one choice.
//
// Source: https://platform.openai.com/docs/api-reference/responses/object
func decodeResponsesResponse(r *schema.Request, root gjson.Result) (*schema.Response, *schema.Error) {
	output := root.Get("output")
	if !output.IsArray() {
		return nil, broken("the provider's answer has no output")
	}
	answer := &schema.Response{
		ID:          root.Get("id").String(),
		Model:       root.Get("model").String(),
		Created:     root.Get("created_at").Int(),
		Usage:       responsesUsageOf(root.Get("usage")),
		ServiceTier: root.Get("service_tier").String(),
	}
	names := toolNames.Changed(r)
	var c schema.Choice
	var logprobs []string
	walk(output, func(item gjson.Result) bool {
		c.Parts = append(c.Parts, itemParts(names, item)...)
		walk(item.Get("content"), func(part gjson.Result) bool {
			walk(part.Get("logprobs"), func(token gjson.Result) bool {
				logprobs = append(logprobs, token.Raw)
				return true
			})
			return true
		})
		return true
	})
	if len(logprobs) > 0 {
		c.Logprobs = json.RawMessage(`{"content":[` + strings.Join(logprobs, ",") + `],"refusal":null}`)
	}
	c.Stop, c.StopDetail = responsesStop(root, called(c.Parts))
	answer.Choices = []schema.Choice{c}
	return answer, nil
}

func called(parts []schema.Part) bool {
	for i := range parts {
		if parts[i].Kind == schema.PartToolCall {
			return true
		}
	}
	return false
}

// responsesStop reads status and incomplete_details.reason.
func responsesStop(root gjson.Result, called bool) (schema.StopReason, string) {
	if root.Get("status").String() == "incomplete" {
		switch reason := root.Get("incomplete_details.reason").String(); reason {
		case "max_output_tokens", "max_tokens":
			return schema.StopLength, ""
		case "content_filter":
			return schema.StopContentFilter, ""
		default:
			return schema.StopOther, reason
		}
	}
	if called {
		return schema.StopToolCalls, ""
	}
	return schema.StopEnd, ""
}

// itemParts reads one output item.
func itemParts(names schema.ToolNames, item gjson.Result) []schema.Part {
	switch item.Get("type").String() {
	case "message":
		var parts []schema.Part
		walk(item.Get("content"), func(v gjson.Result) bool {
			parts = append(parts, contentPart(v))
			return true
		})
		return parts
	case "function_call":
		return []schema.Part{{
			Kind: schema.PartToolCall, ID: item.Get("call_id").String(), Name: names.Client(item.Get("name").String()),
			Args: arguments(item.Get("arguments")),
		}}
	case "reasoning":
		return []schema.Part{reasoningItem(item)}
	case "image_generation_call":
		if data := item.Get("result").String(); data != "" {
			return []schema.Part{{Kind: schema.PartImage, Media: schema.Media{Type: pictureType(item), Data: data}}}
		}
	}
	return []schema.Part{{Kind: schema.PartOther, Raw: json.RawMessage(item.Raw)}}
}

func pictureType(item gjson.Result) string {
	if format := item.Get("output_format").String(); format != "" {
		return "image/" + format
	}
	return "image/png"
}

// encodeResponsesResponse writes a response object.
func encodeResponsesResponse(r *schema.Response) []byte {
	h := headOf(r.ID, r.Model, r.Created, r.Request)
	h.tier = r.ServiceTier
	var c schema.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	var items writer
	index := 0
	for i := 0; i < len(c.Parts); index++ {
		i += items.outputItem(h.itemID(index), c.Parts[i:], c.Logprobs)
	}
	var w writer
	h.write(&w, statusOf(c.Stop), items.b, r.Usage, nil)
	return w.b
}

// outputItem writes the item that begins with the first part, and returns how many parts went into it.
func (w *writer) outputItem(id string, parts []schema.Part, logprobs json.RawMessage) int {
	p := &parts[0]
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		n := 0
		w.messageOpen(id, "completed")
		for ; n < len(parts) && (parts[n].Kind == schema.PartText || parts[n].Kind == schema.PartRefusal); n++ {
			w.outputPart(&parts[n], logprobs)
			logprobs = nil
		}
		w.messageClose()
		return n
	case schema.PartToolCall:
		w.functionCall(id, p, "completed")
	case schema.PartThinking:
		w.reasoningItem(id, p)
	case schema.PartImage:
		w.object()
		w.str("id", "ig_"+id)
		w.str("type", "image_generation_call")
		w.str("status", "completed")
		w.str("result", p.Media.Data)
		w.endObject()
	case schema.PartOther:
		if isOutputItem(kindOf(p.Raw)) {
			w.value(p.Raw)
		}
	default: // sound: this API has none
	}
	return 1
}

// isOutputItem knows the types of this API's own output items from other formats' parts.
func isOutputItem(kind string) bool {
	return strings.HasSuffix(kind, "_call") || strings.HasSuffix(kind, "_call_output") || strings.HasPrefix(kind, "mcp_") || kind == "compaction"
}

func (w *writer) messageOpen(id, status string) {
	w.object()
	w.str("id", "msg_"+id)
	w.str("type", "message")
	w.str("status", status)
	w.str("role", "assistant")
	w.arrayAt("content")
}

func (w *writer) messageClose() {
	w.endArray()
	w.endObject()
}

// outputPart writes output_text or refusal. Citations count from the part's own beginning, here as there.
func (w *writer) outputPart(p *schema.Part, logprobs json.RawMessage) {
	w.object()
	if p.Kind == schema.PartRefusal {
		w.str("type", "refusal")
		w.str("refusal", p.Text)
		w.endObject()
		return
	}
	w.str("type", "output_text")
	w.str("text", p.Text)
	var annotations writer
	for i := range p.Citations {
		annotations.flatAnnotation(&p.Citations[i], utf8.RuneCountInString(p.Text))
	}
	w.list0("annotations", annotations.b)
	w.key("logprobs")
	if tokens := gjson.GetBytes(logprobs, "content"); tokens.IsArray() {
		w.value([]byte(tokens.Raw))
	} else {
		w.value([]byte("[]"))
	}
	w.endObject()
}

// flatAnnotation writes a citation; one of another kind only if it is this API's own.
func (w *writer) flatAnnotation(c *schema.Citation, runes int) {
	if c.URL == "" {
		switch kindOf(c.Raw) {
		case "file_citation", "container_file_citation", "file_path":
			w.value(c.Raw)
		}
		return
	}
	placed := *c
	placed.End = min(placed.End, max(runes, placed.Start))
	w.annotation(&placed, 0, false)
}

func (w *writer) functionCall(id string, p *schema.Part, status string) {
	args := p.Args
	if status == "completed" {
		args = argsOf(args)
	}
	w.object()
	w.str("id", "fc_"+id)
	w.str("type", "function_call")
	w.str("status", status)
	w.str("arguments", args)
	w.str("call_id", p.ID)
	w.str("name", p.Name)
	w.endObject()
}

func (w *writer) reasoningItem(id string, p *schema.Part) {
	w.object()
	w.str("id", reasoningID(id, p))
	w.str("type", "reasoning")
	w.summary(p.Text)
	w.optional("encrypted_content", seal(p))
	w.endObject()
}

// summary writes the text of a thought: "summary":[{"type":"summary_text","text":"…"}].
func (w *writer) summary(text string) {
	w.arrayAt("summary")
	if text != "" {
		w.object()
		w.str("type", "summary_text")
		w.str("text", text)
		w.endObject()
	}
	w.endArray()
}

// reasoningID is OpenAI's own if it made the thought.
func reasoningID(id string, p *schema.Part) string {
	if strings.HasPrefix(p.ID, "rs_") {
		return p.ID
	}
	return "rs_" + id
}

// statusOf gives status and the reason of incompleteness.
func statusOf(stop schema.StopReason) responseStatus {
	switch stop {
	case schema.StopLength, schema.StopContextWindow:
		return responseStatus{"incomplete", "max_output_tokens"}
	case schema.StopContentFilter, schema.StopRefusal, schema.StopMalformedCall:
		return responseStatus{"incomplete", "content_filter"}
	}
	return responseStatus{name: "completed"}
}

type responseStatus struct{ name, reason string }
