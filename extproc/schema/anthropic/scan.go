package anthropic

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// names are the members that a scan gives meaning to, at any depth.
var names = jsonscan.NewNames("model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice",
	"disable_parallel_tool_use", "thinking", "output_config", "output_format", "format", "effort", "cache_control",
	"type", "role", "content", "text", "source", "data", "url", "file_id", "media_type", "title", "input", "name",
	"tool_use_id", "signature", "stop_sequences", "mcp_servers", "metadata")

// Scan implements schema.Client for messages and count_tokens.
func (Client) Scan(_ schema.Target, body []byte) (schema.Facts, error) {
	s := scanner{body: body}
	s.facts.Members = make([]schema.Member, 0, 16)
	s.facts.IncludeUsage = true // every stream of this API ends with usage
	s.Reader = jsonscan.New(body, names)
	s.Object("", s.member)
	if err := s.End(); err != nil {
		return schema.Facts{}, err
	}
	if s.facts.Member("messages") == nil {
		return schema.Facts{}, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "missing_field", Param: "messages",
			Message: "the request has no messages; add it",
		}
	}
	s.facts.Foreign = s.facts.Foreign || s.thinks && s.calls
	s.facts.Reasoning = s.thinks || s.effort && !s.rests
	if s.facts.Tools == 0 {
		s.facts.ParallelTools = false
	}
	return s.facts, nil
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	*jsonscan.Reader
	body  []byte
	facts schema.Facts

	role   schema.Role // of the message being read
	thinks bool        // thinking asked for
	rests  bool        // thinking: {"type":"disabled"}
	effort bool        // output_config.effort
	calls  bool        // calls of another provider
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

// value reads the values that policy looks at and leaves the others.
func (s *scanner) value(name string) {
	f := &s.facts
	switch name {
	case "model":
		f.Model = string(s.Bytes("model"))
	case "system":
		s.role = schema.RoleSystem
		s.content("system")
	case "messages":
		s.Array("messages", s.message)
	case "max_tokens":
		if !s.Null() {
			f.MaxOutputTokens = s.Int(name)
		}
	case "stream":
		if !s.Null() {
			f.Stream = s.Bool(name)
		}
	case "tools":
		s.tools()
	case "tool_choice":
		s.optionalObject(name, func(member string, _ schema.Span) {
			if member == "disable_parallel_tool_use" && !s.Null() {
				f.ParallelTools = !s.Bool("tool_choice.disable_parallel_tool_use")
			}
		})
	case "thinking":
		s.optionalObject(name, func(member string, _ schema.Span) {
			if member == "type" {
				s.rests = string(s.Bytes("thinking.type")) == "disabled"
				s.thinks = !s.rests
			}
		})
	case "output_config":
		s.optionalObject(name, func(member string, _ schema.Span) {
			switch member {
			case "effort":
				s.effort = !s.Null()
			case "format":
				s.outputFormat("output_config.format")
			}
		})
	case "output_format":
		s.outputFormat(name)
	case "cache_control":
		f.PromptCache = !s.Null()
	}
}

// message reads one message: {"role":"user","content":"…" or [blocks]}.
func (s *scanner) message(int) {
	s.facts.Messages++
	s.role = schema.RoleUser
	s.Object("messages", func(name string, _ schema.Span) {
		switch name {
		case "role":
			s.role = roleOf(string(s.Bytes("messages.role")))
		case "content":
			s.content("messages.content")
		}
	})
}

// content reads a string, null, or an array of blocks.
func (s *scanner) content(param string) {
	switch s.Kind() {
	case jsonscan.String:
		s.text(param)
	case jsonscan.Array:
		s.Array(param, func(int) { s.block(param) })
	case jsonscan.Null:
		s.Null()
	case jsonscan.Object: // the result of a server's tool
		s.block(param)
	default:
		s.Text(param)
	}
}

// block reads one content block: {"type":"text","text":"…"}, {"type":"image","source":{…}},
// {"type":"tool_result","content":…}, …
func (s *scanner) block(param string) {
	role := s.role
	var call, own bool
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "type":
			switch string(s.Bytes(param + ".type")) {
			case "tool_use":
				call = true
			case "image":
				s.facts.Images++
			case "document":
				s.facts.Files++
			case "tool_result":
				s.role = schema.RoleTool
			}
		case "text":
			s.optionalText(param + ".text")
		case "thinking", "input":
			start := s.At()
			s.Skip()
			s.facts.TextBytes += s.Since(start).End - start
		case "content":
			if s.role == role && s.role == schema.RoleUser { // the type may stand behind
				s.role = schema.RoleTool
			}
			s.content(param + ".content")
		case "id":
			own = s.Kind() == jsonscan.String && strings.HasPrefix(string(s.Bytes(param+".id")), ownCalls)
		case "signature", "data": // of thinking, of redacted_thinking
			if s.Kind() == jsonscan.String {
				s.facts.Foreign = schema.IsMarked(s.Bytes(param+"."+name)) || s.facts.Foreign
			}
		case "source":
			s.source(param + ".source")
		case "cache_control":
			s.facts.PromptCache = s.facts.PromptCache || !s.Null()
		}
	})
	s.role = role
	s.calls = s.calls || call && !own
}

// ownCalls begins the ids of calls that Claude made. With a thinking budget the API demands a thought before a call,
// which other providers' calls do not have.
const ownCalls = "toolu_"

// source reads {"type":"base64","media_type":"image/png","data":"…"}, {"type":"text","data":"…"},
// {"type":"content","content":[blocks]}, {"type":"url",…}, or, of a search result, a string.
func (s *scanner) source(param string) {
	if s.Kind() != jsonscan.Object {
		s.Skip()
		return
	}
	var data schema.Span
	var isText bool
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "type":
			isText = string(s.Bytes(param+".type")) == "text"
		case "data":
			data = s.Text(param + ".data")
		case "content":
			s.content(param + ".content")
		}
	})
	if s.Failed() || data.End == data.Start {
		return
	}
	if isText {
		s.addText(data)
		return
	}
	s.facts.MediaBytes += data.End - data.Start
}

// tools reads the tool definitions.
func (s *scanner) tools() {
	if s.Null() {
		return
	}
	start := s.At()
	s.Array("tools", func(int) {
		s.facts.Tools++
		s.Object("tools", func(name string, _ schema.Span) {
			switch name {
			case "type":
				if !s.Null() && strings.HasPrefix(string(s.Bytes("tools.type")), webSearch) {
					s.facts.WebSearch = true
					s.facts.Tools--
				}
			case "cache_control":
				s.facts.PromptCache = s.facts.PromptCache || !s.Null()
			}
		})
	})
	s.facts.ToolBytes += s.Since(start).End - start
}

// outputFormat reads {"type":"json_schema","schema":{…}}.
func (s *scanner) outputFormat(param string) {
	start := s.At()
	s.optionalObject(param, func(name string, _ schema.Span) {
		if name == "type" {
			s.facts.JSONSchema = string(s.Bytes(param+".type")) == "json_schema"
		}
	})
	s.facts.ToolBytes += s.Since(start).End - start
}

// text reads a string of the prompt.
func (s *scanner) text(param string) {
	span := s.Text(param)
	if !s.Failed() {
		s.addText(span)
	}
}

func (s *scanner) addText(span schema.Span) {
	s.facts.TextBytes += span.End - span.Start
	s.facts.AddText(schema.Text{Role: s.role, Raw: span})
}

func (s *scanner) optionalText(param string) {
	if !s.Null() {
		s.text(param)
	}
}

func (s *scanner) optionalObject(param string, member func(string, schema.Span)) {
	if !s.Null() {
		s.Object(param, member)
	}
}

func roleOf(word string) schema.Role {
	switch word {
	case "assistant":
		return schema.RoleAssistant
	case "system":
		return schema.RoleSystem
	}
	return schema.RoleUser
}
