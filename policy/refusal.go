package policy

import (
	"fmt"
	"strings"
)

// codes names the error when one filter alone removed all candidates.
var codes = map[string]Code{
	filterOperation:  Unsupported,
	filterPolicy:     PolicyDenied,
	filterCapability: Unsupported,
	filterContext:    ContextTooLong,
	filterCost:       TooExpensive,
	filterHealth:     NoHealthyCandidate,
}

// nothingLeft is the error when filters removed every candidate. It names what removed each. Candidates that cannot serve
// the operation at all (an embeddings model for a chat) do not blur the cause if others fell for another one.
func (q *query) nothingLeft() error {
	all := q.considered()
	if len(all) == 0 {
		return &Error{Code: NoCandidate, Message: fmt.Sprintf(
			"route %s has no model that can be used: %s", q.route.Name, strings.Join(q.route.Models, ", "))}
	}
	cause, policy := "", ""
	mixed, samePolicy := false, true
	for i := range all {
		v := all[i].Refused
		if v.Filter == filterOperation {
			continue
		}
		if cause == "" {
			cause, policy = v.Filter, v.Policy
		}
		mixed = mixed || v.Filter != cause
		samePolicy = samePolicy && v.Policy == policy
	}
	if cause == "" {
		cause = filterOperation
	}
	e := &Error{Code: NoCandidate, Message: whyNothing(all)}
	if samePolicy {
		e.Policy = policy
	}
	if code, ok := codes[cause]; ok && !mixed {
		e.Code = code
	}
	if e.Code == ContextTooLong {
		e.Message += fmt.Sprintf("; a context window of %d tokens would be enough", q.f.InputTokens+q.out)
	}
	if q.asked && e.Code == PolicyDenied {
		e.Param = "model"
	}
	return e
}

// reasonsShown is how many candidates an error message lists; the record has them all.
const reasonsShown = 8

func whyNothing(all []Considered) string {
	var b strings.Builder
	if len(all) == 1 {
		fmt.Fprintf(&b, "%s cannot serve this request: %s", all[0].Model, explainVerdict(all[0].Refused))
		return b.String()
	}
	fmt.Fprintf(&b, "none of %d models can serve this request: ", len(all))
	for i := range all[:min(len(all), reasonsShown)] {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", all[i].Model, explainVerdict(all[i].Refused))
	}
	if more := len(all) - reasonsShown; more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

func explainVerdict(v Verdict) string {
	if v.Policy != "" && !strings.Contains(v.Reason, v.Policy) {
		return fmt.Sprintf("%s (policy %s)", v.Reason, v.Policy)
	}
	return v.Reason
}
