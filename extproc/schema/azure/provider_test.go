package azure

import (
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestLocate(t *testing.T) {
	for name, tc := range map[string]struct {
		prefix, version string
		op              schema.Op
		want            string
	}{
		"chat by deployment":        {"", "2024-10-21", schema.OpChat, "/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"},
		"an endpoint with /openai":  {"/openai", "2024-10-21", schema.OpEmbeddings, "/openai/deployments/my%20gpt/embeddings?api-version=2024-10-21"},
		"behind a gateway's prefix": {"/llm", "2024-10-21", schema.OpCompletions, "/llm/openai/deployments/my%20gpt/completions?api-version=2024-10-21"},
		"responses have none":       {"", "preview", schema.OpResponses, "/openai/responses?api-version=preview"},
		"the v1 API":                {"/openai/v1", "", schema.OpChat, "/openai/v1/chat/completions"},
		"the v1 API with a version": {"/openai/v1", "preview", schema.OpChat, "/openai/v1/chat/completions?api-version=preview"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := Provider{APIVersion: tc.version}.Locate(tc.prefix, tc.op, "my gpt", false)
			if !ok || got != tc.want {
				t.Errorf("got %q, %v; want %q", got, ok, tc.want)
			}
		})
	}
	if _, ok := (Provider{}).Locate("", schema.OpMessages, "m", false); ok {
		t.Error("Azure OpenAI has no Messages")
	}
}
