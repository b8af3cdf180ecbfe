package e2e

import (
	"fmt"
	"strings"
)

// png is a picture of one pixel. pdf and wav only begin as such.
const (
	png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	pdf = "JVBERi0xLjQKJSVFT0YK"
	wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA"
)

// showing is a question with one part beside its text.
func showing(chat, responses, messages, generate string) four {
	f := four{
		`"messages":[{"role":"user","content":[{"type":"text","text":"Look!"},` + chat + `]}]`,
		`"input":[{"role":"user","content":[{"type":"input_text","text":"Look!"},` + responses + `]}]`,
		`"messages":[{"role":"user","content":[{"type":"text","text":"Look!"},` + messages + `]}]`,
		`"contents":[{"role":"user","parts":[{"text":"Look!"},` + generate + `]}]`,
	}
	for i, s := range [...]string{chat, responses, messages, generate} {
		if s == "" {
			f[i] = ""
		}
	}
	return f
}

var mediaFeatures = []feature{
	{name: "image, inline", ask: showing(
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,`+png+`"}}`, `{"type":"input_image","image_url":"data:image/png;base64,`+png+`"}`,
		`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+png+`"}}`, `{"inlineData":{"mimeType":"image/png","data":"`+png+`"}}`),
		saw: everyWire("@this ~ " + png), got: says("you said “Look!”", "I see 1 image")},
	{name: "image by https", ask: showing(
		`{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}`, `{"type":"input_image","image_url":"https://example.com/cat.png"}`,
		`{"type":"image","source":{"type":"url","url":"https://example.com/cat.png"}}`, `{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/cat.png"}}`),
		saw: map[string]string{"chat": "@this ~ https://example.com/cat.png", "responses": "@this ~ https://example.com/cat.png", "messages": "@this ~ https://example.com/cat.png", "generate": "@this ~ https://example.com/cat.png"},
		got: says("I see 1 image")},
	{name: "image by http", ask: showing(
		`{"type":"image_url","image_url":{"url":"http://example.com/cat.png"}}`, `{"type":"input_image","image_url":"http://example.com/cat.png"}`, "", ""),
		saw: map[string]string{"chat": "@this ~ http://example.com/cat.png", "responses": "@this ~ http://example.com/cat.png", "generate": "@this ~ http://example.com/cat.png"},
		got: says("I see 1 image")},
	{name: "image detail", ask: showing(
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,`+png+`","detail":"low"}}`, `{"type":"input_image","detail":"low","image_url":"data:image/png;base64,`+png+`"}`, "", ""),
		saw: map[string]string{"chat": "messages.0.content.1.image_url.detail = low", "responses": "input.0.content.1.detail = low"}, got: says("I see 1 image")},
	{name: "several images", ask: showing(
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,`+png+`"}},{"type":"text","text":"And this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,`+png+`"}}`,
		`{"type":"input_image","image_url":"data:image/png;base64,`+png+`"},{"type":"input_text","text":"And this?"},{"type":"input_image","image_url":"data:image/png;base64,`+png+`"}`,
		`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+png+`"}},{"type":"text","text":"And this?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+png+`"}}`,
		`{"inlineData":{"mimeType":"image/png","data":"`+png+`"}},{"text":"And this?"},{"inlineData":{"mimeType":"image/png","data":"`+png+`"}}`),
		got: says("And this?", "I see 2 images")},
	{name: "PDF, inline", ask: showing(
		`{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,`+pdf+`"}}`, `{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,`+pdf+`"}`,
		`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"`+pdf+`"}}`, `{"inlineData":{"mimeType":"application/pdf","data":"`+pdf+`"}}`),
		saw: everyWire("@this ~ " + pdf), got: says("you said “Look!”", "I read 1 file")},
	{name: "PDF by https", ask: showing("", `{"type":"input_file","file_url":"https://example.com/a.pdf"}`,
		`{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}`, `{"fileData":{"mimeType":"application/pdf","fileUri":"https://example.com/a.pdf"}}`),
		saw: map[string]string{"responses": "@this ~ https://example.com/a.pdf", "messages": "@this ~ https://example.com/a.pdf", "generate": "@this ~ https://example.com/a.pdf"},
		got: says("I read 1 file")},
	{name: "document of plain text", ask: showing("", "", `{"type":"document","title":"Notes","source":{"type":"text","media_type":"text/plain","data":"The sky is blue."}}`, ""),
		saw: map[string]string{
			"chat": "@this ~ The sky is blue.", "responses": "@this ~ The sky is blue.", "messages": "@this ~ The sky is blue.",
			"generate": "@this ~ VGhlIHNreSBpcyBibHVlLg==", "converse": "@this ~ VGhlIHNreSBpcyBibHVlLg==",
		}, got: says("Look!")},
	{name: "audio, inline", ask: showing(
		`{"type":"input_audio","input_audio":{"data":"`+wav+`","format":"wav"}}`, "", "", `{"inlineData":{"mimeType":"audio/wav","data":"`+wav+`"}}`),
		saw: map[string]string{"chat": "messages.0.content.1.input_audio.format = wav", "generate": "@this ~ audio/wav", "responses": "@this ~ wav", "converse": "@this ~ " + wav}, got: says("I hear 1 recording")},
}

// everyWire expects the same of each provider.
func everyWire(want string) map[string]string {
	out := map[string]string{}
	for _, wire := range []string{"chat", "responses", "messages", "generate", "converse"} {
		out[wire] = want
	}
	return out
}

const personSchema = `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}`

// answersJSON wants an object with these members.
func answersJSON(members ...string) func(*reply, *crossing) string {
	return func(r *reply, _ *crossing) string {
		for _, m := range members {
			if !strings.HasPrefix(strings.TrimSpace(r.said()), "{") || !strings.Contains(r.said(), `"`+m+`"`) {
				return fmt.Sprintf("%q is no JSON with %s", r.said(), m)
			}
		}
		if len(r.calls) > 0 || r.stop != "end" {
			return fmt.Sprintf("calls %v, stopped for %s", r.calls, r.stop)
		}
		return ""
	}
}

var outputFeatures = []feature{
	{name: "JSON mode", ask: saying("Answer in JSON.").and(four{`"response_format":{"type":"json_object"}`, `"text":{"format":{"type":"json_object"}}`, "", `"generationConfig":{"responseMimeType":"application/json"}`}),
		saw: map[string]string{
			"chat": "response_format.type = json_object", "responses": "text.format.type = json_object", "generate": "generationConfig.responseMimeType = application/json",
			"messages": "system ~ JSON", "converse": "system ~ JSON",
		}},
	{name: "JSON schema", ask: saying("Who is Ada?").and(four{
		`"response_format":{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":` + personSchema + `}}`,
		`"text":{"format":{"type":"json_schema","name":"person","strict":true,"schema":` + personSchema + `}}`,
		`"output_config":{"format":{"type":"json_schema","schema":` + personSchema + `}}`,
		`"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":` + personSchema + `}`,
	}), got: answersJSON("name", "age")},
	{name: "JSON schema in Gemini's dialect", ask: saying("Who is Ada?").and(four{"", "", "", `"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"name":{"type":"STRING","nullable":true},"age":{"type":"INTEGER"}},"required":["name","age"],"propertyOrdering":["name","age"]}}`}),
		got: answersJSON("name", "age")},
	{name: "JSON schema beside tools", ask: saying("Who is Ada?").and(weather, four{
		`"response_format":{"type":"json_schema","json_schema":{"name":"person","schema":` + personSchema + `}}`,
		`"text":{"format":{"type":"json_schema","name":"person","schema":` + personSchema + `}}`,
		`"output_config":{"format":{"type":"json_schema","schema":` + personSchema + `}}`, "",
	}), got: answersJSON("name", "age")},
}
