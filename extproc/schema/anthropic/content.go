package anthropic

import (
	"encoding/json"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// content reads a string or an array of blocks, as requests have them in system, messages and tool results.
// A block with members that the neutral form has no name for also keeps its bytes, for a provider of this format.
func (d *requestDecoder) content(param string, v gjson.Result) []schema.Part {
	switch v.Type {
	case gjson.String:
		return []schema.Part{{Kind: schema.PartText, Text: v.Str}}
	case gjson.Null:
		return nil
	}
	var parts []schema.Part
	d.each(param, v, func(param string, v gjson.Result) {
		if d.object(param, v) {
			parts = append(parts, d.block(param, v))
		}
	})
	return parts
}

// block reads one content block of a request.
func (d *requestDecoder) block(param string, v gjson.Result) schema.Part {
	kind := v.Get("type").String()
	p := schema.Part{Cache: cacheOf(v)}
	var members []string // those that p says
	switch kind {
	case "text":
		p.Kind, p.Text = schema.PartText, d.Text(param+".text", v.Get("text"))
		p.Citations = citationsOf(v.Get("citations"))
		members = []string{"text", "citations"}
	case "image":
		p.Kind, p.Media = schema.PartImage, d.media(param+".source", v.Get("source"))
		members = []string{"source"}
	case "document":
		p.Kind, p.Media = schema.PartFile, d.media(param+".source", v.Get("source"))
		p.Media.Filename = d.Text(param+".title", v.Get("title"))
		members = []string{"source", "title"}
		if v.Get("source.type").String() == "content" { // its blocks are more than the text that others get
			members = nil
		}
	case "search_result": // {"source":"https://…","title":…,"content":[text blocks]}: a text for others
		p.Kind = schema.PartFile
		p.Media = schema.Media{Type: "text/plain", Filename: v.Get("title").String(), Text: textsOf(v.Get("content"))}
	case "compaction": // {"content":"…","encrypted_content":…}: what the conversation was before; null where that failed
		p.Kind, p.Text = schema.PartText, d.Text(param+".content", v.Get("content"))
	case "fallback": // marks where another model went on; no part of the prompt
		p.Kind = schema.PartText
	case "thinking":
		p.Kind, p.Text = schema.PartThinking, d.Text(param+".thinking", v.Get("thinking"))
		p.Signature, p.SignedBy = signed(d.Text(param+".signature", v.Get("signature")))
		return p
	case "redacted_thinking":
		p.Kind, p.Redacted = schema.PartThinking, true
		p.Signature, p.SignedBy = signed(d.Text(param+".data", v.Get("data")))
		return p
	case "tool_use":
		p.Kind, p.ID, p.Name = schema.PartToolCall, d.Text(param+".id", v.Get("id")), d.Text(param+".name", v.Get("name"))
		p.Args = argsOf(v.Get("input"))
		members = []string{"id", "name", "input"}
	case "tool_result":
		p.Kind, p.ID = schema.PartToolResult, d.Text(param+".tool_use_id", v.Get("tool_use_id"))
		p.Result = d.content(param+".content", v.Get("content"))
		p.IsError = v.Get("is_error").Bool()
		members = []string{"tool_use_id", "content", "is_error"}
	case "":
		d.Fail("invalid_type", param+".type", "%s.type must name the kind of block", param)
	default:
		p.Kind = schema.PartOther
		if text := readable(kind, v); text != "" {
			p.Kind, p.Text = schema.PartText, text
		}
	}
	if len(members) == 0 || !only(v, append(members, "type", "cache_control")...) {
		p.Raw = json.RawMessage(v.Raw)
	}
	return p
}

// media reads a source: {"type":"base64","media_type":…,"data":…}, {"type":"url","url":…}, {"type":"file","file_id":…},
// {"type":"text","media_type":"text/plain","data":…}, {"type":"content","content":…}.
func (d *requestDecoder) media(param string, v gjson.Result) schema.Media {
	if !d.object(param, v) {
		return schema.Media{}
	}
	m := schema.Media{Type: d.Text(param+".media_type", v.Get("media_type"))}
	switch v.Get("type").String() {
	case "base64":
		m.Data = d.Text(param+".data", v.Get("data"))
	case "url":
		m.URL = d.Text(param+".url", v.Get("url"))
	case "file":
		m.FileID = d.Text(param+".file_id", v.Get("file_id"))
	case "text":
		m.Text = d.Text(param+".data", v.Get("data"))
	case "content":
		m.Type, m.Text = "text/plain", textsOf(v.Get("content"))
	default:
		d.Must(param+".type", "base64, url, file, text or content")
	}
	return m
}

// signed marks a signature that a client sends, unless it bears the mark of another format, and tells whose it is.
func signed(signature string) (string, schema.Format) {
	if signature == "" {
		return "", ""
	}
	if schema.IsSigned(signature) {
		by, _, _ := strings.Cut(signature, ":")
		return signature, schema.Format(by)
	}
	return schema.Sign(schema.Anthropic, signature), schema.Anthropic
}

// cacheOf reads {"cache_control":{"type":"ephemeral","ttl":"1h"}}.
func cacheOf(v gjson.Result) *schema.Cache {
	marker := v.Get("cache_control")
	if !marker.IsObject() {
		return nil
	}
	return &schema.Cache{TTL: marker.Get("ttl").String()}
}

// citationsOf reads the citations of a text block. All but those of the web point into documents of the request.
func citationsOf(v gjson.Result) []schema.Citation {
	if !v.IsArray() {
		return nil
	}
	var list []schema.Citation
	v.ForEach(func(_, c gjson.Result) bool {
		list = append(list, citationOf(c))
		return true
	})
	return list
}

func citationOf(v gjson.Result) schema.Citation {
	c := schema.Citation{
		URL: v.Get("url").String(), Title: v.Get("title").String(), CitedText: v.Get("cited_text").String(),
		Raw: json.RawMessage(v.Raw),
	}
	if c.Title == "" {
		c.Title = v.Get("document_title").String()
	}
	if c.URL == "" { // of a search result, where it is often an address
		if source := v.Get("source").String(); strings.HasPrefix(source, "https://") || strings.HasPrefix(source, "http://") {
			c.URL = source
		}
	}
	return c
}

// textsOf joins the text of a string or of text blocks.
func textsOf(v gjson.Result) string {
	if v.Type == gjson.String {
		return v.Str
	}
	var b strings.Builder
	v.ForEach(func(_, block gjson.Result) bool {
		if text := block.Get("text"); text.Type == gjson.String {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			b.WriteString(text.Str)
		}
		return true
	})
	return b.String()
}

// argsOf reads the input of a tool call.
func argsOf(v gjson.Result) string {
	if v.Type == gjson.Null {
		return "{}"
	}
	return v.Raw
}
