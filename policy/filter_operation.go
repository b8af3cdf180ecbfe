package policy

import (
	"fmt"

	"github.com/llmroute/llmroute/policy/catalog"
)

// operationFilter keeps what serves the operation: the provider has it, and the model is made for it.
type operationFilter struct{}

var _ filter = operationFilter{}

func (operationFilter) name() string { return filterOperation }

func (operationFilter) allow(q *query, c *Considered) (Verdict, bool) {
	op, mode := q.f.Op, c.Facts.Mode
	if !c.Ops[op] {
		return refuse(fmt.Sprintf("provider %s does not serve %s", c.Provider, op)), false
	}
	switch {
	case mode == catalog.ModeUnknown:
		return Verdict{}, false
	case op == "embeddings" && mode != catalog.ModeEmbedding:
		return refuse(fmt.Sprintf("is a %s model, not one for embeddings", mode)), false
	case op != "embeddings" && (mode == catalog.ModeEmbedding || mode == catalog.ModeOther):
		return refuse(fmt.Sprintf("does not generate text (mode %s)", mode)), false
	case op == "chat_completions" && (mode == catalog.ModeResponses || mode == catalog.ModeCompletion):
		return refuse(fmt.Sprintf("is served by the %s API only", mode)), false
	case op == "completions" && mode == catalog.ModeResponses:
		return refuse("is served by the responses API only"), false
	case op == "completions" && mode == catalog.ModeChat: // some servers complete text with any model
		return refuse("is a chat model"), true
	}
	return Verdict{}, false
}
