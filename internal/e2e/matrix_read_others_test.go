package e2e

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// Messages.

var messageStops = map[string]string{
	"end_turn": "end", "stop_sequence": "end", "max_tokens": "length", "tool_use": "tools", "refusal": "filter",
	"pause_turn": "pause", "model_context_window_exceeded": "context",
}

func readMessage(r *reply, v gjson.Result) {
	for _, b := range v.Get("content").Array() {
		messageBlock(r, b, len(r.calls))
		if b.Get("type").Str == "tool_use" {
			r.calls[len(r.calls)-1].args = b.Get("input").Raw
		}
	}
	messageStop(r, v)
	r.keep(v.Get("model").String(), "")
	messageUsage(r, v.Get("usage"))
}

func messageBlock(r *reply, b gjson.Result, at int) {
	switch b.Get("type").Str {
	case "text":
		r.say(0, b.Get("text").String())
		for _, c := range b.Get("citations").Array() {
			r.cite(c)
		}
	case "thinking":
		r.thought += b.Get("thinking").String()
		r.signature += b.Get("signature").String()
	case "tool_use":
		r.argue(at, b.Get("id").String(), b.Get("name").String(), "")
	}
}

func (r *reply) cite(c gjson.Result) {
	if url := c.Get("url").String(); url != "" {
		r.cites = append(r.cites, url)
		return
	}
	r.cites = append(r.cites, c.Get("cited_text").String())
}

func messageStop(r *reply, v gjson.Result) {
	if s := v.Get("stop_reason"); s.Type == gjson.String {
		r.stop, r.stopMet = messageStops[s.Str], v.Get("stop_sequence").String()
	}
}

func messageUsage(r *reply, u gjson.Result) {
	if !u.IsObject() {
		return
	}
	if r.usage == nil {
		r.usage = &tokens{}
	}
	cached, written := num(u, "cache_read_input_tokens"), num(u, "cache_creation_input_tokens")
	if u.Get("input_tokens").Exists() {
		r.usage.input, r.usage.cached, r.usage.written = num(u, "input_tokens")+cached+written, cached, written
	}
	r.usage.output = num(u, "output_tokens")
	r.keep("", u.Get("service_tier").String())
}

func messageEvent(r *reply, name string, v gjson.Result) {
	kind := v.Get("type").Str
	if kind != name {
		r.broken = fmt.Errorf("event %q holds %q", name, kind)
	}
	// Calls are told apart by the index of their block.
	at := num(v, "index")
	switch kind {
	case "message_start":
		r.keep(v.Get("message.model").String(), "")
		messageUsage(r, v.Get("message.usage"))
	case "content_block_start":
		messageBlock(r, v.Get("content_block"), at)
	case "content_block_delta":
		d := v.Get("delta")
		switch d.Get("type").Str {
		case "text_delta":
			r.say(0, d.Get("text").String())
		case "thinking_delta":
			r.thought += d.Get("thinking").String()
		case "signature_delta":
			r.signature += d.Get("signature").String()
		case "input_json_delta":
			r.argue(at, "", "", d.Get("partial_json").String())
		case "citations_delta":
			r.cite(d.Get("citation"))
		}
	case "message_delta":
		messageStop(r, v.Get("delta"))
		messageUsage(r, v.Get("usage"))
	case "message_stop":
		r.ended = true
		var made []madeCall
		for _, c := range r.calls {
			if c.name != "" {
				if c.args == "" {
					c.args = "{}"
				}
				made = append(made, c)
			}
		}
		r.calls = made
	}
}

// generateContent.

var generateStops = map[string]string{
	"STOP": "end", "MAX_TOKENS": "length", "SAFETY": "filter", "RECITATION": "filter", "PROHIBITED_CONTENT": "filter", "BLOCKLIST": "filter", "SPII": "filter",
	"FUNCTION_CALL": "tools", // which Google does not say, but aimock
}

func readGenerated(r *reply, v gjson.Result) {
	for _, c := range v.Get("candidates").Array() {
		choice := int(c.Get("index").Int())
		r.say(choice, "")
		for _, p := range c.Get("content.parts").Array() {
			switch {
			case p.Get("thought").Bool():
				r.thought += p.Get("text").String()
			case p.Get("functionCall").Exists():
				args := p.Get("functionCall.args").Raw
				if args == "" {
					args = "{}"
				}
				r.argue(len(r.calls), p.Get("functionCall.id").String(), p.Get("functionCall.name").String(), args)
			default:
				r.say(choice, p.Get("text").String())
			}
			r.signature += p.Get("thoughtSignature").String()
		}
		for _, g := range c.Get("groundingMetadata.groundingChunks").Array() {
			r.cites = append(r.cites, g.Get("web.uri").String())
		}
		for _, g := range c.Get("citationMetadata.citationSources").Array() {
			r.cites = append(r.cites, g.Get("uri").String())
		}
		r.logprobs += len(c.Get("logprobsResult.chosenCandidates").Array())
		if s := c.Get("finishReason").String(); s != "" {
			r.ended = true
			if r.stop = generateStops[s]; len(r.calls) > 0 && r.stop == "end" {
				r.stop = "tools"
			}
		}
	}
	if v.Get("promptFeedback.blockReason").Exists() {
		r.ended, r.stop = true, "filter"
	}
	r.keep(v.Get("modelVersion").String(), v.Get("usageMetadata.serviceTier").String())
	if u := v.Get("usageMetadata"); u.IsObject() {
		r.usage = &tokens{
			num(u, "promptTokenCount"), num(u, "cachedContentTokenCount"), 0,
			num(u, "candidatesTokenCount") + num(u, "thoughtsTokenCount"), num(u, "thoughtsTokenCount"),
		}
	}
}
