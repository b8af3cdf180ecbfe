package e2e

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// Chat Completions.

var chatStops = map[string]string{"stop": "end", "length": "length", "tool_calls": "tools", "function_call": "tools", "content_filter": "filter"}

func readChat(r *reply, v gjson.Result) {
	for _, c := range v.Get("choices").Array() {
		chatPart(r, c, c.Get("message"))
	}
	chatRest(r, v)
}

func chatEvent(r *reply, _ string, v gjson.Result) {
	for _, c := range v.Get("choices").Array() {
		chatPart(r, c, c.Get("delta"))
	}
	chatRest(r, v)
}

func chatPart(r *reply, c, m gjson.Result) {
	choice := int(c.Get("index").Int())
	r.say(choice, m.Get("content").String())
	r.refusal += m.Get("refusal").String()
	r.thought += m.Get("reasoning_content").String()
	for _, d := range m.Get("reasoning_details").Array() {
		r.signature += d.Get("signature").String()
	}
	for i, call := range m.Get("tool_calls").Array() {
		if at := call.Get("index"); at.Exists() {
			i = int(at.Int())
		}
		r.argue(i, call.Get("id").String(), call.Get("function.name").String(), call.Get("function.arguments").String())
	}
	if f := m.Get("function_call"); f.IsObject() {
		r.argue(0, "", f.Get("name").String(), f.Get("arguments").String())
	}
	for _, a := range m.Get("annotations").Array() {
		r.cites = append(r.cites, a.Get("url_citation.url").String())
	}
	r.logprobs += len(c.Get("logprobs.content").Array())
	if s := c.Get("finish_reason"); s.Type == gjson.String {
		r.stop = chatStops[s.Str]
	}
}

func chatRest(r *reply, v gjson.Result) {
	r.keep(v.Get("model").String(), v.Get("service_tier").String())
	if u := v.Get("usage"); u.IsObject() {
		r.usage = &tokens{
			num(u, "prompt_tokens"), num(u, "prompt_tokens_details.cached_tokens"), num(u, "prompt_tokens_details.cache_write_tokens"),
			num(u, "completion_tokens"), num(u, "completion_tokens_details.reasoning_tokens"),
		}
	}
}

func (r *reply) keep(model, tier string) {
	if model != "" {
		r.model = model
	}
	if tier != "" {
		r.tier = tier
	}
}

func num(v gjson.Result, path string) int { return int(v.Get(path).Int()) }

// Responses.

func readResponse(r *reply, v gjson.Result) {
	for _, item := range v.Get("output").Array() {
		switch item.Get("type").Str {
		case "message":
			for _, p := range item.Get("content").Array() {
				r.say(0, p.Get("text").String())
				r.refusal += p.Get("refusal").String()
				r.logprobs += len(p.Get("logprobs").Array())
				for _, a := range p.Get("annotations").Array() {
					r.cites = append(r.cites, a.Get("url").String())
				}
			}
		case "reasoning":
			for _, p := range item.Get("summary").Array() {
				r.thought += p.Get("text").String()
			}
			for _, p := range item.Get("content").Array() {
				r.thought += p.Get("text").String()
			}
			r.signature += item.Get("encrypted_content").String()
		case "function_call":
			r.argue(len(r.calls), item.Get("call_id").String(), item.Get("name").String(), item.Get("arguments").String())
		}
	}
	switch {
	case v.Get("incomplete_details.reason").Str == "max_output_tokens":
		r.stop = "length"
	case v.Get("incomplete_details.reason").Str == "content_filter":
		r.stop = "filter"
	case len(r.calls) > 0:
		r.stop = "tools"
	case v.Get("status").Str == "completed":
		r.stop = "end"
	}
	r.keep(v.Get("model").String(), v.Get("service_tier").String())
	if u := v.Get("usage"); u.IsObject() {
		r.usage = &tokens{
			num(u, "input_tokens"), num(u, "input_tokens_details.cached_tokens"), num(u, "input_tokens_details.cache_write_tokens"),
			num(u, "output_tokens"), num(u, "output_tokens_details.reasoning_tokens"),
		}
	}
}

// responseEvent reads the last event, which has the whole answer, and checks the deltas against it.
func responseEvent(r *reply, _ string, v gjson.Result) {
	switch kind := v.Get("type").Str; kind {
	case "response.output_text.delta":
		r.say(0, v.Get("delta").Str)
	case "response.completed", "response.incomplete":
		streamed, pieces := r.said(), r.text
		r.ended, r.texts = true, nil
		readResponse(r, v.Get("response"))
		r.text = pieces
		if streamed != r.said() {
			r.broken = fmt.Errorf("the deltas say %q, the whole says %q", streamed, r.said())
		}
	}
}
