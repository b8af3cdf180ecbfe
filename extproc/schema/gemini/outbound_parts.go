package gemini

import (
	"encoding/base64"
	"path"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// part writes a part that is neither a thought nor of a tool.
func (e *requestEncoder) part(at place, role schema.Role, p *schema.Part) {
	if p.Cache != nil {
		at.lose(".cache")
	}
	if e.own && len(p.Raw) > 0 {
		e.w.Raw(p.Raw)
		return
	}
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		signature := signatureOf(p)
		if p.Text == "" && signature == "" && !e.own { // empty text beside calls: Google refuses empty parts
			return
		}
		e.w.Open('{')
		e.w.Key("text").String(p.Text)
		if signature != "" {
			e.w.Key("thoughtSignature").Plain(signature)
		}
		e.w.Close('}')
	case schema.PartImage, schema.PartAudio, schema.PartFile:
		if p.Media.Detail != "" && p.Media.Detail != "auto" {
			at.lose(".detail")
		}
		if !e.media(p.Kind, &p.Media) {
			at.lose(" (" + string(p.Kind) + ")")
		}
	default:
		at.lose(" (" + string(p.Kind) + ")")
	}
}

// media writes inline data or a reference; ok is false if Google cannot reach it. Google fetches https addresses
// itself, up to 100 MB.
// Source: https://ai.google.dev/gemini-api/docs/file-input-methods
func (e *requestEncoder) media(kind schema.PartKind, m *schema.Media) bool {
	w := &e.w
	switch {
	case m.Data != "" || m.Text != "":
		data, mime := m.Data, mimeOf(kind, m)
		if data == "" {
			data = base64.StdEncoding.EncodeToString([]byte(m.Text))
			if m.Type == "" {
				mime = "text/plain"
			}
		}
		w.Open('{')
		w.Key("inlineData").Open('{')
		w.Key("mimeType").String(mime)
		w.Key("data").Plain(data)
		w.Close('}')
		w.Close('}')
		return true
	case m.FileID != "" && e.own:
		e.fileData(m.FileID, m.Type)
		return true
	case hasScheme(m.URL, "https://", "http://", "gs://"):
		mime := m.Type
		if mime == "" && !e.own {
			mime = mimeOf(kind, m)
		}
		e.fileData(m.URL, mime)
		return true
	}
	return false
}

func (e *requestEncoder) fileData(uri, mime string) {
	w := &e.w
	w.Open('{')
	w.Key("fileData").Open('{')
	if mime != "" {
		w.Key("mimeType").String(mime)
	}
	w.Key("fileUri").String(uri)
	w.Close('}')
	w.Close('}')
}

func hasScheme(uri string, schemes ...string) bool {
	for _, s := range schemes {
		if len(uri) > len(s) && strings.EqualFold(uri[:len(s)], s) {
			return true
		}
	}
	return false
}

// mimeOf is the type of a medium: as said, by its name's extension, or the most common of its kind.
func mimeOf(kind schema.PartKind, m *schema.Media) string {
	if m.Type != "" {
		return m.Type
	}
	address, _, _ := strings.Cut(m.URL, "?")
	for _, name := range []string{m.Filename, address} {
		if mime, ok := mimeTypes[strings.ToLower(path.Ext(name))]; ok {
			return mime
		}
	}
	switch kind {
	case schema.PartImage:
		return "image/jpeg"
	case schema.PartAudio:
		return "audio/wav"
	}
	return "application/pdf"
}

// call writes {"functionCall":{"name":"…","args":{…}}}.
func (e *requestEncoder) call(p *schema.Part, signature string) {
	w := &e.w
	w.Open('{')
	w.Key("functionCall").Open('{')
	if p.ID != "" && !strings.HasPrefix(p.ID, ownID) {
		w.Key("id").String(p.ID)
	}
	w.Key("name").String(e.callName(p.Name))
	w.Key("args").Arguments(p.Args)
	w.Close('}')
	if signature != "" {
		w.Key("thoughtSignature").Plain(signature)
	}
	w.Close('}')
}

// result writes {"functionResponse":{"name":"…","response":{…}}}. Gemini 3 takes media within it; for older models
// they follow it.
// Source: https://ai.google.dev/gemini-api/docs/function-calling#multimodal
func (e *requestEncoder) result(at place, p *schema.Part, names map[string]string) {
	w := &e.w
	name := names[p.ID]
	if name == "" {
		name = p.Name
	}
	if name == "" {
		name = "unknown"
	}
	if p.Cache != nil {
		at.lose(".cache")
	}
	w.Open('{')
	w.Key("functionResponse").Open('{')
	if p.ID != "" && !strings.HasPrefix(p.ID, ownID) {
		w.Key("id").String(p.ID)
	}
	w.Key("name").String(e.callName(name))
	w.Key("response")
	media := e.resultText(p)
	inside := media > 0 && (e.own || e.version >= 30)
	if inside {
		w.Key("parts").Open('[')
		e.resultMedia(at, p)
		w.Close(']')
	}
	w.Close('}')
	w.Close('}')
	if media > 0 && !inside {
		e.resultMedia(at, p)
	}
}

// resultText writes the response object and counts the parts that are not text.
func (e *requestEncoder) resultText(p *schema.Part) (media int) {
	var text strings.Builder
	for i := range p.Result {
		if r := &p.Result[i]; r.Kind == schema.PartText || r.Kind == schema.PartRefusal {
			if text.Len() > 0 {
				text.WriteByte('\n')
			}
			text.WriteString(r.Text)
		} else {
			media++
		}
	}
	w, s := &e.w, text.String()
	isObject := strings.HasPrefix(strings.TrimSpace(s), "{") && gjson.Valid(s)
	if isObject && !p.IsError {
		w.Raw([]byte(s))
		return media
	}
	w.Open('{')
	switch {
	case p.IsError && isObject:
		w.Key("error").Raw([]byte(s))
	case p.IsError:
		w.Key("error").String(s)
	default:
		w.Key("output").String(s)
	}
	w.Close('}')
	return media
}

func (e *requestEncoder) resultMedia(at place, p *schema.Part) {
	for i := range p.Result {
		r := &p.Result[i]
		if r.Kind == schema.PartText || r.Kind == schema.PartRefusal {
			continue
		}
		if !e.media(r.Kind, &r.Media) {
			at.lose(" (" + string(r.Kind) + " in a tool result)")
		}
	}
}
