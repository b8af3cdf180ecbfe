package policy

import (
	"fmt"

	"github.com/llmroute/llmroute/policy/catalog"
)

// operationFilter keeps what serves the operation: the provider has it, and the model is made for it. Its rulings
// are made when the router is.
type operationFilter struct{}

var _ filter = operationFilter{}

func (operationFilter) name() string          { return filterOperation }
func (operationFilter) applies(q *query) bool { return true }

func (operationFilter) allow(q *query, m *mark) ruling {
	if q.rulings == nil { // no candidate serves such an operation
		return refused
	}
	return q.rulings[m.id]
}

func (operationFilter) why(q *query, m *mark) Verdict {
	reason, _ := operationFault(q.candidates[m.id], q.f.Op)
	return refuse(reason)
}

// operationFault says why c cannot, or perhaps cannot, serve op.
func operationFault(c *Candidate, op string) (string, ruling) {
	mode := c.Facts.Mode
	if !c.Ops[op] {
		return fmt.Sprintf("provider %s does not serve %s", c.Provider, op), refused
	}
	switch {
	case mode == catalog.ModeUnknown:
		return "", kept
	case op == "embeddings" && mode != catalog.ModeEmbedding:
		return fmt.Sprintf("is a %s model, not one for embeddings", mode), refused
	case op != "embeddings" && (mode == catalog.ModeEmbedding || mode == catalog.ModeOther):
		return fmt.Sprintf("does not generate text (mode %s)", mode), refused
	case op == "chat_completions" && (mode == catalog.ModeResponses || mode == catalog.ModeCompletion):
		return fmt.Sprintf("is served by the %s API only", mode), refused
	case op == "completions" && mode == catalog.ModeResponses:
		return "is served by the responses API only", refused
	case op == "completions" && mode == catalog.ModeChat: // some servers complete text with any model
		return "is a chat model", doubted
	}
	return "", kept
}

// ruleOperations makes the rulings for every operation that some candidate serves.
func ruleOperations(candidates []*Candidate) map[string][]ruling {
	all := map[string][]ruling{}
	for _, c := range candidates {
		for op := range c.Ops {
			all[op] = nil
		}
	}
	for op := range all {
		rulings := make([]ruling, len(candidates))
		for id, c := range candidates {
			_, rulings[id] = operationFault(c, op)
		}
		all[op] = rulings
	}
	return all
}
