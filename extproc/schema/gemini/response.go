package gemini

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// DecodeResponse implements schema.Provider.
func (Provider) DecodeResponse(r *schema.Request, body []byte) (*schema.Response, error) {
	if !gjson.ValidBytes(body) {
		return nil, &schema.Error{Kind: schema.KindBadGateway, Code: "invalid_response", Message: "the provider's answer is not valid JSON"}
	}
	root := schema.Parse(body)
	if root.IsArray() {
		root = root.Get("0")
	}
	if e := root.Get("error"); e.Exists() {
		return nil, decodeError(e, 0)
	}
	if r != nil && r.Embed != nil {
		return decodeEmbeddings(r, root), nil
	}
	if n := root.Get("totalTokens"); n.Exists() && !root.Get("candidates").Exists() { // countTokens
		return &schema.Response{Usage: &schema.Usage{Input: int(n.Int())}}, nil
	}
	c := chunks{r: r, names: changedNames(r), single: true}
	events, ok := c.end(c.read(nil, root))
	if !ok {
		return nil, &schema.Error{
			Kind: schema.KindTruncated, Code: "incomplete_response",
			Message: "the provider's answer has no candidate that was finished",
		}
	}
	return gather(events), nil
}

// gather builds a complete answer from its events.
func gather(events []schema.Event) *schema.Response {
	out := &schema.Response{}
	at := map[int]int{}                     // the place of a choice
	texts := map[partKey]*strings.Builder{} // of parts, or their arguments
	choice := func(index int) *schema.Choice {
		i, ok := at[index]
		if !ok {
			i = len(out.Choices)
			at[index] = i
			out.Choices = append(out.Choices, schema.Choice{Index: index})
		}
		return &out.Choices[i]
	}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case schema.EventStart:
			out.ID, out.Model, out.Created = e.ID, e.Model, e.Created
		case schema.EventPartStart:
			c := choice(e.Choice)
			c.Parts = append(c.Parts, e.Value)
		case schema.EventDelta:
			c, key := choice(e.Choice), partKey{e.Choice, e.Part}
			if texts[key] == nil {
				texts[key] = &strings.Builder{}
			}
			texts[key].WriteString(e.Text)
			addDelta(c, &c.Parts[e.Part], e)
		case schema.EventStop:
			c := choice(e.Choice)
			c.Stop, c.StopDetail = e.Stop, e.StopDetail
		case schema.EventUsage:
			out.Usage = e.Usage
		}
	}
	for key, text := range texts {
		p := &choice(key.choice).Parts[key.part]
		if p.Kind == schema.PartToolCall {
			p.Args = text.String()
		} else {
			p.Text = text.String()
		}
	}
	return out
}

func addDelta(c *schema.Choice, p *schema.Part, e *schema.Event) {
	if e.Signature != "" {
		p.Signature = e.Signature
	}
	p.Citations = append(p.Citations, e.Citations...)
	if len(e.Logprobs) > 0 {
		c.Logprobs = e.Logprobs
	}
}

// EncodeResponse implements schema.Client.
func (Client) EncodeResponse(t schema.Target, r *schema.Response) ([]byte, error) {
	w := jsonout.Writer{B: make([]byte, 0, 1024)}
	w.Open('{')
	switch t.Op {
	case schema.OpCountTokens:
		w.Key("totalTokens").Int(int64(r.Usage.Input))
		w.Close('}')
		return w.B, nil
	case schema.OpEmbeddings:
		return writeEmbeddings(&w, t, r)
	}
	w.Key("candidates").Open('[')
	for i := range r.Choices {
		if err := writeCandidate(&w, &r.Choices[i]); err != nil {
			return nil, err
		}
	}
	w.Close(']')
	if r.Usage != nil {
		writeUsage(&w, r.Usage)
	}
	writeNames(&w, r.Model, r.ID)
	w.Close('}')
	return w.B, nil
}

func writeNames(w *jsonout.Writer, model, id string) {
	if model != "" {
		w.Key("modelVersion").String(model)
	}
	if id != "" {
		w.Key("responseId").String(id)
	}
}

func writeCandidate(w *jsonout.Writer, c *schema.Choice) error {
	w.Open('{')
	w.Key("content").Open('{')
	w.Key("parts").Open('[')
	var cites []schema.Citation
	var text string
	var calls firstCall
	finish := finishOf(c.Stop, c.StopDetail)
	for i := range c.Parts {
		p := &c.Parts[i]
		if len(p.Citations) > 0 && cites == nil {
			cites, text = p.Citations, p.Text
		}
		if !writePart(w, calls.mark(p)) {
			finish = unreadable(finish)
		}
	}
	w.Close(']')
	w.Key("role").String("model")
	w.Close('}')
	w.Key("finishReason").String(finish)
	w.Key("index").Int(int64(c.Index))
	writeCitations(w, cites, text)
	writeLogprobs(w, c.Logprobs)
	w.Close('}')
	return nil
}

// unreadable is the finish reason of an answer with a call whose arguments are no JSON: the output limit cut them
// off, or the model wrote nonsense.
func unreadable(finish string) string {
	if finish == "MAX_TOKENS" {
		return finish
	}
	return "MALFORMED_FUNCTION_CALL"
}

// writePart writes a part of an answer. ok is false for a call whose arguments are no JSON object: it is left out.
func writePart(w *jsonout.Writer, p *schema.Part) (ok bool) {
	if p.Kind == schema.PartToolCall && !isArgs(p.Args) {
		return false
	}
	if p.Kind == schema.PartOther {
		if p.Raw != nil && !gjson.GetBytes(p.Raw, "type").Exists() { // no part of Gemini's has a type, all others' do
			w.Raw(p.Raw)
		}
		return true
	}
	w.Open('{')
	switch p.Kind {
	case schema.PartToolCall:
		w.Key("functionCall").Open('{')
		if p.ID != "" {
			w.Key("id").String(p.ID)
		}
		w.Key("name").String(p.Name)
		w.Key("args")
		if p.Args == "" {
			w.Open('{')
			w.Close('}')
		} else {
			w.Raw([]byte(p.Args))
		}
		w.Close('}')
	case schema.PartThinking:
		w.Key("text").String(p.Text)
		w.Key("thought").Bool(true)
	case schema.PartImage, schema.PartAudio, schema.PartFile:
		writeMedia(w, &p.Media)
	default:
		w.Key("text").String(p.Text)
	}
	if p.Signature != "" {
		w.Key("thoughtSignature").Plain(wireSignature(p))
	}
	w.Close('}')
	return true
}

func writeMedia(w *jsonout.Writer, m *schema.Media) {
	if m.Data == "" {
		w.Key("fileData").Open('{')
		w.Key("mimeType").String(m.Type)
		w.Key("fileUri").String(m.URL)
		w.Close('}')
		return
	}
	w.Key("inlineData").Open('{')
	w.Key("mimeType").String(m.Type)
	w.Key("data").Plain(m.Data)
	w.Close('}')
}

func isArgs(args string) bool {
	return args == "" || gjson.Valid(args) && gjson.Parse(args).IsObject()
}
