package demo

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// gemini speaks the Gemini API, and the same under Vertex AI's paths.
//
// Source: https://ai.google.dev/api/generate-content
type gemini struct{}

var _ dialect = gemini{}

func (gemini) routes(on func(string, endpoint)) {
	for _, version := range []string{"/v1beta", "/v1"} {
		on("POST "+version+"/models/{call}", geminiCall)
		on("GET "+version+"/models", geminiModels)
		on("GET "+version+"/models/{id}", oneModel(geminiModelOf))
	}
	for _, version := range []string{"/v1beta1", "/v1"} {
		on("POST "+version+"/projects/{project}/locations/{location}/publishers/google/models/{call}", geminiCall)
	}
}

// geminiCall takes the model and the method from the last segment: gemini-2.5-flash:generateContent.
func geminiCall(x *exchange) *failure {
	segment := x.r.PathValue("call")
	colon := strings.LastIndexByte(segment, ':')
	if colon < 0 {
		return x.noSuchPath()
	}
	model, method := segment[:colon], segment[colon+1:]
	serve := map[string]func(*exchange, string) *failure{
		"generateContent": generateContent, "streamGenerateContent": streamGenerateContent, "countTokens": geminiCount,
		"embedContent": embedContent, "batchEmbedContents": batchEmbed,
	}[method]
	switch {
	case serve == nil:
		return x.noSuchPath()
	case !x.p.serves(model):
		return unknownModel(model)
	}
	return serve(x, model)
}

// authorized: a key in its header or in the query, or an OAuth token.
func (gemini) authorized(r *http.Request, _ []byte, key string) bool {
	queried := r.URL.Query()["key"]
	for _, k := range queried {
		if k != key {
			return false
		}
	}
	named := r.Header.Get("x-goog-api-key") != "" || r.Header.Get("Authorization") != ""
	if !named {
		return len(queried) > 0
	}
	return anyOf(r, key, "x-goog-api-key", "Authorization")
}

// geminiErrors gives each problem its code and status.
//
// Source: https://ai.google.dev/gemini-api/docs/troubleshooting
var geminiErrors = map[Problem]struct {
	code            int
	status, message string
}{
	Invalid:       {400, "INVALID_ARGUMENT", ""},
	ContextLength: {400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."},
	Auth:          {400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."},
	Permission:    {403, "PERMISSION_DENIED", "Permission denied on resource."},
	NotFound:      {404, "NOT_FOUND", ""},
	UnknownModel:  {404, "NOT_FOUND", ""},
	TooLarge:      {413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."},
	RateLimit:     {429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."},
	Quota:         {429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."},
	Server:        {500, "INTERNAL", "An internal error has occurred. Please retry."},
	Overloaded:    {503, "UNAVAILABLE", "The model is overloaded. Please try again later."},
	Timeout:       {504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."},
}

type geminiError struct {
	Error struct {
		Code    int           `json:"code"`
		Message string        `json:"message"`
		Status  string        `json:"status"`
		Details []errorDetail `json:"details,omitempty"`
	} `json:"error"`
}

type errorDetail struct {
	Type       string `json:"@type"`
	Reason     string `json:"reason,omitempty"`
	Domain     string `json:"domain,omitempty"`
	RetryDelay string `json:"retryDelay,omitempty"`
}

func geminiErrorOf(f *failure) geminiError {
	row := geminiErrors[f.problem]
	var out geminiError
	e := &out.Error
	e.Code, e.Status, e.Message = row.code, row.status, row.message
	if f.status != 0 {
		e.Code = f.status
	}
	switch {
	case f.problem == Auth && e.Code == http.StatusUnauthorized: // a wrong OAuth token, not a wrong key
		e.Status, e.Message = "UNAUTHENTICATED", "Request had invalid authentication credentials."
	case f.problem == Auth:
		e.Details = []errorDetail{{Type: "type.googleapis.com/google.rpc.ErrorInfo", Reason: "API_KEY_INVALID", Domain: "googleapis.com"}}
	case f.problem == UnknownModel:
		e.Message = "models/" + f.message + " is not found for API version v1beta, or is not supported for generateContent."
	case f.problem == RateLimit && f.retryAfter > 0:
		e.Details = []errorDetail{{Type: "type.googleapis.com/google.rpc.RetryInfo", RetryDelay: strconv.Itoa(f.retryAfter) + "s"}}
	case e.Message == "":
		e.Message = f.message
	}
	return out
}

// render: a blocked prompt is no error of Gemini's, but an answer without candidates.
func (gemini) render(f *failure) rendered {
	if f.problem == ContentFilter && f.status == 0 {
		return rendered{status: http.StatusOK, body: encode(geminiResponse{
			PromptFeedback: &promptFeedback{BlockReason: "PROHIBITED_CONTENT"}, ModelVersion: "demo",
			Usage: &geminiUsage{Prompt: turnTokens, Total: turnTokens},
		})}
	}
	if f.problem == ContentFilter {
		f.problem = Invalid
	}
	e := geminiErrorOf(f)
	return rendered{status: e.Error.Code, body: encode(e)}
}

func (gemini) streamError(r *http.Request, f *failure, _ int) []byte {
	if r.URL.Query().Get("alt") != "sse" {
		return append(append([]byte(",\r\n"), encode(geminiErrorOf(f))...), "\n]"...)
	}
	return append(append([]byte("data: "), encode(geminiErrorOf(f))...), "\r\n\r\n"...)
}

type geminiModelInfo struct {
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	DisplayName string   `json:"displayName"`
	InputLimit  int      `json:"inputTokenLimit"`
	OutputLimit int      `json:"outputTokenLimit"`
	Methods     []string `json:"supportedGenerationMethods"`
}

func geminiModelOf(id string) geminiModelInfo {
	return geminiModelInfo{
		Name: "models/" + id, Version: "001", DisplayName: id, InputLimit: 1048576, OutputLimit: 65536,
		Methods: []string{"generateContent", "countTokens", "embedContent"},
	}
}

func geminiModels(x *exchange) *failure {
	var list struct {
		Models []geminiModelInfo `json:"models"`
	}
	for _, id := range x.p.models() {
		list.Models = append(list.Models, geminiModelOf(id))
	}
	x.free(list)
	return nil
}

func unknownName(name, where string) *failure {
	if where != "" {
		where = fmt.Sprintf(" at '%s'", where)
	}
	return invalid(name, "Invalid JSON payload received. Unknown name %q%s: Cannot find field.", name, where)
}

func (gemini) chat(text string, stream bool) (path, body string) {
	path = "/v1beta/models/demo:generateContent"
	if stream {
		path = "/v1beta/models/demo:streamGenerateContent?alt=sse"
	}
	return path, fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]}]}`, text)
}
