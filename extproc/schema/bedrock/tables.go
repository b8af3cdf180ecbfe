package bedrock

import (
	"path"
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// stops holds the stop reasons. Source: API_runtime_ConverseResponse, stopReason.
var stops = map[string]schema.StopReason{
	"end_turn":                      schema.StopEnd,
	"tool_use":                      schema.StopToolCalls,
	"max_tokens":                    schema.StopLength,
	"stop_sequence":                 schema.StopSequence,
	"guardrail_intervened":          schema.StopContentFilter,
	"content_filtered":              schema.StopContentFilter,
	"malformed_model_output":        schema.StopOther,
	"malformed_tool_use":            schema.StopMalformedCall,
	"model_context_window_exceeded": schema.StopContextWindow,
	"refusal":                       schema.StopRefusal, // what Claude says where Bedrock passes it on
	"pause_turn":                    schema.StopPause,
}

func stopOf(reason string) (schema.StopReason, string) {
	switch stop, known := stops[reason]; {
	case !known:
		return schema.StopOther, reason
	case stop == schema.StopContentFilter, stop == schema.StopOther, stop == schema.StopMalformedCall:
		return stop, reason
	default:
		return stop, ""
	}
}

// formats holds Bedrock's word for a medium's type. Source: API_runtime_ImageBlock, DocumentBlock, AudioBlock, VideoBlock.
var formats = map[string]string{
	"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp",
	"application/pdf": "pdf", "text/csv": "csv", "text/html": "html", "text/plain": "txt", "text/markdown": "md",
	"application/msword": "doc", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
	"application/vnd.ms-excel": "xls", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
	"audio/mp3": "mp3", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/flac": "flac",
	"audio/ogg": "ogg", "audio/opus": "opus", "audio/aac": "aac", "audio/mp4": "mp4", "audio/m4a": "m4a", "audio/webm": "webm",
	"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv", "video/mpeg": "mpeg",
	"video/x-flv": "flv", "video/x-ms-wmv": "wmv", "video/3gpp": "three_gp",
}

// extensions holds the types of file names, for media whose type the client did not say.
var extensions = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".pdf": "application/pdf", ".csv": "text/csv", ".html": "text/html", ".txt": "text/plain", ".md": "text/markdown",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xls": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".mp3": "audio/mp3", ".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".mp4": "video/mp4", ".mov": "video/quicktime",
}

// typeOf is a medium's type: as said, or as its name tells.
func typeOf(m *schema.Media) string {
	if m.Type != "" {
		mime, _, _ := strings.Cut(m.Type, ";")
		return strings.ToLower(strings.TrimSpace(mime))
	}
	if mime := extensions[strings.ToLower(path.Ext(m.Filename))]; mime != "" {
		return mime
	}
	return extensions[strings.ToLower(path.Ext(m.URL))]
}

// efforts maps an effort to a thinking budget in tokens, for Claude before 4.6.
var efforts = map[string]int{"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32000}

// family is who made a model; ids look like us.anthropic.claude-sonnet-4-5-20250929-v1:0 or an ARN that holds one.
type family int

const (
	otherFamily family = iota
	claude
	nova
	nova2
	mistral
	cohere
	gptOSS
)

func familyOf(model string) family {
	model = strings.ToLower(model)
	for _, f := range []struct {
		word string
		is   family
	}{
		{"claude", claude}, {"amazon.nova-2", nova2}, {"nova", nova}, {"mistral", mistral}, {"cohere", cohere}, {"gpt-oss", gptOSS},
	} {
		if strings.Contains(model, f.word) {
			return f.is
		}
	}
	return otherFamily
}

// claudeVersion is 100 × major + minor: 405 for claude-sonnet-4-5-20250929; 0 if the name does not tell.
func claudeVersion(model string) (version int) {
	_, rest, ok := strings.Cut(strings.ToLower(model), "claude-")
	if !ok {
		return 0
	}
	for word := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == '-' || c == '.' || c == ':' || c == '@' }) {
		n, err := strconv.Atoi(word)
		switch {
		case err != nil && version > 0:
			return version
		case err != nil:
		case n > 99: // a date
			return version
		case version == 0:
			version = 100 * n
		default:
			return version + n
		}
	}
	return version
}
