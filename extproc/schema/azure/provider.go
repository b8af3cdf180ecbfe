package azure

import (
	"net/url"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

// Provider is Azure OpenAI's face.
type Provider struct {
	openai.Provider
	APIVersion string // "2024-10-21", or a preview
}

var _ schema.Provider = Provider{}

// byDeployment are the operations whose path names the deployment. The others name it in the body, as OpenAI does.
var byDeployment = map[schema.Op]string{
	schema.OpChat:        "/chat/completions",
	schema.OpCompletions: "/completions",
	schema.OpEmbeddings:  "/embeddings",
}

// v1 is the prefix of the API without deployments in its paths, where the api-version is optional.
const v1 = "/openai/v1"

// Locate implements schema.Provider. The prefix of an endpoint is empty, as Azure's SDKs take it, or ends in
// /openai or /openai/v1.
func (p Provider) Locate(prefix string, op schema.Op, model string, stream bool) (string, bool) {
	if strings.HasSuffix(prefix, v1) {
		path, ok := p.Provider.Locate(prefix, op, model, stream)
		return p.versioned(path), ok
	}
	prefix = strings.TrimSuffix(prefix, "/openai") + "/openai"
	if path, ok := byDeployment[op]; ok {
		return p.versioned(prefix + "/deployments/" + url.PathEscape(model) + path), true
	}
	path, ok := p.Provider.Locate(prefix, op, model, stream)
	return p.versioned(path), ok
}

func (p Provider) versioned(path string) string {
	if p.APIVersion == "" {
		return path
	}
	return path + "?api-version=" + url.QueryEscape(p.APIVersion)
}
