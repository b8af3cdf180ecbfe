package extproc

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
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
}

const modelsPath = "/v1/models"

// match finds the endpoint of a path without query.
func match(path string) (endpoint, bool) {
	if e, ok := endpoints[path]; ok {
		e.method = "POST"
		return e, true
	}
	if path == modelsPath || strings.HasPrefix(path, modelsPath+"/") {
		model := strings.TrimPrefix(strings.TrimPrefix(path, modelsPath), "/")
		return endpoint{client: openai.Client{}, method: "GET", list: true, model: model}, true
	}
	return endpoint{client: fallbackClient}, false
}
