package anthropic

import (
	"fmt"

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
		o.loseIf(p.Media.Detail == "low", b.at+".detail") // the API always looks closely
	case schema.PartFile:
		w.Key("type").String("document")
		o.writeFile(&p.Media)
	case schema.PartThinking:
		signature, _ := o.signature(p)
		writeThought(w, p, signature)
	case schema.PartToolCall:
		w.Key("type").String("tool_use")
		w.Key("id").String(wireID(p.ID))
		w.Key("name").String(toolNames.Fit(p.Name))
		w.Key("input").Arguments(p.Args)
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
