package openai

import (
	"bytes"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
)

// names are the members that a scan gives meaning to, at any depth.
var names = jsonscan.NewNames("model", "models", "messages", "input", "instructions", "prompt", "suffix", "stream",
	"stream_options", "include_usage", "max_tokens", "max_completion_tokens", "max_output_tokens", "n", "tools",
	"functions", "tool_choice", "parallel_tool_calls", "response_format", "text", "format", "type", "role", "content",
	"image_url", "input_audio", "file", "file_data", "url", "data", "refusal", "output", "arguments", "summary",
	"reasoning", "reasoning_effort", "effort", "logprobs", "top_logprobs", "modalities", "audio",
	"web_search_options", "prompt_cache_key", "name", "tool_calls", "function")

// Scan implements schema.Client for Chat Completions, Completions, Embeddings and Responses.
func (Client) Scan(t schema.Target, body []byte) (schema.Facts, error) {
	s := scanner{body: body, op: t.Op}
	s.facts.Members, s.facts.Texts = make([]schema.Member, 0, 12), make([]schema.Text, 0, 6)
	s.Reader = jsonscan.New(body, names)
	s.Object("", s.member)
	if err := s.End(); err != nil {
		return schema.Facts{}, err
	}
	if err := s.complete(); err != nil {
		return schema.Facts{}, err
	}
	return s.facts, nil
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	*jsonscan.Reader
	body  []byte
	op    schema.Op
	facts schema.Facts

	role schema.Role // of the message being read
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
	case "models":
		s.Array("models", func(int) { f.Models = append(f.Models, string(s.Bytes("models"))) })
	case "messages":
		s.Array("messages", s.message)
	case "input":
		s.input()
	case "instructions":
		s.role = schema.RoleSystem
		s.optionalText("instructions")
	case "prompt":
		s.role = schema.RoleUser
		if s.op == schema.OpCompletions {
			s.textOrTokens("prompt")
		}
	case "suffix":
		s.optionalText("suffix")
	case "stream":
		if !s.Null() {
			f.Stream = s.Bool("stream")
		}
	case "stream_options":
		s.optionalObject("stream_options", func(name string, _ schema.Span) {
			if name == "include_usage" && !s.Null() {
				f.IncludeUsage = s.Bool("stream_options.include_usage")
			}
		})
	case "max_tokens", "max_completion_tokens", "max_output_tokens":
		if !s.Null() {
			f.MaxOutputTokens = max(f.MaxOutputTokens, s.Int(name))
		}
	case "n":
		if !s.Null() {
			f.N = s.Int("n")
		}
	case "tools", "functions":
		s.tools(name)
	case "parallel_tool_calls":
		if !s.Null() {
			f.ParallelTools = s.Bool(name)
		}
	case "response_format":
		s.optionalObject(name, func(member string, _ schema.Span) { s.outputFormat(name, member) })
	case "text":
		s.optionalObject(name, func(member string, _ schema.Span) {
			if member == "format" {
				s.optionalObject("text.format", func(member string, _ schema.Span) { s.outputFormat("text.format", member) })
			}
		})
	case "reasoning":
		s.optionalObject(name, func(member string, _ schema.Span) {
			if member == "effort" && !s.Null() {
				f.Reasoning = string(s.Bytes("reasoning.effort")) != "none"
			}
		})
	case "reasoning_effort":
		if !s.Null() {
			f.Reasoning = string(s.Bytes(name)) != "none"
		}
	case "logprobs":
		f.Logprobs = f.Logprobs || s.wanted()
	case "top_logprobs":
		f.Logprobs = f.Logprobs || s.wanted()
	case "web_search_options":
		f.WebSearch = !s.Null()
	case "audio":
		if !s.Null() {
			f.Audio++
		}
	case "prompt_cache_key":
		f.PromptCache = !s.Null()
	}
}

// complete checks what can only be known at the end.
func (s *scanner) complete() error {
	f := &s.facts
	need := map[schema.Op]string{schema.OpChat: "messages", schema.OpCompletions: "prompt", schema.OpEmbeddings: "input"}[s.op]
	if need != "" && f.Member(need) == nil {
		return &schema.Error{
			Kind: schema.KindInvalidRequest, Code: "missing_field", Param: need,
			Message: "the request has no " + need + "; add it",
		}
	}
	if f.Tools == 0 {
		f.ParallelTools = false
	}
	return nil
}

// message reads one chat message: {"role":"user","content":"…" or [parts],"tool_calls":[…]}.
func (s *scanner) message(int) {
	s.facts.Messages++
	s.role = schema.RoleUser
	s.Object("messages", func(name string, _ schema.Span) {
		switch name {
		case "role":
			s.role = role(s.Bytes("messages.role"))
		case "content":
			s.content("messages.content")
		case "refusal":
			s.optionalText("messages.refusal")
		case "tool_calls":
			start := s.At()
			s.Skip()
			calls := s.Since(start)
			s.facts.TextBytes += calls.End - start
			s.facts.Foreign = s.facts.Foreign || !s.Failed() && bytes.Contains(calls.Of(s.body), []byte(`"extra_content"`))
		case "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks":
			s.facts.Foreign = !s.Null() || s.facts.Foreign
		}
	})
}

// input reads the input of Responses (a string, or items), or of Embeddings (strings, or token ids).
func (s *scanner) input() {
	s.role = schema.RoleUser
	if s.op == schema.OpEmbeddings {
		s.textOrTokens("input")
		return
	}
	if s.Kind() == jsonscan.String {
		s.facts.Messages++
		s.text("input")
		return
	}
	s.Array("input", func(int) {
		s.facts.Messages++
		s.role = schema.RoleUser
		s.Object("input", func(name string, _ schema.Span) {
			switch name {
			case "role":
				s.role = role(s.Bytes("input.role"))
			case "content", "output", "summary":
				s.content("input." + name)
			case "arguments":
				s.optionalText("input.arguments")
			case "id": // OpenAI's own have one underscore
				if s.Kind() == jsonscan.String {
					id, thought := strings.CutPrefix(string(s.Bytes("input.id")), "rs_")
					s.facts.Foreign = s.facts.Foreign || thought && strings.Contains(id, "_")
				}
			case "encrypted_content":
				if s.Kind() == jsonscan.String {
					sealed := s.Bytes("input.encrypted_content")
					s.facts.Foreign = s.facts.Foreign || schema.IsMarked(sealed) || bytes.HasPrefix(sealed, []byte(redactedPrefix))
				}
			}
		})
	})
}

// content reads a string, null, or an array of parts.
func (s *scanner) content(param string) {
	switch s.Kind() {
	case jsonscan.String:
		s.text(param)
	case jsonscan.Array:
		s.Array(param, func(int) {
			if s.Kind() == jsonscan.String { // seen in old clients: an array of strings
				s.text(param)
				return
			}
			s.part(param)
		})
	case jsonscan.Null:
		s.Null()
	case jsonscan.Object: // Responses: the output of a computer call
		s.part(param)
	default:
		s.Text(param)
	}
}

// part reads one content part: {"type":"text","text":"…"}, {"type":"image_url","image_url":{"url":"…"}}, …
func (s *scanner) part(param string) {
	var image, audio, file bool
	s.Object(param, func(name string, _ schema.Span) {
		switch name {
		case "type":
			switch string(s.Bytes(param + ".type")) {
			case "image_url", "input_image":
				image = true
			case "input_audio":
				audio = true
			case "file", "input_file":
				file = true
			}
		case "text", "refusal":
			s.optionalText(param + "." + name)
		case "image_url", "input_audio", "file", "file_data", "audio":
			image, audio, file = image || name == "image_url", audio || name == "input_audio", file || name == "file"
			start := s.At()
			s.Skip()
			s.facts.MediaBytes += s.Since(start).End - start
		}
	})
	s.facts.Images += count(image)
	s.facts.Audio += count(audio)
	s.facts.Files += count(file)
}

// tools reads the tool definitions.
func (s *scanner) tools(param string) {
	if s.Null() {
		return
	}
	start := s.At()
	s.Array(param, func(int) {
		s.facts.Tools++
		s.Object(param, func(name string, _ schema.Span) {
			if name != "type" {
				return
			}
			switch string(s.Bytes(param + ".type")) {
			case "web_search", "web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26":
				s.facts.WebSearch = true
				s.facts.Tools--
			}
		})
	})
	s.facts.ToolBytes += s.Since(start).End - start
}

// outputFormat reads {"type":"json_object"} or {"type":"json_schema",…}.
func (s *scanner) outputFormat(param, member string) {
	if member != "type" {
		start := s.At()
		s.Skip()
		s.facts.ToolBytes += s.Since(start).End - start
		return
	}
	switch string(s.Bytes(param + ".type")) {
	case "json_object":
		s.facts.JSONMode = true
	case "json_schema":
		s.facts.JSONSchema = true
	}
}

// textOrTokens reads a string, strings, token ids, or lists of token ids.
func (s *scanner) textOrTokens(param string) {
	switch s.Kind() {
	case jsonscan.Array:
		s.Array(param, func(int) { s.textOrTokens(param) })
	case jsonscan.Number:
		s.facts.TokenIDs++
		s.Int(param)
	default:
		s.facts.Messages++
		s.text(param)
	}
}

// text reads a string of the prompt.
func (s *scanner) text(param string) {
	span := s.Text(param)
	if s.Failed() {
		return
	}
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

// wanted reads a value that asks for something unless it is null, false or 0.
func (s *scanner) wanted() bool {
	switch string(s.Skip().Of(s.body)) {
	case "null", "false", "0":
		return false
	}
	return !s.Failed()
}

func role(b []byte) schema.Role {
	switch string(b) {
	case "system":
		return schema.RoleSystem
	case "developer":
		return schema.RoleDeveloper
	case "assistant":
		return schema.RoleAssistant
	case "tool", "function":
		return schema.RoleTool
	}
	return schema.RoleUser
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
