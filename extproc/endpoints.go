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

const modelsPath = "/v1/models"

// match finds the endpoint of a request. Gemini's paths name the model and say in their query how to stream.
func match(path, query string, h headers) (endpoint, bool) {
	if e, ok := endpoints[path]; ok {
		e.method = "POST"
		return e, true
	}
	if target, ok := gemini.MatchPath(path + "?" + query); ok {
		return endpoint{client: gemini.Client{}, target: target, method: "POST"}, true
	}
	for prefix, client := range map[string]schema.Client{modelsPath: modelsClient(h), "/v1beta/models": gemini.Client{}} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			model := strings.TrimPrefix(strings.TrimPrefix(path, prefix), "/")
			return endpoint{client: client, method: "GET", list: true, model: model}, true
		}
	}
	return endpoint{client: fallbackClient}, false
}

// modelsClient tells whose list of models is asked for: OpenAI's and Anthropic's stand at the same path.
func modelsClient(h headers) schema.Client {
	if h.get("anthropic-version") != "" {
		return anthropic.Client{}
	}
	return openai.Client{}
}
