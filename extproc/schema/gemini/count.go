package gemini

import "github.com/llmroute/llmroute/extproc/schema"

// count writes a request of countTokens. AI Studio counts a system instruction and tools only within a message that
// Vertex AI does not know, and Vertex AI only outside it; both count contents. So these two are counted as text.
// Source: https://ai.google.dev/api/tokens
func (e *requestEncoder) count() *schema.Outbound {
	tools := requestEncoder{r: e.r, version: e.version, own: e.own}
	tools.tools()
	w := &e.w
	w.Open('{')
	w.Key("contents").Open('[')
	if e.hasSystem() && e.hasTurns() || len(tools.w.B) > 0 {
		w.Open('{')
		w.Key("role").String("user")
		w.Key("parts").Open('[')
		if e.hasTurns() {
			e.systemParts()
		}
		if len(tools.w.B) > 0 {
			w.Open('{')
			w.Key("text").String(string(tools.w.B))
			w.Close('}')
		}
		w.Close(']')
		w.Close('}')
	}
	e.turns()
	w.Close(']')
	w.Close('}')
	return &schema.Outbound{Op: schema.OpCountTokens, Body: w.B}
}
