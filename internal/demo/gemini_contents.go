package demo

import (
	"encoding/json"
	"strings"
)

type geminiPart struct {
	Text             string                  `json:"text,omitempty"`
	Thought          bool                    `json:"thought,omitempty"`
	ThoughtSignature string                  `json:"thoughtSignature,omitempty"`
	InlineData       *geminiBlob             `json:"inlineData,omitempty"`
	FileData         *geminiFile             `json:"fileData,omitempty"`
	FunctionCall     *geminiFunctionCall     `json:"functionCall,omitempty"`
	FunctionResponse *geminiFunctionResponse `json:"functionResponse,omitempty"`
}

type geminiBlob struct {
	MimeType string `json:"mimeType"`
	Data     string `json:"data"`
}

type geminiFile struct {
	MimeType string `json:"mimeType"`
	FileURI  string `json:"fileUri"`
}

type geminiFunctionCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
}

type geminiFunctionResponse struct {
	ID       string                     `json:"id,omitempty"`
	Name     string                     `json:"name"`
	Response map[string]json.RawMessage `json:"response"`
	Parts    []json.RawMessage          `json:"parts,omitempty"`
}

func readPart(raw json.RawMessage, where string) (geminiPart, *failure) {
	var p geminiPart
	f := firstFailure(onlyNames(raw, geminiPartName, where), decodeValue(raw, &p, where))
	return p, f
}

// contents turns the conversation into turns. A turn of function calls is followed by as many responses.
func (g *geminiRequest) contents(a *ask) *failure {
	if len(g.Contents) == 0 {
		return invalid("contents", "* GenerateContentRequest.contents: contents is not specified")
	}
	waiting := []call(nil)
	for i := range g.Contents {
		c := &g.Contents[i]
		where := at("contents", i)
		t := turn{role: user}
		switch c.Role {
		case "user", "function", "":
		case "model":
			t.role = assistant
		default:
			return invalid(where+".role", "Please use a valid role: user, model.")
		}
		if len(c.Parts) == 0 {
			return invalid(where+".parts", "* GenerateContentRequest.%s.parts: contents.parts must not be empty.", where)
		}
		for j, raw := range c.Parts {
			p, f := readPart(raw, where+"."+at("parts", j))
			if f == nil {
				f = p.into(&t, where+"."+at("parts", j))
			}
			if f != nil {
				return f
			}
			if p.FunctionCall != nil && strings.HasPrefix(a.model, "gemini-3") && len(t.calls) == 1 && p.ThoughtSignature == "" {
				return invalid(where, "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.")
			}
		}
		if len(waiting) != len(t.results) {
			return invalid(where, "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.")
		}
		for j := range t.results {
			if t.results[j].name != waiting[j].name && t.results[j].id == "" {
				return invalid(where, "Function response %q does not answer the call of %q.", t.results[j].name, waiting[j].name)
			}
		}
		waiting = t.calls
		a.turns = append(a.turns, t)
	}
	if len(waiting) > 0 {
		return invalid("contents", "Please ensure that function call turn is followed by a function response turn.")
	}
	return nil
}

// standard turns base64 for URLs into the usual kind. JSON for protocol buffers takes both, and Google's SDK for Python
// sends the former.
var standard = strings.NewReplacer("-", "+", "_", "/")

func (p *geminiPart) into(t *turn, where string) *failure {
	if s := p.ThoughtSignature; s != "" && s != geminiSignature && s != noSignature && s != noSignatureBase64 {
		return invalid(where, "Thought signature is not valid.")
	}
	switch {
	case p.InlineData != nil:
		if p.InlineData.MimeType == "" || !isBase64(standard.Replace(p.InlineData.Data)) {
			return invalid(where+".inline_data", "Unable to process input: mime_type or base64 data is wrong.")
		}
		t.see(p.InlineData.MimeType)
	case p.FileData != nil:
		if p.FileData.FileURI == "" {
			return invalid(where+".file_data", "Invalid or unsupported file uri: %q", p.FileData.FileURI)
		}
		t.see(p.FileData.MimeType)
	case p.FunctionCall != nil:
		if t.role != assistant || p.FunctionCall.Name == "" {
			return invalid(where+".function_call", "Function calls need a name, in a content of role model.")
		}
		t.calls = append(t.calls, call{id: p.FunctionCall.ID, name: p.FunctionCall.Name, args: string(p.FunctionCall.Args)})
	case p.FunctionResponse != nil:
		r := p.FunctionResponse
		if t.role != user || r.Name == "" || r.Response == nil {
			return invalid(where+".function_response", "Function responses need a name and a response object, in a content of role user.")
		}
		_, failed := r.Response["error"]
		t.results = append(t.results, result{id: r.ID, name: r.Name, text: responseText(r.Response), images: len(r.Parts), failed: failed})
	case p.Thought:
	default:
		t.say(p.Text)
	}
	return nil
}

func (t *turn) see(mime string) {
	switch kind, _, _ := strings.Cut(mime, "/"); kind {
	case "image":
		t.images++
	case "audio":
		t.audios++
	default:
		t.files++
	}
}

// responseText is what a function returned: the text under the names by which clients wrap it, or else the object.
func responseText(response map[string]json.RawMessage) string {
	for _, name := range []string{"output", "result", "error", "content"} {
		var text string
		if len(response) == 1 && json.Unmarshal(response[name], &text) == nil {
			return text
		}
	}
	return string(encode(response))
}

// geminiSignature is the signature of every thought.
const geminiSignature = "ZGVtbyB0aG91Z2h0IHNpZ25hdHVyZQ=="

// noSignature stands for the signature of a call that Gemini did not make. The field is bytes, so that JSON has it in
// base64; the API takes it as the documentation spells it, too.
//
// Source: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
const (
	noSignature       = "skip_thought_signature_validator"
	noSignatureBase64 = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
)
