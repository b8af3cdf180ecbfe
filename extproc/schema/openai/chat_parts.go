package openai

import (
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonin"
)

// content reads a message's content: a string, null, or parts. Old clients send strings among the parts.
func (f *fields) content(param string, v gjson.Result) []schema.Part {
	switch {
	case v.Type == gjson.Null:
		return nil
	case v.Type == gjson.String:
		return []schema.Part{{Kind: schema.PartText, Text: v.Str}}
	case !v.IsArray():
		f.Must(param, "a string or an array of parts")
		return nil
	}
	var parts []schema.Part
	f.Each(param, v, func(i int, item gjson.Result) {
		if item.Type == gjson.String {
			parts = append(parts, schema.Part{Kind: schema.PartText, Text: item.Str})
			return
		}
		if !item.IsObject() {
			f.Fail("invalid_type", fmt.Sprintf("%s[%d]", param, i), "%s[%d] must be an object", param, i)
			return
		}
		if item.Get("type").String() == "" {
			f.Fail("missing_field", fmt.Sprintf("%s[%d].type", param, i), "%s[%d].type is missing", param, i)
			return
		}
		parts = append(parts, contentPart(item))
	})
	return parts
}

// contentPart reads one part, of Chat Completions or of Responses:
//
//	{"type":"text","text":"…"}                                      input_text, output_text
//	{"type":"image_url","image_url":{"url":"…","detail":"low"}}     input_image, whose image_url is a string
//	{"type":"input_audio","input_audio":{"data":"…","format":"wav"}}
//	{"type":"file","file":{"file_data":"data:…","filename":"a.pdf"}}  input_file, which is not nested
//	{"type":"refusal","refusal":"…"}
func contentPart(part gjson.Result) schema.Part {
	v := membersOf(part)
	p := schema.Part{Cache: cacheAmong(v)}
	switch v.get("type").String() {
	case "text", "input_text", "output_text":
		p.Kind, p.Text = schema.PartText, v.get("text").String()
		p.Citations = citations(v.get("annotations"))
	case "refusal":
		p.Kind, p.Text = schema.PartRefusal, v.get("refusal").String()
	case "image_url", "input_image":
		p.Kind, p.Media = schema.PartImage, image(v)
	case "input_audio":
		p.Kind = schema.PartAudio
		p.Media = audio(membersOf(v.get("input_audio")))
	case "file":
		p.Kind, p.Media = schema.PartFile, file(membersOf(v.get("file")))
	case "input_file":
		p.Kind, p.Media = schema.PartFile, file(v)
	default:
		p.Kind, p.Raw = schema.PartOther, json.RawMessage(part.Raw)
	}
	return p
}

func image(v *members) schema.Media {
	link, detail := v.get("image_url"), v.get("detail")
	if link.IsObject() {
		nested := membersOf(link)
		link, detail = nested.get("url"), nested.get("detail")
	}
	m := mediaOf(link.String())
	m.Detail, m.FileID = detail.String(), v.get("file_id").String()
	return m
}

func audio(v *members) schema.Media {
	format := v.get("format").String()
	mediaType := audioTypes[format]
	if mediaType == "" && format != "" {
		mediaType = "audio/" + format
	}
	m := mediaOf(v.get("data").String())
	if m.URL != "" { // bare base64, which OpenAI asks for
		m = schema.Media{Data: m.URL}
	}
	m.Type = mediaType
	return m
}

// file reads a document. file_data is a data URL; bare base64, which some clients send, counts as PDF.
func file(v *members) schema.Media {
	m := mediaOf(v.get("file_data").String())
	if m.URL != "" && !isWeb(m.URL) {
		m = schema.Media{Type: "application/pdf", Data: m.URL}
	}
	if link := v.get("file_url").String(); link != "" {
		m = mediaOf(link)
	}
	m.FileID, m.Filename = v.get("file_id").String(), v.get("filename").String()
	return m
}

// toolCall reads one of tool_calls. Google's signature travels where its own OpenAI-compatible API puts it:
//
//	{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"},
//	 "extra_content":{"google":{"thought_signature":"…"}}}
//
// Source: https://ai.google.dev/gemini-api/docs/thought-signatures#openai
func toolCall(v gjson.Result) schema.Part {
	id := v.Get("id").String()
	if v.Get("type").String() == "custom" {
		return schema.Part{Kind: schema.PartOther, ID: id, Name: v.Get("custom.name").String(), Raw: json.RawMessage(v.Raw)}
	}
	p := schema.Part{
		Kind: schema.PartToolCall,
		ID:   id,
		Name: v.Get("function.name").String(),
		Args: arguments(v.Get("function.arguments")),
	}
	if signature := v.Get("extra_content.google.thought_signature").String(); signature != "" {
		sign(&p, schema.Gemini, signature)
	}
	return p
}

// arguments are a string of JSON; some servers send the object itself.
func arguments(v gjson.Result) string {
	if v.IsObject() {
		return v.Raw
	}
	return v.String()
}

// chatTool reads one of tools.
func chatTool(v gjson.Result) schema.Tool {
	if f := v.Get("function"); f.IsObject() {
		t := functionTool(f)
		if t.Cache = cacheOf(v); t.Cache == nil {
			t.Cache = cacheOf(f)
		}
		return t
	}
	return schema.Tool{Kind: schema.ToolOther, Name: v.Get("custom.name").String(), Raw: json.RawMessage(v.Raw)}
}

// functionTool reads {"name":…,"description":…,"parameters":{…},"strict":true}.
func functionTool(v gjson.Result) schema.Tool {
	t := schema.Tool{
		Kind:        schema.ToolFunction,
		Name:        v.Get("name").String(),
		Description: v.Get("description").String(),
		Parameters:  jsonin.Raw(v.Get("parameters")),
	}
	if strict := v.Get("strict"); strict.IsBool() {
		t.Strict = new(strict.Bool())
	}
	return t
}

// citations reads annotations:
//
//	{"type":"url_citation","url_citation":{"url":"…","title":"…","start_index":0,"end_index":9}}   Chat Completions
//	{"type":"url_citation","url":"…","title":"…","start_index":0,"end_index":9}                    Responses
func citations(annotations gjson.Result) []schema.Citation {
	var list []schema.Citation
	walk(annotations, func(v gjson.Result) bool {
		list = append(list, citation(v))
		return true
	})
	return list
}

func citation(v gjson.Result) schema.Citation {
	if v.Get("type").String() != "url_citation" {
		return schema.Citation{Raw: json.RawMessage(v.Raw)}
	}
	if nested := v.Get("url_citation"); nested.IsObject() {
		v = nested
	}
	return schema.Citation{
		URL:   v.Get("url").String(),
		Title: v.Get("title").String(),
		Start: int(v.Get("start_index").Int()),
		End:   int(v.Get("end_index").Int()),
	}
}
