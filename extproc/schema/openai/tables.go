package openai

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// stopReasons reads finish_reason. OpenAI has the first five; the rest are words of servers that follow it.
//
// Source: https://platform.openai.com/docs/api-reference/chat/object#choices-finish_reason
var stopReasons = map[string]schema.StopReason{
	"stop":                         schema.StopEnd,
	"length":                       schema.StopLength,
	"tool_calls":                   schema.StopToolCalls,
	"function_call":                schema.StopToolCalls,
	"content_filter":               schema.StopContentFilter,
	"model_length":                 schema.StopContextWindow, // Mistral, "Chat" in its API reference
	"eos":                          schema.StopEnd,           // Together, "Create Chat Completion"
	"end_turn":                     schema.StopEnd,           // gateways that pass Anthropic's words on
	"max_tokens":                   schema.StopLength,
	"stop_sequence":                schema.StopSequence,
	"tool_use":                     schema.StopToolCalls,
	"refusal":                      schema.StopRefusal,
	"tool_call":                    schema.StopToolCalls, // seen with older llama.cpp
	"insufficient_system_resource": schema.StopOther,     // DeepSeek, "Create Chat Completion"
	"abort":                        schema.StopOther,     // vLLM, when a request is cut off
}

// finishReasons writes finish_reason.
var finishReasons = map[schema.StopReason]string{
	schema.StopEnd:           "stop",
	schema.StopLength:        "length",
	schema.StopSequence:      "stop",
	schema.StopToolCalls:     "tool_calls",
	schema.StopContentFilter: "content_filter",
	// Anthropic's refusal comes from its classifiers, in mid-answer: what OpenAI calls a content filter.
	schema.StopRefusal:       "content_filter",
	schema.StopPause:         "stop",
	schema.StopContextWindow: "length",
	// A call that the model could not write down is no clean end: "stop" would pass for an empty answer.
	schema.StopMalformedCall: "content_filter",
	schema.StopOther:         "stop",
}

// stopOf reads a finish_reason; called says whether the answer has tool calls. Several servers, OpenAI too where a
// tool is forced by name, end such an answer with "stop".
func stopOf(word string, called bool) (reason schema.StopReason, detail string) {
	reason, known := stopReasons[word]
	if !known {
		reason, detail = schema.StopOther, word
	}
	if called && reason == schema.StopEnd {
		reason = schema.StopToolCalls
	}
	return reason, detail
}

func finishOf(reason schema.StopReason) string {
	if word, ok := finishReasons[reason]; ok {
		return word
	}
	return "stop"
}

// roles reads `role`.
var roles = map[string]schema.Role{
	"system":    schema.RoleSystem,
	"developer": schema.RoleDeveloper,
	"user":      schema.RoleUser,
	"assistant": schema.RoleAssistant,
	"tool":      schema.RoleTool,
	"function":  schema.RoleTool,
}

// audioTypes are the media types of input_audio formats. OpenAI takes wav and mp3; others take more.
//
// Source: https://platform.openai.com/docs/guides/audio
var audioTypes = map[string]string{
	"wav":  "audio/wav",
	"mp3":  "audio/mpeg",
	"flac": "audio/flac",
	"opus": "audio/opus",
	"ogg":  "audio/ogg",
	"m4a":  "audio/mp4",
	"aac":  "audio/aac",
	"webm": "audio/webm",
}

// audioFormat is the input_audio format of a media type, or "".
func audioFormat(mediaType string) string {
	switch mediaType {
	case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave":
		return "wav"
	case "audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpga":
		return "mp3"
	}
	for format, known := range audioTypes {
		if known == mediaType {
			return format
		}
	}
	return ""
}

// tiers reads other formats' words for service tiers into OpenAI's.
//
// Source: https://docs.claude.com/en/api/service-tiers
var tiers = map[string]string{
	"standard_only": "default",
	"standard":      "default",
}

// effortOf gives a thinking budget in tokens the nearest effort. The steps are those that Anthropic's and Google's
// own OpenAI-compatible endpoints document for the way back: 1,024 low, 8,192 medium, 24,576 high.
//
// Source: https://ai.google.dev/gemini-api/docs/openai#thinking
func effortOf(budget int) string {
	switch {
	case budget < 0:
		return "" // the model decides, which is the default
	case budget == 0:
		return "none"
	case budget <= 2048:
		return "low"
	case budget <= 12288:
		return "medium"
	}
	return "high"
}

// thoughtFormats are the words for the maker of a signature in reasoning_details[].format, as OpenRouter has them.
//
// Source: https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure
var thoughtFormats = map[schema.Format]string{
	schema.Anthropic: "anthropic-claude-v1",
	schema.Gemini:    "google-gemini-v1",
	schema.OpenAI:    "openai-responses-v1",
	schema.Bedrock:   "bedrock-converse-v1",
}

func thoughtFormat(word string) schema.Format {
	for format, known := range thoughtFormats {
		if known == word {
			return format
		}
	}
	return ""
}

// isReasoningModel knows OpenAI's models that think, by name: they call the limit max_completion_tokens and give
// encrypted thoughts.
//
// Source: https://platform.openai.com/docs/guides/reasoning
func isReasoningModel(model string) bool {
	name := model[strings.LastIndexByte(model, '/')+1:]
	if len(name) >= 2 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9' {
		return len(name) == 2 || name[2] == '-'
	}
	return strings.HasPrefix(name, "gpt-5") || strings.HasPrefix(name, "gpt-6")
}
