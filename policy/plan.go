package policy

import (
	"encoding/json"
	"strings"
)

// Decision is the outcome for one request and the record of how it came about.
type Decision struct {
	Route    string    // the route that gave the candidates; "model" when the client named a concrete one
	Strategy string    // the strategy that ordered them
	Reason   string    // one line for people: "cheapest of 3 at $0.000213"
	Policies []string  // names of the policies that matched and are enforced, in order
	Audited  []Audit   // what policies in audit mode would have done
	Strength *Strength // whether a strong model is needed; nil: the strategy did not ask

	Plan []Entry // best first; never empty when Decide returns no error
	Edit Edit    // what policies change in the request

	// Budgets that count the request, with what is left of them. Only explaining fills it in.
	Budgets []BudgetRecord

	// Notes tell what was passed over on the way: unknown names in a list, expressions that failed, parameters
	// that two policies set.
	Notes []string

	query *query // what Candidates words; nil: no candidate was considered
}

// Candidates has every candidate that was considered, in the order of the route's or the client's list, with what each
// step said. The words are made by this call, since serving does not need them: it reads the Features again, which must
// not have changed.
func (d *Decision) Candidates() []Considered {
	if d.query == nil {
		return nil
	}
	return d.query.considered()
}

// Entry is one step of the plan.
type Entry struct {
	*Candidate
	ExpectedUSD float64 // -1: unknown
	// MaxOutputTokens is the output limit to write for this entry: Decision.Edit's, lowered to what the model can
	// give and to the room that its context window leaves. 0: leave what the client says.
	MaxOutputTokens int
}

// Considered is one candidate's way through the decision.
type Considered struct {
	*Candidate
	Refused Verdict // zero: it stayed
	Score   float64 // lower is better
	Scored  bool    // false: the strategy does not score, or could not
	Unit    string  // of Score: "USD", "s"
	Rank    int     // in the plan, from 1; 0: not in it

	ExpectedUSD float64 // -1: unknown
	Note        string  // why it stayed in spite of a doubt: "not known to have vision, nor is any other"

	id int // in Router.candidates
}

// Verdict is a filter's refusal. The zero value allows.
type Verdict struct {
	Filter string // "capability", "context_window", "region", "policy", "health", "budget", …
	Reason string // what an operator can act on: "lacks vision"
	Policy string // the policy's name, if one refused
}

// Refused reports whether v is a refusal.
func (v Verdict) Refused() bool { return v.Filter != "" }

// Edit is what policies change in the request, whichever candidate serves it.
type Edit struct {
	MaxOutputTokens int // 0: leave
	// OutputCeiling is the lowest limit that policies set, whether or not what the client says is above it; 0: none.
	OutputCeiling int
	Set, Default  []Param
	Remove        []string
	// Preambles come before the request's own system prompt, in this order.
	Preambles []Preamble
}

// Preamble is a policy's system message.
type Preamble struct{ Policy, Text string }

// SystemPreamble joins the preambles; empty: there is none.
func (e *Edit) SystemPreamble() string {
	switch len(e.Preambles) {
	case 0:
		return ""
	case 1:
		return e.Preambles[0].Text
	}
	texts := make([]string, len(e.Preambles))
	for i, p := range e.Preambles {
		texts[i] = p.Text
	}
	return strings.Join(texts, "\n\n")
}

// Param is one top-level request parameter.
type Param struct {
	Name  string
	Value json.RawMessage
}

// Audit is what a policy in audit mode would have done.
type Audit struct{ Policy, Effect string }
