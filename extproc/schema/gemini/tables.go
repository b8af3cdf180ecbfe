package gemini

import (
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

const mimeJSON = "application/json"

// roleOf reads a content's role; Google takes a missing one for the user's.
// Source: https://ai.google.dev/api/caching#Content; "function" and "tool" are older spellings for results.
func roleOf(role string) schema.Role {
	switch role {
	case "model", "assistant":
		return schema.RoleAssistant
	case "system":
		return schema.RoleSystem
	case "function", "tool":
		return schema.RoleTool
	}
	return schema.RoleUser
}

// stops holds finish reasons and what they mean.
// Source: https://ai.google.dev/api/generate-content#FinishReason
var stops = map[string]schema.StopReason{
	"STOP":                      schema.StopEnd,
	"MAX_TOKENS":                schema.StopLength,
	"SAFETY":                    schema.StopContentFilter,
	"RECITATION":                schema.StopContentFilter,
	"LANGUAGE":                  schema.StopOther,
	"OTHER":                     schema.StopOther,
	"BLOCKLIST":                 schema.StopContentFilter,
	"PROHIBITED_CONTENT":        schema.StopContentFilter,
	"SPII":                      schema.StopContentFilter,
	"MODEL_ARMOR":               schema.StopContentFilter, // Vertex AI
	"MALFORMED_FUNCTION_CALL":   schema.StopMalformedCall,
	"UNEXPECTED_TOOL_CALL":      schema.StopMalformedCall,
	"TOO_MANY_TOOL_CALLS":       schema.StopMalformedCall,
	"MISSING_THOUGHT_SIGNATURE": schema.StopOther,
	"IMAGE_SAFETY":              schema.StopContentFilter,
	"IMAGE_PROHIBITED_CONTENT":  schema.StopContentFilter,
	"IMAGE_RECITATION":          schema.StopContentFilter,
	"IMAGE_OTHER":               schema.StopOther,
	"NO_IMAGE":                  schema.StopOther,
	"CONTINUATION":              schema.StopLength, // the limit of one request
}

// finishes holds, for each stop reason, the finish reason that says it best.
var finishes = map[schema.StopReason]string{
	schema.StopEnd:           "STOP",
	schema.StopSequence:      "STOP",
	schema.StopToolCalls:     "STOP",
	schema.StopLength:        "MAX_TOKENS",
	schema.StopContextWindow: "MAX_TOKENS",
	schema.StopContentFilter: "SAFETY",
	schema.StopRefusal:       "SAFETY",
	schema.StopMalformedCall: "MALFORMED_FUNCTION_CALL",
	schema.StopPause:         "OTHER",
	schema.StopOther:         "OTHER",
}

// stopOf reads a finish reason. detail is Google's word where the neutral one says less.
func stopOf(finish string, calls bool) (stop schema.StopReason, detail string) {
	stop, known := stops[finish]
	switch {
	case !known && calls: // servers that follow Google have words of their own for it
		return schema.StopToolCalls, ""
	case !known:
		return schema.StopOther, finish
	case stop == schema.StopEnd && calls: // Google stops with STOP after a call, also in a later chunk
		return schema.StopToolCalls, ""
	case stop == schema.StopEnd, stop == schema.StopLength:
		return stop, ""
	}
	return stop, finish
}

// finishOf is the reverse of stopOf.
func finishOf(stop schema.StopReason, detail string) string {
	if back, ok := stops[detail]; ok && back == stop {
		return detail
	}
	if finish, ok := finishes[stop]; ok {
		return finish
	}
	return "OTHER"
}

// kindOfMedia tells by its MIME type what part a medium is. Video is a file: no other format has a part for it.
func kindOfMedia(mime string) schema.PartKind {
	switch {
	case strings.HasPrefix(mime, "image/"):
		return schema.PartImage
	case strings.HasPrefix(mime, "audio/"):
		return schema.PartAudio
	}
	return schema.PartFile
}

// mimeTypes holds the types that Google takes, by file extension, for media whose type the client did not say.
// Source: https://ai.google.dev/gemini-api/docs/file-input-methods#supported-content-types
var mimeTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
	".heic": "image/heic", ".heif": "image/heif", ".bmp": "image/bmp", ".avif": "image/avif",
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html",
	".xml": "text/xml", ".json": "application/json", ".mp3": "audio/mp3", ".wav": "audio/wav", ".flac": "audio/flac",
	".ogg": "audio/ogg", ".m4a": "audio/m4a", ".aac": "audio/aac", ".mp4": "video/mp4", ".mov": "video/quicktime",
	".webm": "video/webm",
}

// efforts maps an effort to a thinking budget in tokens, for models before Gemini 3.
// Source: https://ai.google.dev/gemini-api/docs/openai#thinking
var efforts = map[string]int{"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576}

// levels maps an effort to a thinking level, for Gemini 3 and later, which cannot be told not to think.
// Source: https://ai.google.dev/gemini-api/docs/thinking#thinking-levels
var levels = map[string]string{
	"none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH",
}

// version is the generation of a Gemini model times ten: 25 for gemini-2.5-pro; 0 if the name does not tell.
func version(model string) int {
	if i := strings.LastIndexByte(model, '/'); i >= 0 {
		model = model[i+1:]
	}
	rest, ok := strings.CutPrefix(model, "gemini-")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, "-")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || v < 1 || v > 100 {
		return 0
	}
	return int(v*10 + 0.5)
}

// isNew reports whether the model is of Gemini 3 or later, or an alias of the latest one.
func isNew(model string) bool {
	return version(model) >= 30 || strings.Contains(model, "gemini-") && strings.HasSuffix(model, "-latest")
}
