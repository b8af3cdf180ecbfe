package anthropic

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// writeBlock writes one content block of a turn whose role is given.
func (o *outbound) writeBlock(b block, role string) {
	w, p := &o.w, b.part
	if o.own && p.Raw != nil {
		w.Raw(p.Raw)
		return
	}
	w.Open('{')
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		w.Key("type").String("text")
		w.Key("text").String(p.Text)
		o.writeCitations(b, role)
	case schema.PartImage:
		w.Key("type").String("image")
		o.writeImage(&p.Media)
		o.loseIf(p.Media.Detail != "" && p.Media.Detail != "auto", b.at+".detail")
	case schema.PartFile:
		w.Key("type").String("document")
		o.writeFile(&p.Media)
	case schema.PartThinking:
		signature, _ := o.signature(p)
		writeThought(w, p, signature)
	case schema.PartToolCall:
		w.Key("type").String("tool_use")
		w.Key("id").String(wireID(p.ID))
		w.Key("name").String(wireName(p.Name))
		w.Key("input").Raw(inputOf(p.Args))
	case schema.PartToolResult:
		w.Key("type").String("tool_result")
		w.Key("tool_use_id").String(wireID(p.ID))
		o.writeResult(b)
		if p.IsError {
			w.Key("is_error").Bool(true)
		}
	}
	if p.Kind != schema.PartThinking { // which takes no marker
		o.writeCache(p.Cache)
	}
	w.Close('}')
}

// inputOf is a call's arguments as the object that the API demands. Arguments that are none, as a model may write
// them, become the member of one.
func inputOf(args string) []byte {
	if strings.TrimSpace(args) == "" {
		return []byte("{}")
	}
	if gjson.Valid(args) && gjson.Parse(args).IsObject() {
		return []byte(args)
	}
	return append(gjson.AppendJSONString([]byte(`{"arguments":`), args), '}')
}

// writeResult writes the content of a tool's result: a string, blocks, or nothing.
func (o *outbound) writeResult(b block) {
	w := &o.w
	var parts []block
	for i := range b.part.Result {
		p := &b.part.Result[i]
		at := fmt.Sprintf("%s.content[%d]", b.at, i)
		switch o.fate(p, false) {
		case keep:
			parts = append(parts, block{p, at})
		case lose:
			o.lose(at + " (" + o.kindOf(p) + ")")
		}
	}
	if len(parts) == 0 {
		return
	}
	w.Key("content")
	if first := parts[0].part; len(parts) == 1 && first.Kind == schema.PartText && first.Cache == nil && first.Raw == nil {
		w.String(first.Text)
		return
	}
	w.Open('[')
	for _, part := range parts {
		o.writeBlock(part, "user")
	}
	w.Close(']')
}

// writeCitations gives citations of an earlier answer back to the provider that made them.
func (o *outbound) writeCitations(b block, role string) {
	if len(b.part.Citations) == 0 {
		return
	}
	if role != "assistant" || !o.own {
		o.lose(b.at + " (citations)")
		return
	}
	o.w.Key("citations").Open('[')
	for i := range b.part.Citations {
		o.w.Raw(citation(&b.part.Citations[i]))
	}
	o.w.Close(']')
}

// signature is a thought's signature if Claude made it.
func (o *outbound) signature(p *schema.Part) (string, bool) {
	if p.Signature == "" {
		return "", false
	}
	if raw, ok := schema.Unsign(schema.Anthropic, p.Signature); ok {
		return raw, true
	}
	if schema.IsSigned(p.Signature) || p.SignedBy != "" && p.SignedBy != schema.Anthropic {
		return "", false
	}
	return p.Signature, p.SignedBy == schema.Anthropic
}

// imageTypes are those that the API takes.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/vision
var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// magics tell the type of data by the base64 of its first bytes, where the client does not.
var magics = []struct{ lead, mediaType string }{
	{"iVBORw0K", "image/png"},
	{"/9j/", "image/jpeg"},
	{"R0lGOD", "image/gif"},
	{"UklGR", "image/webp"},
	{"JVBERi", "application/pdf"},
}

// typeOf is the media type of inline data, without parameters.
func typeOf(m *schema.Media) string {
	mediaType, _, _ := strings.Cut(m.Type, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	if mediaType == "image/jpg" {
		return "image/jpeg"
	}
	if mediaType != "" && mediaType != "application/octet-stream" && mediaType != "image/*" {
		return mediaType
	}
	for _, magic := range magics {
		if strings.HasPrefix(m.Data, magic.lead) {
			return magic.mediaType
		}
	}
	if strings.HasSuffix(strings.ToLower(m.Filename), ".pdf") {
		return "application/pdf"
	}
	return mediaType
}

func isWeb(link string) bool {
	return strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")
}

func (o *outbound) takesImage(m *schema.Media) bool {
	if m.Data != "" {
		mediaType := typeOf(m)
		for _, known := range imageTypes {
			if mediaType == known {
				return true
			}
		}
		return false
	}
	return isWeb(m.URL) || m.FileID != "" && o.own
}

func (o *outbound) writeImage(m *schema.Media) {
	w := &o.w
	w.Key("source").Open('{')
	switch {
	case m.Data != "":
		w.Key("type").String("base64")
		w.Key("media_type").String(typeOf(m))
		w.Key("data").Plain(m.Data)
	case m.URL != "":
		w.Key("type").String("url")
		w.Key("url").String(m.URL)
	default:
		w.Key("type").String("file")
		w.Key("file_id").String(m.FileID)
	}
	w.Close('}')
}

// takesFile: PDF, inline or by URL, and text.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/pdf-support
func (o *outbound) takesFile(m *schema.Media) bool {
	if m.Data != "" {
		_, isText := textOf(m)
		return isText || typeOf(m) == "application/pdf"
	}
	mediaType := typeOf(m)
	return m.Text != "" || m.FileID != "" && o.own || isWeb(m.URL) && (mediaType == "" || mediaType == "application/pdf")
}

// textOf decodes inline data of a text type.
func textOf(m *schema.Media) (string, bool) {
	mediaType := typeOf(m)
	if !strings.HasPrefix(mediaType, "text/") && mediaType != "application/json" && mediaType != "application/xml" {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil
}

func (o *outbound) writeFile(m *schema.Media) {
	w := &o.w
	w.Key("source").Open('{')
	text, isText := m.Text, m.Text != ""
	if m.Data != "" {
		text, isText = textOf(m)
	}
	switch {
	case isText:
		w.Key("type").String("text")
		w.Key("media_type").String("text/plain")
		w.Key("data").String(text)
	case m.Data != "":
		w.Key("type").String("base64")
		w.Key("media_type").String("application/pdf")
		w.Key("data").Plain(m.Data)
	case m.URL != "":
		w.Key("type").String("url")
		w.Key("url").String(m.URL)
	default:
		w.Key("type").String("file")
		w.Key("file_id").String(m.FileID)
	}
	w.Close('}')
	if m.Filename != "" {
		w.Key("title").String(m.Filename)
	}
}

// kindOf names a part that is lost.
func (o *outbound) kindOf(p *schema.Part) string {
	if p.Kind == schema.PartOther {
		if kind := gjson.GetBytes(p.Raw, "type").String(); kind != "" && len(kind) <= 64 {
			return kind
		}
	}
	return string(p.Kind)
}

// countMarkers makes room for four cache markers, the most that the API takes: the last ones cover the most.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
func (o *outbound) countMarkers() {
	if o.own {
		return
	}
	n := 0
	note := func(p *schema.Part) {
		if p.Cache != nil && p.Kind != schema.PartThinking {
			n++
		}
	}
	for _, t := range o.tools {
		if t.Cache != nil {
			n++
		}
	}
	for i := range o.system {
		note(&o.system[i])
	}
	for _, t := range o.turns {
		for _, b := range t.blocks {
			note(b.part)
			for i := range b.part.Result {
				note(&b.part.Result[i])
			}
		}
	}
	o.markers = max(0, n-4)
	o.loseIf(o.markers > 0, "messages.cache")
}

// writeCache writes a marker with the lifetimes that the API has: five minutes, its default, and an hour.
func (o *outbound) writeCache(c *schema.Cache) {
	if c == nil {
		return
	}
	if o.markers > 0 {
		o.markers--
		return
	}
	w := &o.w
	w.Key("cache_control").Open('{')
	w.Key("type").String("ephemeral")
	switch c.TTL {
	case "":
	case "5m", "300s":
		w.Key("ttl").String("5m")
	default:
		w.Key("ttl").String("1h")
	}
	w.Close('}')
}
