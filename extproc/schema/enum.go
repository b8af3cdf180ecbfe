package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// enumMember and enumType are how a Gemini client asks for one of a few words as they stand, not as JSON:
//
//	"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["owl","cat"]}}
//
// Source: https://ai.google.dev/gemini-api/docs/structured-output
const (
	enumMember = "generationConfig.responseMimeType"
	enumType   = `"text/x.enum"`
)

// EnumInWords returns r, or, where it asks for one of a few words, a copy that does so in its system prompt: no other format
// than Gemini's answers so, and a JSON schema would bring quotes that the client does not expect.
func EnumInWords(r *Request) *Request {
	isEnum := func(x Field) bool { return x.Name == enumMember && string(x.Value) == enumType }
	words := enumOf(r.Output.Schema)
	if r.Format != Gemini || len(words) == 0 || !slices.ContainsFunc(r.Extra, isEnum) {
		return r
	}
	plain := *r
	plain.Output = OutputFormat{}
	plain.Extra = slices.DeleteFunc(slices.Clone(r.Extra), isEnum)
	ask := Part{Kind: PartText, Text: "Answer with exactly one of the following, and nothing else: no explanation, no quotation marks.\n" + strings.Join(words, "\n")}
	plain.Messages = slices.Insert(slices.Clone(r.Messages), 0, Message{Role: RoleSystem, Parts: []Part{ask}})
	return &plain
}

// enumOf is what a JSON schema of strings allows; nil: it is none.
func enumOf(doc json.RawMessage) []string {
	var words []string
	for _, word := range gjson.GetBytes(doc, "enum").Array() {
		if word.Type != gjson.String {
			return nil
		}
		words = append(words, word.Str)
	}
	return words
}
