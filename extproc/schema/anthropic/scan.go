package anthropic

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
	"github.com/llmroute/llmroute/policy/tokens"
)

// names are the members that a scan gives meaning to, at any depth.
var names = jsonscan.NewNames("model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice",
	"disable_parallel_tool_use", "thinking", "output_config", "output_format", "format", "effort", "cache_control",
	"type", "role", "content", "text", "source", "data", "url", "file_id", "media_type", "title", "input", "name",
	"tool_use_id", "signature", "stop_sequences", "mcp_servers", "metadata")

// Scan implements schema.Client for messages and count_tokens.
func (Client) Scan(_ schema.Target, body []byte) (schema.Facts, error) {
	s := scanner{Recorder: jsonscan.Record(body, names, 16), body: body}
	s.Facts.IncludeUsage = true // every stream of this API ends with usage
	if err := s.Body(s.value); err != nil {
		return schema.Facts{}, err
	}
	if s.Facts.Member("messages") == nil {
		return schema.Facts{}, &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "missing_field", Param: "messages",
			Message: "the request has no messages; add it",
		}
	}
	s.Facts.Foreign = s.Facts.Foreign || s.thinks && s.calls
	s.Facts.Reasoning = s.thinks || s.effort && !s.rests
	if s.Facts.Tools == 0 {
		s.Facts.ParallelTools = false
	}
	return s.Facts, nil
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	jsonscan.Recorder
	body   []byte
	thinks bool // thinking asked for
	rests  bool // thinking: {"type":"disabled"}
	effort bool // output_config.effort
	calls  bool // calls of another provider
}

// value reads the values that policy looks at and leaves the others.
func (s *scanner) value(name string) {
	f := &s.Facts
	switch name {
	case "model":
		f.Model = string(s.Bytes("model"))
	case "system":
		s.Role = schema.RoleSystem
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
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
			if member == "disable_parallel_tool_use" && !s.Null() {
				f.ParallelTools = !s.Bool("tool_choice.disable_parallel_tool_use")
			}
		})
	case "thinking":
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
			if member == "type" {
				s.rests = string(s.Bytes("thinking.type")) == "disabled"
				s.thinks = !s.rests
			}
		})
	case "output_config":
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
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
	s.Facts.Messages++
	s.Role = schema.RoleUser
	s.Object("messages", func(name string, _ schema.Span) {
		switch name {
		case "role":
			s.Role = roleOf(string(s.Bytes("messages.role")))
		case "content":
			s.content("messages.content")
		}
	})
}

// content reads a string, null, or an array of blocks.
func (s *scanner) content(param string) {
	switch s.Kind() {
	case jsonscan.String:
		s.Prompt(param)
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
	role := s.Role
	var call, own, image bool
	var media schema.Span
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "type":
			switch string(s.Bytes(param + ".type")) {
			case "tool_use":
				call = true
			case "image":
				image = true
			case "document":
				s.Facts.Files++
			case "tool_result":
				s.Role = schema.RoleTool
			}
		case "text":
			s.PromptOrNull(param + ".text")
		case "thinking", "input":
			s.AddData(s.Skip())
		case "content":
			if s.Role == role && s.Role == schema.RoleUser { // the type may stand behind
				s.Role = schema.RoleTool
			}
			s.content(param + ".content")
		case "id":
			own = s.Kind() == jsonscan.String && strings.HasPrefix(string(s.Bytes(param+".id")), ownCalls)
		case "signature", "data": // of thinking, of redacted_thinking
			if s.Kind() == jsonscan.String {
				s.Facts.Foreign = schema.IsMarked(s.Bytes(param+"."+name)) || s.Facts.Foreign
			}
		case "source":
			media = s.source(param + ".source")
		case "cache_control":
			s.Facts.PromptCache = s.Facts.PromptCache || !s.Null()
		}
	})
	if image {
		s.Facts.AddImage(media.Of(s.body), tokens.DetailAuto)
	}
	s.Role = role
	s.calls = s.calls || call && !own
}

// ownCalls begins the ids of calls that Claude made. With a thinking budget the API demands a thought before a call,
// which other providers' calls do not have.
const ownCalls = "toolu_"

// source reads {"type":"base64","media_type":"image/png","data":"…"}, {"type":"text","data":"…"},
// {"type":"content","content":[blocks]}, {"type":"url",…}, or, of a search result, a string. It returns base64 data.
func (s *scanner) source(param string) (data schema.Span) {
	if s.Kind() != jsonscan.Object {
		s.Skip()
		return data
	}
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
		return schema.Span{}
	}
	if isText {
		s.AddPrompt(data)
		return schema.Span{}
	}
	s.Facts.MediaBytes += data.Len()
	return data
}

// tools reads the tool definitions.
func (s *scanner) tools() {
	if s.Null() {
		return
	}
	start := s.At()
	s.Array("tools", func(int) {
		s.Facts.Tools++
		s.Object("tools", func(name string, _ schema.Span) {
			switch name {
			case "type":
				if !s.Null() && strings.HasPrefix(string(s.Bytes("tools.type")), webSearch) {
					s.Facts.WebSearch = true
					s.Facts.Tools--
				}
			case "cache_control":
				s.Facts.PromptCache = s.Facts.PromptCache || !s.Null()
			}
		})
	})
	s.AddTools(s.Since(start))
}

// outputFormat reads {"type":"json_schema","schema":{…}}.
func (s *scanner) outputFormat(param string) {
	start := s.At()
	s.ObjectOrNull(param, func(name string, _ schema.Span) {
		if name == "type" {
			s.Facts.JSONSchema = string(s.Bytes(param+".type")) == "json_schema"
		}
	})
	s.AddTools(s.Since(start))
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
