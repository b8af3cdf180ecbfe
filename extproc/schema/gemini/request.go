package gemini

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// DecodeRequest implements schema.Client.
func (Client) DecodeRequest(t schema.Target, body []byte) (*schema.Request, error) {
	if !gjson.ValidBytes(body) {
		return nil, &schema.Error{Kind: schema.KindInvalidRequest, Code: "invalid_json", Message: "the body is not valid JSON"}
	}
	d := requestDecoder{r: &schema.Request{
		Format: schema.Gemini, Op: t.Op, Model: t.Model, Stream: t.Stream, IncludeUsage: t.Stream,
	}}
	switch root := schema.Parse(body); t.Op {
	case schema.OpEmbeddings:
		d.embed(root)
	case schema.OpCountTokens:
		d.r.Stream, d.r.IncludeUsage = false, false
		if whole := root.Get("generateContentRequest"); whole.IsObject() {
			root = whole
		} else if whole := root.Get("generate_content_request"); whole.IsObject() {
			root = whole
		}
		d.fields("body", root, d.member)
	default:
		d.fields("body", root, d.member)
	}
	if d.Err != nil {
		return nil, d.Err
	}
	for i := range d.r.Messages {
		if m := &d.r.Messages[i]; m.Role == schema.RoleAssistant {
			m.Parts = joined(m.Parts)
		}
	}
	if len(d.system) > 0 {
		d.r.Messages = append([]schema.Message{{Role: schema.RoleSystem, Parts: d.system}}, d.r.Messages...)
	}
	return d.r, nil
}

// requestDecoder builds one request.
type requestDecoder struct {
	reader
	r      *schema.Request
	system []schema.Part

	nCalls   int
	called   map[string]string   // the name of the function that a call id called
	waiting  map[string][]string // per function, the ids of its calls, oldest first
	answered map[string]bool     // call ids
}

func (d *requestDecoder) member(name string, v gjson.Result) {
	switch name {
	case "contents":
		d.list(name, v, d.content)
	case "systemInstruction":
		if v.Type == gjson.String {
			d.system = append(d.system, schema.Part{Kind: schema.PartText, Text: v.Str})
			return
		}
		d.fields(name, v, func(field string, v gjson.Result) {
			switch field {
			case "parts":
				d.parts(v, &d.system)
			case "text": // a part that clients forget to put into parts
				d.system = append(d.system, schema.Part{Kind: schema.PartText, Text: d.text(name+".text", v)})
			}
		})
	case "tools":
		d.list(name, v, d.tool)
	case "toolConfig":
		d.fields(name, v, d.toolConfig)
	case "generationConfig":
		d.fields(name, v, d.generation)
	case "safetySettings":
		d.r.SafetySettings = raw(v)
	case "labels":
		d.r.Metadata = raw(v)
	case "serviceTier":
		d.r.ServiceTier = v.String()
	case "store":
		store := v.Bool()
		d.r.Store = &store
	case "model": // the path's counts
	default:
		jsonin.Extra(d.r, name, v)
	}
}

// content reads {"role":"model","parts":[…]}. Contents of the model that follow each other are one message: clients
// keep each chunk of a stream as a content of its own.
func (d *requestDecoder) content(v gjson.Result) {
	m := schema.Message{Role: schema.RoleUser}
	d.fields("contents", v, func(name string, v gjson.Result) {
		switch name {
		case "role":
			m.Role = roleOf(v.String())
		case "parts":
			d.parts(v, &m.Parts)
		}
	})
	if len(m.Parts) == 0 {
		return
	}
	if m.Role == schema.RoleSystem {
		d.system = append(d.system, m.Parts...)
		return
	}
	if m.Role == schema.RoleAssistant {
		d.model(m)
		return
	}
	// Results of tools are a message of their own in the neutral form; Gemini mixes them with the user's words.
	var rest []schema.Part
	results := schema.Message{Role: schema.RoleTool}
	for _, p := range m.Parts {
		if p.Kind == schema.PartToolResult {
			results.Parts = append(results.Parts, p)
		} else {
			rest = append(rest, p)
		}
	}
	if len(results.Parts) > 0 {
		d.r.Messages = append(d.r.Messages, results)
	}
	if len(rest) > 0 {
		d.r.Messages = append(d.r.Messages, schema.Message{Role: schema.RoleUser, Parts: rest})
	}
}

func (d *requestDecoder) model(m schema.Message) {
	n := len(d.r.Messages)
	if n == 0 || d.r.Messages[n-1].Role != schema.RoleAssistant {
		d.r.Messages = append(d.r.Messages, schema.Message{Role: schema.RoleAssistant})
		n++
	}
	last := &d.r.Messages[n-1]
	last.Parts = append(last.Parts, m.Parts...)
}

// joined joins the pieces of streamed texts and thoughts. A signature ends what it stands on.
func joined(parts []schema.Part) []schema.Part {
	out := parts[:0]
	for i := 0; i < len(parts); {
		p, end := parts[i], i+1
		if p.Kind == schema.PartText || p.Kind == schema.PartThinking {
			var text strings.Builder
			text.WriteString(p.Text)
			for p.Signature == "" && p.Raw == nil && end < len(parts) && parts[end].Kind == p.Kind && parts[end].Raw == nil {
				text.WriteString(parts[end].Text)
				p.Signature, p.SignedBy, p.Redacted = parts[end].Signature, parts[end].SignedBy, parts[end].Redacted
				end++
			}
			p.Text = text.String()
		}
		out = append(out, p)
		i = end
	}
	return out
}

func (d *requestDecoder) parts(v gjson.Result, out *[]schema.Part) {
	one := func(v gjson.Result) {
		if p, ok := d.part(v); ok {
			*out = append(*out, p)
		}
	}
	if v.IsObject() { // protobuf takes a single element for a list
		one(v)
		return
	}
	d.list("parts", v, one)
}

// part reads one part. One whose further members the neutral form has no name for keeps itself in Raw.
func (d *requestDecoder) part(v gjson.Result) (p schema.Part, ok bool) {
	var thought, more bool
	d.fields("parts", v, func(name string, v gjson.Result) {
		switch name {
		case "text":
			p.Kind, p.Text = schema.PartText, d.text("parts.text", v)
		case "thought":
			thought = v.Bool()
		case "thoughtSignature":
			readSignature(&p, d.text("parts.thoughtSignature", v))
		case "inlineData":
			d.media(v, &p)
		case "fileData":
			d.media(v, &p)
		case "functionCall":
			d.call(v, &p)
		case "functionResponse":
			d.response(v, &p)
		default:
			more = true
		}
	})
	switch {
	case p.Kind == "" && more:
		p.Kind, p.Raw = schema.PartOther, raw(v)
	case p.Kind == "" && p.Signature != "":
		p.Kind = schema.PartText
	case more:
		p.Raw = raw(v)
	}
	if thought && p.Kind == schema.PartText {
		p.Kind = schema.PartThinking
	}
	return p, p.Kind != ""
}

// media reads inlineData {"mimeType","data"} or fileData {"mimeType","fileUri"}.
func (d *requestDecoder) media(v gjson.Result, p *schema.Part) {
	m := &p.Media
	d.fields("parts.inlineData", v, func(name string, v gjson.Result) {
		switch name {
		case "mimeType":
			m.Type = v.String()
		case "data":
			m.Data = standardBase64(d.text("parts.inlineData.data", v))
		case "fileUri":
			m.URL = v.String()
		case "displayName":
			m.Filename = v.String()
		}
	})
	if strings.Contains(m.URL, "generativelanguage.googleapis.com") || !strings.Contains(m.URL, "://") {
		m.FileID, m.URL = m.URL, "" // an upload, which Google alone can read
	}
	p.Kind = kindOfMedia(m.Type)
}

// standardBase64 turns the URL-safe alphabet, which protobuf's JSON mapping takes too, into the standard one.
func standardBase64(s string) string {
	if !strings.ContainsAny(s, "-_") && len(s)%4 == 0 {
		return s
	}
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	if n := len(s) % 4; n > 1 && !strings.HasSuffix(s, "=") {
		s += "=="[:4-n]
	}
	return s
}

// call reads {"id":"…","name":"…","args":{…}}. A call without an id gets one that its place tells.
func (d *requestDecoder) call(v gjson.Result, p *schema.Part) {
	p.Kind = schema.PartToolCall
	d.fields("parts.functionCall", v, func(name string, v gjson.Result) {
		switch name {
		case "id":
			p.ID = v.String()
		case "name":
			p.Name = v.String()
		case "args":
			p.Args = v.Raw
		}
	})
	d.nCalls++
	if p.ID == "" {
		p.ID = ownID + "h" + strconv.Itoa(d.nCalls)
	}
	if d.called == nil {
		d.called, d.waiting, d.answered = map[string]string{}, map[string][]string{}, map[string]bool{}
	}
	d.called[p.ID] = p.Name
	d.waiting[p.Name] = append(d.waiting[p.Name], p.ID)
}

// response reads {"id":"…","name":"…","response":{…},"parts":[…]}. Without an id it answers the oldest open call of
// its name.
func (d *requestDecoder) response(v gjson.Result, p *schema.Part) {
	p.Kind = schema.PartToolResult
	d.fields("parts.functionResponse", v, func(name string, v gjson.Result) {
		switch name {
		case "id":
			p.ID = v.String()
		case "name":
			p.Name = v.String()
		case "response":
			text, failed := resultText(v)
			p.IsError = failed
			p.Result = append([]schema.Part{{Kind: schema.PartText, Text: text}}, p.Result...)
		case "parts":
			d.list("parts.functionResponse.parts", v, func(v gjson.Result) {
				if media, ok := d.part(v); ok {
					p.Result = append(p.Result, media)
				}
			})
		}
	})
	for queue := d.waiting[p.Name]; p.ID == "" && len(queue) > 0; queue = d.waiting[p.Name] {
		if !d.answered[queue[0]] {
			p.ID = queue[0]
		}
		d.waiting[p.Name] = queue[1:]
	}
	if name, ok := d.called[p.ID]; ok {
		p.Name, d.answered[p.ID] = name, true
	}
	if p.ID == "" {
		d.nCalls++
		p.ID = ownID + "h" + strconv.Itoa(d.nCalls)
	}
}

// resultText reads a response: {"output": …} and {"error": …} stand for what they hold, "result" is a habit of
// clients; else the whole object is the output.
// Source: https://ai.google.dev/api/caching#FunctionResponse
func resultText(v gjson.Result) (text string, failed bool) {
	keys := 0
	var key, value gjson.Result
	v.ForEach(func(k, val gjson.Result) bool {
		keys++
		key, value = k, val
		return keys < 2
	})
	if keys == 1 {
		switch key.Str {
		case "error":
			return plainText(value), true
		case "output", "result":
			if value.Type == gjson.String {
				return value.Str, false
			}
		}
	}
	return v.Raw, false
}

func plainText(v gjson.Result) string {
	if v.Type == gjson.String {
		return v.Str
	}
	return v.Raw
}

func raw(v gjson.Result) json.RawMessage { return json.RawMessage(v.Raw) }
