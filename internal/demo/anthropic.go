package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// anthropic speaks the Messages API, and the same under Vertex AI's paths.
//
// Source: https://docs.anthropic.com/en/api/messages
type anthropic struct{}

var _ dialect = anthropic{}

func (anthropic) routes(on func(string, endpoint)) {
	on("POST /v1/messages", func(x *exchange) *failure { return messages(x, onAnthropic) })
	on("POST /v1/messages/count_tokens", countTokens)
	on("GET /v1/models", anthropicModels)
	on("GET /v1/models/{id}", oneModel(anthropicModelOf))
	on("POST /v1/projects/{project}/locations/{location}/publishers/anthropic/models/{call}",
		func(x *exchange) *failure { return messages(x, onVertex) })
}

// authorized: an x-api-key, or the key as bearer, as OAuth users and newer SDKs send it.
func (anthropic) authorized(r *http.Request, _ []byte, key string) bool {
	return anyOf(r, key, "x-api-key", "Authorization")
}

// anthropicErrors gives each problem its status and type.
//
// Source: https://docs.anthropic.com/en/api/errors
var anthropicErrors = map[Problem]struct {
	status        int
	kind, message string
}{
	Invalid:       {400, "invalid_request_error", ""},
	ContextLength: {400, "invalid_request_error", "prompt is too long: 210001 tokens > 200000 maximum"},
	ContentFilter: {400, "invalid_request_error", "Output blocked by content filtering policy"},
	Auth:          {401, "authentication_error", "invalid x-api-key"},
	Quota:         {400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."},
	Permission:    {403, "permission_error", "Your API key does not have permission to use the specified resource."},
	NotFound:      {404, "not_found_error", "Not Found"},
	UnknownModel:  {404, "not_found_error", ""},
	TooLarge:      {413, "request_too_large", "Request exceeds the maximum size"},
	RateLimit:     {429, "rate_limit_error", "This request would exceed the rate limit for your organization."},
	Server:        {500, "api_error", "Internal server error"},
	Timeout:       {504, "timeout_error", "The request timed out"},
	Overloaded:    {529, "overloaded_error", "Overloaded"},
}

type anthropicError struct {
	Type  string `json:"type"`
	Error struct {
		Type    string            `json:"type"`
		Message string            `json:"message"`
		Details *anthropicDetails `json:"details,omitempty"`
	} `json:"error"`
	RequestID string `json:"request_id,omitempty"`
}

type anthropicDetails struct {
	ErrorCode string `json:"error_code"`
}

func anthropicErrorOf(f *failure) (int, anthropicError) {
	row := anthropicErrors[f.problem]
	status := row.status
	if f.status != 0 {
		status = f.status
	}
	out := anthropicError{Type: "error"}
	out.Error.Type, out.Error.Message = row.kind, row.message
	if f.code != "" {
		out.Error.Details = &anthropicDetails{ErrorCode: f.code}
	}
	switch {
	case f.problem == UnknownModel:
		out.Error.Message = "model: " + f.message
	case row.message == "" && f.param != "" && !strings.HasPrefix(f.message, f.param):
		out.Error.Message = f.param + ": " + f.message
	case row.message == "":
		out.Error.Message = f.message
	}
	return status, out
}

func (anthropic) render(f *failure) rendered {
	status, e := anthropicErrorOf(f)
	e.RequestID = "req_demo"
	return rendered{status: status, header: map[string]string{"Request-Id": e.RequestID}, body: encode(e)}
}

func (anthropic) streamError(_ *http.Request, f *failure, _ int) []byte {
	_, e := anthropicErrorOf(f)
	return sseEvent("error", e)
}

type anthropicModelInfo struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
}

func anthropicModelOf(id string) anthropicModelInfo {
	return anthropicModelInfo{Type: "model", ID: id, DisplayName: id, CreatedAt: "2025-01-01T00:00:00Z"}
}

func anthropicModels(x *exchange) *failure {
	list := struct {
		Data    []anthropicModelInfo `json:"data"`
		HasMore bool                 `json:"has_more"`
		FirstID string               `json:"first_id"`
		LastID  string               `json:"last_id"`
	}{}
	for _, id := range x.p.models() {
		list.Data = append(list.Data, anthropicModelOf(id))
	}
	list.FirstID, list.LastID = list.Data[0].ID, list.Data[len(list.Data)-1].ID
	x.free(list)
	return nil
}

func (anthropic) chat(text string, stream bool) (path, body string) {
	streamed := ""
	if stream {
		streamed = `,"stream":true`
	}
	return "/v1/messages", fmt.Sprintf(`{"model":"demo","max_tokens":100000,"messages":[{"role":"user","content":%q}]%s}`, text, streamed)
}
