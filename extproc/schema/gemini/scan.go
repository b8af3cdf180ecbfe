package gemini

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// names are the members that a scan gives meaning to, each in both spellings; a look-up yields the camelCase one, so
// that an object with both spellings of one field has a duplicate.
var names = spellings("contents", "role", "parts", "text", "inlineData", "mimeType", "data", "fileData", "fileUri",
	"functionCall", "functionResponse", "systemInstruction", "tools", "functionDeclarations", "googleSearch",
	"googleSearchRetrieval", "enterpriseWebSearch", "toolConfig", "functionCallingConfig", "generationConfig",
	"maxOutputTokens", "candidateCount", "responseMimeType", "responseSchema", "responseJsonSchema",
	"responseLogprobs", "logprobs", "thinkingConfig", "thinkingBudget", "thinkingLevel", "responseModalities",
	"cachedContent", "model", "safetySettings", "labels", "executableCode", "codeExecutionResult")

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
	s := scanner{body: body, Reader: jsonscan.New(body, names)}
	s.facts.Model, s.facts.Stream = t.Model, t.Stream
	s.facts.Members = make([]schema.Member, 0, 8)
	s.Object("", s.member)
	if err := s.End(); err != nil {
		return schema.Facts{}, err
	}
	if s.facts.Member("contents") == nil {
		return schema.Facts{}, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "missing_field", Param: "contents",
			Message: "the request has no contents; add them",
		}
	}
	return s.facts, nil
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	*jsonscan.Reader
	body  []byte
	facts schema.Facts
	role  schema.Role // of the content being read
}

// member reads one top-level member.
func (s *scanner) member(name string, key schema.Span) {
	start := s.At()
	s.value(name)
	if s.Failed() {
		return
	}
	if s.Since(start).End == start { // a value without meaning here
		s.Skip()
	}
	s.facts.Members = append(s.facts.Members, schema.Member{Name: name, Key: key, Value: s.Since(start)})
}

func (s *scanner) value(name string) {
	switch name {
	case "contents":
		s.Array(name, func(int) {
			s.facts.Messages++
			s.role = schema.RoleUser
			s.content(name)
		})
	case "systemInstruction":
		s.role = schema.RoleSystem
		if s.Null() {
			return
		}
		if s.Kind() == jsonscan.String { // what Google's SDKs take too, though not its servers
			s.text(name)
			return
		}
		s.content(name)
		s.role = schema.RoleSystem
	case "tools":
		s.tools()
	case "generationConfig":
		s.optionalObject(name, s.generation)
	case "cachedContent":
		s.facts.PromptCache = !s.Null()
	case "model":
		s.model()
	}
}

// model checks a model in the body: the path names it, and a provider must not find another one.
func (s *scanner) model() {
	if s.Null() {
		return
	}
	said := strings.TrimPrefix(string(s.Bytes("model")), "models/")
	if !s.Failed() && said != "" && said != strings.TrimPrefix(s.facts.Model, "models/") {
		s.Reject("ambiguous_field", "model", "the body names another model than the path; name it in the path only")
	}
}

// content reads {"role":"user","parts":[{"text":"…"}]}. The role may stand after the parts, so the texts of this
// content get it at the end.
func (s *scanner) content(param string) {
	before := len(s.facts.Texts)
	role := s.role
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "role":
			if !s.Null() {
				role = roleOf(string(s.Bytes(param + ".role")))
				s.role = role
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
		for i := before; i < len(s.facts.Texts); i++ {
			s.facts.Texts[i].Role = role
		}
	}
}

// part reads {"text":"…"}, {"inlineData":{"mimeType":"image/png","data":"…"}}, {"functionCall":{…}}, …
func (s *scanner) part(param string) {
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "text":
			s.text(param + ".text")
		case "thoughtSignature":
			if s.Kind() == jsonscan.String {
				s.facts.Foreign = isForeign(string(s.Bytes(param+".thoughtSignature"))) || s.facts.Foreign
			}
		case "inlineData", "fileData":
			s.media(param + "." + name)
		case "functionCall", "functionResponse", "executableCode", "codeExecutionResult":
			start := s.At()
			s.Skip()
			s.facts.TextBytes += s.Since(start).End - start
		}
	})
}

func (s *scanner) media(param string) {
	var mime string
	s.optionalObject(param, func(name string, _ schema.Span) {
		switch name {
		case "mimeType":
			if !s.Null() {
				mime = string(s.Bytes(param + ".mimeType"))
			}
		case "data":
			if s.Null() {
				return
			}
			span := s.Text(param + ".data")
			s.facts.MediaBytes += span.End - span.Start
		}
	})
	switch kindOfMedia(mime) {
	case schema.PartImage:
		s.facts.Images++
	case schema.PartAudio:
		s.facts.Audio++
	default:
		s.facts.Files++
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
				s.Array("tools.functionDeclarations", func(int) { s.facts.Tools++; s.Skip() })
				return
			}
			s.facts.WebSearch = s.facts.WebSearch || searchTools[name]
		})
	})
	s.facts.ToolBytes += s.Since(start).End - start
}

func (s *scanner) generation(name string, _ schema.Span) {
	f, param := &s.facts, "generationConfig."+name
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
		start := s.At()
		if s.Null() {
			return
		}
		s.Skip()
		f.JSONSchema = true
		f.ToolBytes += s.Since(start).End - start
	case "responseLogprobs":
		f.Logprobs = f.Logprobs || s.wanted()
	case "thinkingConfig":
		s.optionalObject(param, func(name string, _ schema.Span) {
			if name == "thinkingBudget" || name == "thinkingLevel" {
				f.Reasoning = s.wanted() || f.Reasoning
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

// text reads a string of the prompt.
func (s *scanner) text(param string) {
	if s.Null() {
		return
	}
	span := s.Text(param)
	if s.Failed() {
		return
	}
	s.facts.TextBytes += span.End - span.Start
	s.facts.AddText(schema.Text{Role: s.role, Raw: span})
}

func (s *scanner) optionalObject(param string, member func(string, schema.Span)) {
	if !s.Null() {
		s.Object(param, member)
	}
}

// wanted reads a value that asks for something unless it is null, false or 0.
func (s *scanner) wanted() bool {
	switch string(s.Skip().Of(s.body)) {
	case "null", "false", "0":
		return false
	}
	return !s.Failed()
}
