package anthropic

import "github.com/llmroute/llmroute/extproc/schema"

// version is the API version sent for clients of other formats. It is the older one because it alone takes
// temperature, top_p and top_k, which the models that still have them need.
//
// Source: https://platform.claude.com/docs/en/api/versioning
const version = "2023-06-01"

// stopReasons maps stop_reason to the neutral form.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
var stopReasons = map[string]schema.StopReason{
	"end_turn":                      schema.StopEnd,
	"max_tokens":                    schema.StopLength,
	"stop_sequence":                 schema.StopSequence,
	"tool_use":                      schema.StopToolCalls,
	"pause_turn":                    schema.StopPause,
	"refusal":                       schema.StopRefusal,
	"model_context_window_exceeded": schema.StopContextWindow,
}

// stopWords is the way back. What the API has no word for takes the nearest: a filtered answer is what Anthropic
// calls a refusal.
var stopWords = map[schema.StopReason]string{
	schema.StopEnd:           "end_turn",
	schema.StopLength:        "max_tokens",
	schema.StopSequence:      "stop_sequence",
	schema.StopToolCalls:     "tool_use",
	schema.StopPause:         "pause_turn",
	schema.StopRefusal:       "refusal",
	schema.StopContentFilter: "refusal",
	schema.StopContextWindow: "model_context_window_exceeded",
}

// stopOf reads a stop_reason.
func stopOf(word string) (stop schema.StopReason, detail string) {
	if stop, ok := stopReasons[word]; ok {
		return stop, ""
	}
	return schema.StopOther, word
}

// stopWord writes a stop_reason for an answer with or without tool calls and refusal parts.
func stopWord(stop schema.StopReason, called, refused bool) string {
	word, ok := stopWords[stop]
	switch {
	case stop == schema.StopEnd && called: // some providers say stop where they mean calls
		return "tool_use"
	case (stop == schema.StopEnd || stop == "") && refused:
		return "refusal"
	case !ok && called:
		return "tool_use"
	case !ok:
		return "end_turn"
	}
	return word
}

// errorTypes are the types of error objects, with their status.
//
// Source: https://platform.claude.com/docs/en/api/errors#http-errors
var errorTypes = map[schema.Kind]struct {
	word   string
	status int
}{
	schema.KindInvalidRequest: {"invalid_request_error", 400},
	schema.KindContextTooLong: {"invalid_request_error", 400},
	schema.KindContentFilter:  {"invalid_request_error", 400},
	schema.KindAuth:           {"authentication_error", 401},
	schema.KindBilling:        {"billing_error", 402},
	schema.KindPermission:     {"permission_error", 403},
	schema.KindNotFound:       {"not_found_error", 404},
	schema.KindMethod:         {"invalid_request_error", 405},
	schema.KindConflict:       {"invalid_request_error", 409},
	schema.KindTooLarge:       {"request_too_large", 413},
	schema.KindMediaType:      {"invalid_request_error", 415},
	schema.KindRateLimit:      {"rate_limit_error", 429},
	schema.KindInternal:       {"api_error", 500},
	schema.KindBadGateway:     {"api_error", 502},
	schema.KindTruncated:      {"api_error", 502},
	schema.KindUnavailable:    {"api_error", 503},
	schema.KindTimeout:        {"timeout_error", 504},
	schema.KindOverloaded:     {"overloaded_error", 529},
}

// errorKinds is the way back.
var errorKinds = map[string]schema.Kind{
	"invalid_request_error": schema.KindInvalidRequest,
	"authentication_error":  schema.KindAuth,
	"billing_error":         schema.KindBilling,
	"permission_error":      schema.KindPermission,
	"not_found_error":       schema.KindNotFound,
	"request_too_large":     schema.KindTooLarge,
	"rate_limit_error":      schema.KindRateLimit,
	"api_error":             schema.KindInternal,
	"timeout_error":         schema.KindTimeout,
	"overloaded_error":      schema.KindOverloaded,
}

// serviceTiers maps the tiers of other formats to service_tier of a request. Others have no counterpart.
//
// Source: https://platform.claude.com/docs/en/api/service-tiers;
// https://platform.openai.com/docs/api-reference/chat/create#chat-create-service_tier
var serviceTiers = map[string]string{
	"auto":          "auto",
	"standard_only": "standard_only",
	"default":       "standard_only",
	"standard":      "standard_only",
}

// ownBlocks are content blocks of Anthropic's that an answer may hold and no other format has.
//
// Source: https://platform.claude.com/docs/en/api/messages/create, response content
var ownBlocks = map[string]bool{
	"server_tool_use":                        true,
	"web_search_tool_result":                 true,
	"web_fetch_tool_result":                  true,
	"code_execution_tool_result":             true,
	"bash_code_execution_tool_result":        true,
	"text_editor_code_execution_tool_result": true,
	"tool_search_tool_result":                true,
	"mcp_tool_use":                           true,
	"mcp_tool_result":                        true,
	"container_upload":                       true,
	"compaction":                             true,
}

// ownCitations are the types of citation objects.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/citations
var ownCitations = map[string]bool{
	"char_location":              true,
	"page_location":              true,
	"content_block_location":     true,
	"search_result_location":     true,
	"web_search_result_location": true,
}
