package anthropic

import (
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// Patch implements schema.Client.
func (Client) Patch(t schema.Target, body []byte, f *schema.Facts, e *schema.Edit) ([]byte, error) {
	if e.System != "" {
		e = withPreamble(body, f, e)
	}
	if t.Op == schema.OpCountTokens { // it has no limit, and refuses members that it does not know
		return schema.Splice(body, f, e), nil
	}
	return schema.Splice(body, f, e, "max_tokens"), nil
}

// paths are relative to the origin: Anthropic's SDKs take a base URL without the version. An endpoint written with
// it is understood too.
var paths = map[schema.Op]string{
	schema.OpMessages:    "/v1/messages",
	schema.OpCountTokens: "/v1/messages/count_tokens",
}

// Locate implements schema.Provider.
func (Provider) Locate(prefix string, op schema.Op, _ string, _ bool) (string, bool) {
	path, ok := paths[op]
	prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "/"), "/v1")
	return prefix + path, ok
}
