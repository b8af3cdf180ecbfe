package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// azure speaks Azure OpenAI: OpenAI's endpoints under a deployment's path with an api-version, or under /openai/v1.
//
// Source: https://learn.microsoft.com/azure/ai-foundry/openai/reference
type azure struct{}

var _ dialect = azure{}

func (azure) routes(on func(string, endpoint)) {
	deployed := flavour{filters: true, model: deployment}
	v1 := flavour{filters: true, model: bodyModel}
	for _, e := range []struct {
		path  string
		serve func(*exchange, flavour) *failure
	}{{"chat/completions", chat}, {"completions", completions}, {"embeddings", embeddings}} {
		on("POST /openai/deployments/{deployment}/"+e.path, func(x *exchange) *failure { return e.serve(x, deployed) })
		on("POST /openai/v1/"+e.path, func(x *exchange) *failure { return e.serve(x, v1) })
	}
	on("POST /openai/v1/responses", func(x *exchange) *failure { return responses(x, v1) })
	on("POST /openai/responses", func(x *exchange) *failure {
		if f := apiVersion(x); f != nil {
			return f
		}
		return responses(x, v1)
	})
	on("GET /openai/v1/models", listModels)
	on("GET /openai/v1/models/{id}", oneModel(modelOf))
}

// deployment: the path names the model; what the body says does not count.
func deployment(x *exchange, _ string) (string, *failure) {
	if f := apiVersion(x); f != nil {
		return "", f
	}
	name := x.r.PathValue("deployment")
	if !x.p.serves(name) {
		return "", unknownModel(name)
	}
	return name, nil
}

func apiVersion(x *exchange) *failure {
	version := x.r.URL.Query().Get("api-version")
	if len(version) < len("2024-10-21") || strings.Count(version, "-") < 2 {
		return &failure{problem: NotFound, message: "Resource not found"}
	}
	return nil
}

// authorized: an api-key, or an Entra token as bearer. Every credential that is there must be the right one.
func (azure) authorized(r *http.Request, _ []byte, key string) bool {
	return anyOf(r, key, "api-key", "Authorization")
}

// anyOf reports whether at least one of the headers is there, and all that are carry key.
func anyOf(r *http.Request, key string, headers ...string) bool {
	found := false
	for _, name := range headers {
		want := key
		if name == "Authorization" {
			want = "Bearer " + key
		}
		for _, got := range r.Header.Values(name) {
			if got != want {
				return false
			}
			found = true
		}
	}
	return found
}

func (azure) render(f *failure) rendered {
	status, e := openAIErrorOf(f)
	switch f.problem {
	case Auth:
		e = openAIError{Code: optional("401"), Message: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}
	case UnknownModel:
		e = openAIError{Code: optional("DeploymentNotFound"), Message: "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}
	case NotFound:
		e = openAIError{Code: optional("404"), Message: "Resource not found"}
	case RateLimit:
		e = openAIError{Code: optional("429"), Message: "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of your current pricing tier. Please retry later."}
	case ContentFilter:
		return rendered{status: status, body: encode(blockedPrompt())}
	default:
		return rendered{status: status, body: encode(openAIErrorBody{e})}
	}
	return rendered{status: status, body: encode(azureErrorBody{azureError{*e.Code, e.Message}})}
}

// azureError is the short form that Azure's gateway uses, before the request reaches the model.
type azureError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type azureErrorBody struct {
	Error azureError `json:"error"`
}

func (azure) streamError(r *http.Request, f *failure, sent int) []byte {
	return openAI{}.streamError(r, f, sent)
}

func (azure) chat(text string, stream bool) (path, body string) {
	streamed := ""
	if stream {
		streamed = `,"stream":true,"stream_options":{"include_usage":true}`
	}
	return "/openai/v1/chat/completions", fmt.Sprintf(`{"model":"demo","messages":[{"role":"user","content":%q}]%s}`, text, streamed)
}
