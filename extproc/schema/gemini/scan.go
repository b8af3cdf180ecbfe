package gemini

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
	"github.com/llmroute/llmroute/policy/tokens"
)

// names are the members that a scan gives meaning to, each in both spellings; a look-up yields the camelCase one, so
// that an object with both spellings of one field has a duplicate.
var names = spellings("contents", "role", "parts", "text", "inlineData", "mimeType", "data", "fileData", "fileUri",
	"functionCall", "functionResponse", "systemInstruction", "tools", "functionDeclarations", "googleSearch",
	"googleSearchRetrieval", "enterpriseWebSearch", "toolConfig", "functionCallingConfig", "generationConfig",
	"maxOutputTokens", "candidateCount", "responseMimeType", "responseSchema", "responseJsonSchema",
	"responseLogprobs", "logprobs", "thinkingConfig", "thinkingBudget", "thinkingLevel", "responseModalities",
	"cachedContent", "model", "content", "requests", "generateContentRequest", "taskType", "title", "outputDimensionality", "safetySettings", "labels", "executableCode", "codeExecutionResult")

// searchTools are the names of Google's own search tools.
var searchTools = map[string]bool{"googleSearch": true, "googleSearchRetrieval": true, "enterpriseWebSearch": true}

func spellings(camel ...string) jsonscan.Names {
	set := make(jsonscan.Names, 2*len(camel))
	for _, name := range camel {
		set[name] = name
		set[snake(name)] = name
	}
	return set
}

// snake turns inlineData into inline_data.
func snake(camel string) string {
	var b strings.Builder
	for _, c := range camel {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Scan implements schema.Client. Model and Stream are the path's. The Names of Members are in camelCase.
func (Client) Scan(t schema.Target, body []byte) (schema.Facts, error) {
	s := scanner{jsonscan.Record(body, names, 8), body, t.Op}
	s.Facts.Model, s.Facts.Stream = t.Model, t.Stream
	if err := s.Body(s.value); err != nil {
		return schema.Facts{}, err
	}
	ways, ok := demanded[t.Op]
	if !ok {
		ways = demanded[schema.OpGenerate]
	}
	for _, name := range ways {
		if s.Facts.Member(name) != nil {
			return s.Facts, nil
		}
	}
	return schema.Facts{}, &schema.Error{
		Kind: schema.KindInvalidRequest, Code: "missing_field", Param: ways[0],
		Message: "the request has no " + strings.Join(ways, " or ") + "; add it",
	}
}

// demanded are the members of which a request must have one.
var demanded = map[schema.Op][]string{
	schema.OpGenerate: {"contents"}, schema.OpCountTokens: {"contents", "generateContentRequest"}, schema.OpEmbeddings: {"content", "requests"},
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	jsonscan.Recorder
	body []byte
	op   schema.Op
}

func (s *scanner) value(name string) {
	switch name {
	case "contents":
		s.Array(name, func(int) {
			s.Facts.Messages++
			s.Role = schema.RoleUser
			s.content(name)
		})
	case "systemInstruction":
		s.Role = schema.RoleSystem
		if s.Null() {
			return
		}
		if s.Kind() == jsonscan.String { // what Google's SDKs take too, though not its servers
			s.PromptOrNull(name)
			return
		}
		s.content(name)
		s.Role = schema.RoleSystem
	case "tools":
		s.tools()
	case "generationConfig":
		s.ObjectOrNull(name, s.generation)
	case "cachedContent":
		s.Facts.PromptCache = !s.Null()
	case "model":
		s.model()
	case "content":
		if s.op == schema.OpEmbeddings {
			s.embedded(name)
		}
	case "requests":
		if s.op == schema.OpEmbeddings {
			s.Array(name, func(int) {
				s.Object(name, func(member string, _ schema.Span) {
					if member == "content" {
						s.embedded(name + ".content")
					}
				})
			})
		}
	case "generateContentRequest":
		if s.op == schema.OpCountTokens {
			s.ObjectOrNull(name, func(member string, _ schema.Span) { s.value(member) })
		}
	}
}

// embedded reads a content to embed, which is the user's.
func (s *scanner) embedded(param string) {
	s.Facts.Messages++
	s.Role = schema.RoleUser
	s.content(param)
}

// model checks a model in the body: the path names it, and a provider must not find another one.
func (s *scanner) model() {
	if s.Null() {
		return
	}
	said := strings.TrimPrefix(string(s.Bytes("model")), "models/")
	if !s.Failed() && said != "" && said != strings.TrimPrefix(s.Facts.Model, "models/") {
		s.Reject("ambiguous_field", "model", "the body names another model than the path; name it in the path only")
	}
}

// content reads {"role":"user","parts":[{"text":"…"}]}. The role may stand after the parts, so the texts of this
// content get it at the end.
func (s *scanner) content(param string) {
	before := len(s.Facts.Texts)
	role := s.Role
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "role":
			if !s.Null() {
				role = roleOf(string(s.Bytes(param + ".role")))
				s.Role = role
			}
		case "text": // of a system instruction, without parts
			if param == "systemInstruction" {
				s.PromptOrNull(param + ".text")
			}
		case "parts":
			if s.Null() {
				return
			}
			if s.Kind() == jsonscan.Object {
				s.part(param + ".parts")
				return
			}
			s.Array(param+".parts", func(int) { s.part(param + ".parts") })
		}
	})
	if param == "contents" {
		for i := before; i < len(s.Facts.Texts); i++ {
			s.Facts.Texts[i].Role = role
		}
	}
}

// part reads {"text":"…"}, {"inlineData":{"mimeType":"image/png","data":"…"}}, {"functionCall":{…}}, …
func (s *scanner) part(param string) {
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "text":
			s.PromptOrNull(param + ".text")
		case "thoughtSignature":
			if s.Kind() == jsonscan.String {
				s.Facts.Foreign = isForeign(string(s.Bytes(param+".thoughtSignature"))) || s.Facts.Foreign
			}
		case "inlineData", "fileData":
			s.media(param + "." + name)
		case "functionResponse":
			s.ObjectOrNull(param+".functionResponse", func(name string, _ schema.Span) {
				if name == "parts" && s.Kind() == jsonscan.Array { // media that a tool has brought
					s.Array(param+".functionResponse.parts", func(int) { s.part(param + ".functionResponse.parts") })
					return
				}
				s.AddData(s.Skip())
			})
		case "functionCall", "executableCode", "codeExecutionResult":
			s.AddData(s.Skip())
		}
	})
}

func (s *scanner) media(param string) {
	var mime string
	var data schema.Span
	s.ObjectOrNull(param, func(name string, _ schema.Span) {
		switch name {
		case "mimeType":
			if !s.Null() {
				mime = string(s.Bytes(param + ".mimeType"))
			}
		case "data":
			if s.Null() {
				return
			}
			data = s.Text(param + ".data")
			s.Facts.MediaBytes += data.Len()
		}
	})
	switch kindOfMedia(mime) {
	case schema.PartImage:
		if s.Failed() {
			return
		}
		s.Facts.AddImage(data.Of(s.body), tokens.DetailAuto)
	case schema.PartAudio:
		s.Facts.Audio++
	default:
		s.Facts.Files++
	}
}

func (s *scanner) tools() {
	if s.Null() {
		return
	}
	start := s.At()
	s.Array("tools", func(int) {
		s.Object("tools", func(name string, _ schema.Span) {
			if name == "functionDeclarations" && s.Kind() == jsonscan.Array {
				s.Array("tools.functionDeclarations", func(int) { s.Facts.Tools++; s.Skip() })
				return
			}
			s.Facts.WebSearch = s.Facts.WebSearch || searchTools[name]
		})
	})
	s.AddTools(s.Since(start))
}

func (s *scanner) generation(name string, _ schema.Span) {
	f, param := &s.Facts, "generationConfig."+name
	switch name {
	case "maxOutputTokens":
		if !s.Null() {
			f.MaxOutputTokens = s.Int(param)
		}
	case "candidateCount":
		if !s.Null() {
			f.N = s.Int(param)
		}
	case "responseMimeType":
		if !s.Null() {
			f.JSONMode = string(s.Bytes(param)) == mimeJSON
		}
	case "responseSchema", "responseJsonSchema":
		if s.Null() {
			return
		}
		f.JSONSchema = true
		s.AddTools(s.Skip())
	case "responseLogprobs":
		f.Logprobs = f.Logprobs || s.Wanted()
	case "thinkingConfig":
		s.ObjectOrNull(param, func(name string, _ schema.Span) {
			if name == "thinkingBudget" || name == "thinkingLevel" {
				f.Reasoning = s.Wanted() || f.Reasoning
			}
		})
	case "responseModalities":
		if s.Null() {
			return
		}
		s.Array(param, func(int) {
			if strings.EqualFold(string(s.Bytes(param)), "AUDIO") {
				f.Audio++
			}
		})
	}
}
