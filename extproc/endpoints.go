package extproc

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// fallbackClient writes the errors of requests whose path belongs to no schema.
var fallbackClient schema.Client = openai.Client{}

// endpoint is what a path stands for.
type endpoint struct {
	client schema.Client
	target schema.Target
	method string // the only one allowed
	list   bool   // the list of models
	model  string // one model of that list
}

// endpoints are the paths that name everything; all take POST.
var endpoints = map[string]endpoint{
	"/v1/chat/completions": {client: openai.Client{}, target: schema.Target{Op: schema.OpChat}},
	"/v1/completions":      {client: openai.Client{}, target: schema.Target{Op: schema.OpCompletions}},
	"/v1/embeddings":       {client: openai.Client{}, target: schema.Target{Op: schema.OpEmbeddings}},
	"/v1/responses":        {client: openai.Client{}, target: schema.Target{Op: schema.OpResponses}},

	"/v1/messages":              {client: anthropic.Client{}, target: schema.Target{Op: schema.OpMessages}},
	"/v1/messages/count_tokens": {client: anthropic.Client{}, target: schema.Target{Op: schema.OpCountTokens}},
}

// clients give the face of each operation, for requests that come through a door.
var clients = map[schema.Op]schema.Client{
	schema.OpChat: openai.Client{}, schema.OpCompletions: openai.Client{}, schema.OpEmbeddings: openai.Client{},
	schema.OpResponses: openai.Client{}, schema.OpMessages: anthropic.Client{}, schema.OpCountTokens: anthropic.Client{},
	schema.OpGenerate: gemini.Client{},
}

// client is the face in which a planned request came. Gemini's paths name the model.
func (p *planned) client() (schema.Client, bool) {
	if p.Op == schema.OpEmbeddings && p.Model != "" {
		return gemini.Client{}, true
	}
	client, ok := clients[p.Op]
	return client, ok
}

const modelsPath = "/v1/models"

// served says what a client of each format may ask for.
var served = map[schema.Format]string{
	schema.OpenAI: "the base URL of an OpenAI client ends in /v1, and llmroute serves " +
		"/v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses and /v1/models",
	schema.Anthropic: "the base URL of an Anthropic client has no path, and llmroute serves /v1/messages, /v1/messages/count_tokens and /v1/models",
	schema.Gemini: "llmroute serves /v1beta/models, and of a model :generateContent, :streamGenerateContent, :countTokens, " +
		":embedContent and :batchEmbedContents",
}

// match finds the endpoint of a request. Gemini's paths name the model and say in their query how to stream.
func match(path, query string, h headers) (endpoint, bool) {
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if e, ok := endpoints[path]; ok {
		e.method = "POST"
		return e, true
	}
	if target, ok := gemini.MatchPath(path + "?" + query); ok {
		return endpoint{client: gemini.Client{}, target: target, method: "POST"}, true
	}
	for prefix, client := range map[string]schema.Client{modelsPath: modelsClient(h), "/v1beta/models": gemini.Client{}} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") && h.get(":method") != "POST" {
			model := strings.TrimPrefix(strings.TrimPrefix(path, prefix), "/")
			return endpoint{client: client, method: "GET", list: true, model: model}, true
		}
	}
	return endpoint{client: clientAt(path)}, false
}

// clientAt guesses whose path it is, where none is known.
func clientAt(path string) schema.Client {
	_, method, _ := strings.Cut(path, "/models/")
	switch {
	case strings.HasPrefix(path, "/v1/messages"):
		return anthropic.Client{}
	case strings.HasPrefix(path, "/v1beta"), strings.HasPrefix(path, "/v1alpha"), strings.Contains(method, ":"):
		return gemini.Client{}
	}
	return fallbackClient
}

// modelsClient tells whose list of models is asked for: OpenAI's and Anthropic's stand at the same path.
func modelsClient(h headers) schema.Client {
	if h.get("anthropic-version") != "" {
		return anthropic.Client{}
	}
	return openai.Client{}
}
