package openai

import (
	"bytes"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonscan"
	"github.com/llmroute/llmroute/policy/tokens"
)

// names are the members that a scan gives meaning to, at any depth.
var names = jsonscan.NewNames("model", "models", "messages", "input", "instructions", "prompt", "suffix", "stream",
	"stream_options", "include_usage", "max_tokens", "max_completion_tokens", "max_output_tokens", "n", "tools",
	"functions", "tool_choice", "parallel_tool_calls", "response_format", "text", "format", "type", "role", "content",
	"image_url", "input_audio", "file", "file_data", "url", "data", "refusal", "output", "arguments", "summary",
	"reasoning", "reasoning_effort", "effort", "thinking", "logprobs", "top_logprobs", "modalities", "audio",
	"web_search_options", "prompt_cache_key", "name", "tool_calls", "function")

// Scan implements schema.Client for Chat Completions, Completions, Embeddings and Responses.
func (Client) Scan(t schema.Target, body []byte) (schema.Facts, error) {
	s := scanner{Recorder: jsonscan.Record(body, names, 12), body: body, op: t.Op}
	s.Facts.Texts = make([]schema.Text, 0, 6)
	if err := s.Body(s.value); err != nil {
		return schema.Facts{}, err
	}
	if err := s.complete(); err != nil {
		return schema.Facts{}, err
	}
	return s.Facts, nil
}

// scanner gathers the facts of one request while its reader goes over the body.
type scanner struct {
	jsonscan.Recorder
	body []byte
	op   schema.Op
}

// value reads the values that policy looks at and leaves the others.
func (s *scanner) value(name string) {
	f := &s.Facts
	switch name {
	case "model":
		f.Model = string(s.Bytes("model"))
	case "models":
		if !s.Null() {
			s.Array("models", func(int) { f.Models = append(f.Models, string(s.Bytes("models"))) })
		}
	case "messages":
		s.Array("messages", s.message)
	case "input":
		s.input()
	case "instructions":
		s.Role = schema.RoleSystem
		s.PromptOrNull("instructions")
	case "prompt":
		s.Role = schema.RoleUser
		switch s.op {
		case schema.OpCompletions:
			s.textOrTokens("prompt")
		case schema.OpResponses:
			s.ObjectOrNull("prompt", s.template)
		}
	case "suffix":
		s.PromptOrNull("suffix")
	case "stream":
		if !s.Null() {
			f.Stream = s.Bool("stream")
		}
	case "stream_options":
		s.ObjectOrNull("stream_options", func(name string, _ schema.Span) {
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
		s.ObjectOrNull(name, func(member string, _ schema.Span) { s.outputFormat(name, member) })
	case "text":
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
			if member == "format" {
				s.ObjectOrNull("text.format", func(member string, _ schema.Span) { s.outputFormat("text.format", member) })
			}
		})
	case "reasoning":
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
			if member == "effort" && !s.Null() {
				f.Reasoning = string(s.Bytes("reasoning.effort")) != "none"
			}
		})
	case "reasoning_effort":
		if !s.Null() {
			f.Reasoning = string(s.Bytes(name)) != "none"
		}
	case "thinking":
		s.ObjectOrNull(name, func(member string, _ schema.Span) {
			if member == "type" && !s.Null() {
				f.Reasoning = string(s.Bytes("thinking.type")) != "disabled"
			}
		})
	case "logprobs", "top_logprobs":
		f.Logprobs = f.Logprobs || s.Wanted()
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

// template reads what a request puts into a stored prompt: {"id":"pmpt_…","variables":{"name":"…" or a part}}.
func (s *scanner) template(name string, _ schema.Span) {
	if name != "variables" {
		return
	}
	s.ObjectOrNull("prompt.variables", func(string, schema.Span) {
		if kind := s.Kind(); kind == jsonscan.String || kind == jsonscan.Object {
			s.content("prompt.variables")
		}
	})
}

// complete checks what can only be known at the end.
func (s *scanner) complete() error {
	f := &s.Facts
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
	s.Facts.Messages++
	s.Role = schema.RoleUser
	s.Object("messages", func(name string, _ schema.Span) {
		switch name {
		case "role":
			s.Role = role(s.Bytes("messages.role"))
		case "content":
			s.content("messages.content")
		case "refusal":
			s.PromptOrNull("messages.refusal")
		case "tool_calls":
			calls := s.Skip()
			s.AddData(calls)
			s.Facts.Foreign = s.Facts.Foreign || !s.Failed() && bytes.Contains(calls.Of(s.body), []byte(`"extra_content"`))
		case "reasoning_content", "reasoning", "reasoning_details", "thinking_blocks":
			s.Facts.Foreign = !s.Null() || s.Facts.Foreign
		}
	})
}

// input reads the input of Responses (a string, or items), or of Embeddings (strings, or token ids).
func (s *scanner) input() {
	s.Role = schema.RoleUser
	if s.op == schema.OpEmbeddings {
		s.textOrTokens("input")
		return
	}
	if s.Kind() == jsonscan.String {
		s.Facts.Messages++
		s.Prompt("input")
		return
	}
	s.Array("input", func(int) {
		s.Facts.Messages++
		s.Role = schema.RoleUser
		s.Object("input", func(name string, _ schema.Span) {
			switch name {
			case "role":
				s.Role = role(s.Bytes("input.role"))
			case "content", "output", "summary":
				s.content("input." + name)
			case "arguments":
				s.PromptOrNull("input.arguments")
			case "id": // OpenAI's own have one underscore
				if s.Kind() == jsonscan.String {
					id, thought := strings.CutPrefix(string(s.Bytes("input.id")), "rs_")
					s.Facts.Foreign = s.Facts.Foreign || thought && strings.Contains(id, "_")
				}
			case "encrypted_content":
				if s.Kind() == jsonscan.String {
					sealed := s.Bytes("input.encrypted_content")
					s.Facts.Foreign = s.Facts.Foreign || schema.IsMarked(sealed) || bytes.HasPrefix(sealed, []byte(redactedPrefix))
				}
			}
		})
	})
}

// content reads a string, null, or an array of parts.
func (s *scanner) content(param string) {
	switch s.Kind() {
	case jsonscan.String:
		s.Prompt(param)
	case jsonscan.Array:
		s.Array(param, func(int) {
			if s.Kind() == jsonscan.String { // seen in old clients: an array of strings
				s.Prompt(param)
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
	var url schema.Span
	var detail tokens.Detail
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
			s.PromptOrNull(param + "." + name)
		case "image_url":
			image = true
			start := s.At()
			s.imageURL(param+".image_url", &url, &detail)
			s.Facts.MediaBytes += s.Since(start).Len()
		case "detail":
			s.detail(&detail)
		case "input_audio", "file", "file_data", "audio":
			audio, file = audio || name == "input_audio", file || name == "file"
			s.Facts.MediaBytes += s.Skip().Len()
		}
	})
	if image {
		s.Facts.AddImage(url.Of(s.body), detail)
	}
	s.Facts.Audio += count(audio)
	s.Facts.Files += count(file)
}

// imageURL reads {"url":"data:image/png;base64,…","detail":"low"}, or, of Responses, the URL alone.
func (s *scanner) imageURL(param string, url *schema.Span, detail *tokens.Detail) {
	switch s.Kind() {
	case jsonscan.String:
		*url = s.Text(param)
	case jsonscan.Object:
		s.Object(param, func(name string, _ schema.Span) {
			switch {
			case name == "url" && s.Kind() == jsonscan.String:
				*url = s.Text(param + ".url")
			case name == "detail":
				s.detail(detail)
			}
		})
	default:
		s.Skip()
	}
}

// detail reads how closely an image is to be looked at.
func (s *scanner) detail(detail *tokens.Detail) {
	if s.Kind() == jsonscan.String && string(s.Bytes("detail")) == "low" {
		*detail = tokens.DetailLow
	}
}

// tools reads the tool definitions.
func (s *scanner) tools(param string) {
	if s.Null() {
		return
	}
	start := s.At()
	s.Array(param, func(int) {
		s.Facts.Tools++
		s.Object(param, func(name string, _ schema.Span) {
			if name != "type" {
				return
			}
			switch string(s.Bytes(param + ".type")) {
			case "web_search", "web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26":
				s.Facts.WebSearch = true
				s.Facts.Tools--
			}
		})
	})
	s.AddTools(s.Since(start))
}

// outputFormat reads {"type":"json_object"} or {"type":"json_schema",…}.
func (s *scanner) outputFormat(param, member string) {
	if member != "type" {
		s.AddTools(s.Skip())
		return
	}
	switch string(s.Bytes(param + ".type")) {
	case "json_object":
		s.Facts.JSONMode = true
	case "json_schema":
		s.Facts.JSONSchema = true
	}
}

// textOrTokens reads a string, strings, token ids, or lists of token ids.
func (s *scanner) textOrTokens(param string) {
	switch s.Kind() {
	case jsonscan.Array:
		s.Array(param, func(int) { s.textOrTokens(param) })
	case jsonscan.Number:
		s.Facts.TokenIDs++
		s.Int(param)
	default:
		s.Facts.Messages++
		s.Prompt(param)
	}
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
