package openai

import "github.com/llmroute/llmroute/extproc/schema"

// paths are relative to the version prefix of the endpoint, which OpenAI's SDKs take as part of the base URL.
var paths = map[schema.Op]string{
	schema.OpChat:        "/chat/completions",
	schema.OpCompletions: "/completions",
	schema.OpEmbeddings:  "/embeddings",
	schema.OpResponses:   "/responses",
}

// Locate implements schema.Provider.
func (Provider) Locate(prefix string, op schema.Op, _ string, _ bool) (string, bool) {
	path, ok := paths[op]
	return prefix + path, ok
}
