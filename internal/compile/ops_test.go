package compile

import (
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestEmbeddingsComeFromOpenAIAndGeminiButNotVertexAI(t *testing.T) {
	for name, row := range map[string]struct {
		p    Provider
		want bool
	}{
		"OpenAI":    {Provider{Format: schema.OpenAI, Serves: native(schema.OpenAI, nil)}, true},
		"chat only": {Provider{Format: schema.OpenAI, Serves: native(schema.OpenAI, []string{"chat_completions"})}, false},
		"Gemini":    {Provider{Format: schema.Gemini, Serves: native(schema.Gemini, nil)}, true},
		"Vertex AI": {Provider{Format: schema.Gemini, Serves: native(schema.Gemini, nil), Prefix: "/v1/projects/p/locations/l/publishers/google"}, false},
		"Anthropic": {Provider{Format: schema.Anthropic, Serves: native(schema.Anthropic, nil)}, false},
		"Bedrock":   {Provider{Format: schema.Bedrock, Serves: native(schema.Bedrock, nil)}, false},
	} {
		if got := clientOps(&row.p)[string(schema.OpEmbeddings)]; got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
