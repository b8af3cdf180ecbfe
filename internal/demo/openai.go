package demo

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// openAI speaks the OpenAI API.
//
// Source: https://platform.openai.com/docs/api-reference
type openAI struct{}

var _ dialect = openAI{}

func (o openAI) routes(on func(string, endpoint)) {
	on("POST /v1/chat/completions", func(x *exchange) *failure { return chat(x, plainFlavour) })
	on("POST /v1/completions", func(x *exchange) *failure { return completions(x, plainFlavour) })
	on("POST /v1/embeddings", func(x *exchange) *failure { return embeddings(x, plainFlavour) })
	on("POST /v1/responses", func(x *exchange) *failure { return responses(x, plainFlavour) })
	on("GET /v1/models", listModels)
	on("GET /v1/models/{id...}", oneModel(modelOf)) // names such as meta-llama/Llama-3 have slashes
}

// flavour is how OpenAI and Azure differ on the endpoints that they share.
type flavour struct {
	filters bool // Azure's content filter results
	// model returns the model that the request is for; body is what the body says.
	model func(x *exchange, body string) (string, *failure)
}

var plainFlavour = flavour{model: bodyModel}

func bodyModel(x *exchange, body string) (string, *failure) {
	switch {
	case body == "":
		return "", invalid("model", "you must provide a model parameter")
	case !x.p.serves(body):
		return "", unknownModel(body)
	}
	return body, nil
}

func (openAI) authorized(r *http.Request, _ []byte, key string) bool {
	return r.Header.Get("Authorization") == "Bearer "+key
}

// openAIErrors gives each problem its status, type and code.
//
// Source: https://platform.openai.com/docs/guides/error-codes
var openAIErrors = map[Problem]struct {
	status     int
	kind, code string
	message    string
}{
	Invalid:       {400, "invalid_request_error", "", ""},
	ContextLength: {400, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens. Please reduce the length of the messages."},
	ContentFilter: {400, "invalid_request_error", "content_policy_violation", "Your request was rejected as a result of our safety system."},
	Auth:          {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys."},
	Permission:    {403, "invalid_request_error", "model_not_found", "Project does not have access to this model."},
	NotFound:      {404, "invalid_request_error", "", ""},
	UnknownModel:  {404, "invalid_request_error", "model_not_found", ""},
	TooLarge:      {413, "invalid_request_error", "", "Request body is too large."},
	RateLimit:     {429, "requests", "rate_limit_exceeded", "Rate limit reached for requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again later."},
	Quota:         {429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."},
	Server:        {500, "server_error", "", "The server had an error while processing your request. Sorry about that!"},
	Overloaded:    {503, "server_error", "", "That model is currently overloaded with other requests. You can retry your request."},
	Timeout:       {504, "server_error", "", "The request timed out."},
}

type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

type openAIErrorBody struct {
	Error openAIError `json:"error"`
}

func openAIErrorOf(f *failure) (int, openAIError) {
	row := openAIErrors[f.problem]
	status := row.status
	if f.status != 0 {
		status = f.status
	}
	out := openAIError{Message: row.message, Type: row.kind, Param: optional(f.param), Code: optional(row.code)}
	switch {
	case f.problem == UnknownModel && !strings.HasPrefix(f.message, "injected"):
		out.Message = "The model `" + f.message + "` does not exist or you do not have access to it."
	case out.Message == "":
		out.Message = f.message
	}
	return status, out
}

func (openAI) render(f *failure) rendered {
	status, body := openAIErrorOf(f)
	return rendered{status: status, body: encode(openAIErrorBody{body})}
}

// streamError: Chat Completions sends the error object as data; Responses has an event for it.
func (openAI) streamError(r *http.Request, f *failure, sent int) []byte {
	_, e := openAIErrorOf(f)
	if strings.HasSuffix(r.URL.Path, "/responses") {
		return sseEvent("error", struct {
			Type     string  `json:"type"`
			Sequence int     `json:"sequence_number"`
			Code     *string `json:"code"`
			Message  string  `json:"message"`
			Param    *string `json:"param"`
		}{"error", sent, orElsePtr(e.Code, e.Type), e.Message, e.Param})
	}
	return sseData(openAIErrorBody{e})
}

type modelObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func modelOf(id string) modelObject {
	return modelObject{ID: id, Object: "model", Created: 1_735_689_600, OwnedBy: "demo"}
}

func listModels(x *exchange) *failure {
	list := struct {
		Object string        `json:"object"`
		Data   []modelObject `json:"data"`
	}{Object: "list"}
	for _, id := range x.p.models() {
		list.Data = append(list.Data, modelOf(id))
	}
	x.free(list)
	return nil
}

// oneModel describes the model that the path names, if the provider serves it.
func oneModel[T any](describe func(id string) T) endpoint {
	return func(x *exchange) *failure {
		id := x.r.PathValue("id")
		if !x.p.serves(id) {
			return unknownModel(id)
		}
		x.free(describe(id))
		return nil
	}
}

// Helpers that all SSE schemas share.

func sseData(v any) []byte { return append(append([]byte("data: "), encode(v)...), "\n\n"...) }

func sseEvent(name string, v any) []byte {
	return append([]byte("event: "+name+"\n"), sseData(v)...)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orElsePtr(s *string, other string) *string {
	if s == nil {
		return &other
	}
	return s
}

func now() int64 { return time.Now().Unix() }

func (openAI) chat(text string, stream bool) (path, body string) {
	streamed := ""
	if stream {
		streamed = `,"stream":true,"stream_options":{"include_usage":true}`
	}
	return "/v1/chat/completions", fmt.Sprintf(`{"model":"demo","messages":[{"role":"user","content":%q}]%s}`, text, streamed)
}
