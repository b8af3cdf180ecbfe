package openai

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// decodeCompletionsRequest reads a request of the legacy Completions API. The prompt becomes one user message, which is
// what a chat provider makes of it.
//
// Source: https://platform.openai.com/docs/api-reference/completions/create
func decodeCompletionsRequest(root gjson.Result) (*schema.Request, *schema.Error) {
	f := fields{}
	r := &schema.Request{Legacy: true}
	root.ForEach(func(name, v gjson.Result) bool {
		if f.sampling(r, name.Str, v) {
			return f.Err == nil
		}
		switch name.Str {
		case "prompt":
			r.Messages = f.prompt(v)
		case "max_tokens":
			r.MaxOutputTokens = f.Whole("max_tokens", v)
		case "echo", "best_of", "logprobs":
			if v.Type != gjson.False && v.Num > 0 || v.Type == gjson.True {
				extra(r, name.Str, v)
			}
		default:
			extra(r, name.Str, v)
		}
		return f.Err == nil
	})
	if f.Err == nil && len(r.Messages) == 0 {
		return nil, invalid("missing_field", "prompt", "the request has no prompt; add one")
	}
	return r, f.Err
}

// prompt reads a string, or a list of one. A list of several asks for an answer to each, and token ids are of one
// model's vocabulary: neither can be said to another kind of provider.
func (f *fields) prompt(v gjson.Result) []schema.Message {
	if v.IsArray() {
		list := v.Array()
		switch {
		case len(list) == 0:
			return nil
		case list[0].Type != gjson.String:
			f.Err = unsupported("prompt", "token ids belong to one model; send text")
			return nil
		case len(list) > 1:
			f.Err = unsupported("prompt", "it takes one prompt a request; send several requests")
			return nil
		}
		v = list[0]
	}
	if v.Type == gjson.Null {
		return nil
	}
	text := f.Text("prompt", v)
	return []schema.Message{{Role: schema.RoleUser, Parts: []schema.Part{{Kind: schema.PartText, Text: text}}}}
}

// completions writes a request of the legacy Completions API, which only one that came as such can become.
func (o *outbound) completions() *schema.Error {
	r, w := o.r, &o.w
	var prompt strings.Builder
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			p := &r.Messages[i].Parts[j]
			if p.Kind != schema.PartText {
				o.lose("messages[%d].content[%d] (%s)", i, j, p.Kind)
				continue
			}
			if prompt.Len() > 0 {
				prompt.WriteString("\n\n")
			}
			prompt.WriteString(p.Text)
		}
	}
	w.object()
	w.str("model", r.Model)
	w.str("prompt", prompt.String())
	if r.MaxOutputTokens != nil {
		w.num("max_tokens", int64(*r.MaxOutputTokens))
	}
	o.sampling()
	o.loseChat()
	o.stream()
	o.extra()
	w.endObject()
	return nil
}

// loseChat names what this API lacks.
func (o *outbound) loseChat() {
	r := o.r
	for _, lack := range []struct {
		name string
		said bool
	}{
		{"store", r.Store != nil && *r.Store},
		{"metadata", len(r.Metadata) > 0},
		{"tools", len(r.Tools) > 0},
		{"response_format", r.Output.Kind != schema.OutputText},
		{"reasoning", r.Reasoning.Said()},
		{"logprobs", r.Logprobs},
	} {
		if lack.said {
			o.lose("%s", lack.name)
		}
	}
}

// decodeCompletionsResponse reads a text_completion.
//
// Source: https://platform.openai.com/docs/api-reference/completions/object
func decodeCompletionsResponse(root gjson.Result) (*schema.Response, *schema.Error) {
	answer, choices, err := answerHead(root)
	if err != nil {
		return nil, err
	}
	walk(choices, func(v gjson.Result) bool {
		c := schema.Choice{
			Index:    int(v.Get("index").Int()),
			Parts:    []schema.Part{{Kind: schema.PartText, Text: v.Get("text").String()}},
			Logprobs: jsonin.Raw(v.Get("logprobs")),
		}
		c.Stop, c.StopDetail = stopOf(v.Get("finish_reason").String(), false)
		answer.Choices = append(answer.Choices, c)
		return true
	})
	return answer, nil
}

// encodeCompletionsResponse writes a text_completion. A refusal is text like any other here.
func encodeCompletionsResponse(r *schema.Response) []byte {
	var w writer
	w.object()
	w.str("id", idOr(r.ID, "cmpl-"))
	w.str("object", "text_completion")
	w.num("created", r.Created)
	w.str("model", r.Model)
	w.arrayAt("choices")
	for i := range r.Choices {
		c := &r.Choices[i]
		var text strings.Builder
		for j := range c.Parts {
			if kind := c.Parts[j].Kind; kind == schema.PartText || kind == schema.PartRefusal {
				text.WriteString(c.Parts[j].Text)
			}
		}
		w.object()
		w.str("text", text.String())
		w.num("index", int64(c.Index))
		if r.Request != nil && operation(r.Request) == schema.OpCompletions {
			w.raw("logprobs", c.Logprobs) // the provider's own have the right shape; a chat provider's have not
		} else {
			w.null("logprobs")
		}
		w.str("finish_reason", finishOf(c.Stop))
		w.endObject()
	}
	w.endArray()
	if r.Usage != nil {
		w.key("usage")
		w.usage(r.Usage)
	}
	w.orNull("system_fingerprint", r.Fingerprint)
	w.endObject()
	return w.b
}
