package policy

import (
	"fmt"
	"strings"
)

// requirement is a set of capabilities that the route or a policy demands.
type requirement struct {
	need   Capabilities
	policy string // empty: the route
}

// capabilityFilter keeps what can do all that the request, the route and the policies need. A model that is not
// known to have a capability is a doubt, one that is known to lack it is refused.
type capabilityFilter struct{}

var _ filter = capabilityFilter{}

func (capabilityFilter) name() string { return filterCapability }

func (capabilityFilter) allow(q *query, c *Considered) (Verdict, bool) {
	need := q.f.Needs
	for _, r := range q.require {
		need |= r.need
	}
	missing := need &^ c.Facts.Has
	if missing == 0 {
		return Verdict{}, false
	}
	word, doubt := "is not known to have", true
	if lacking := missing & c.Facts.Lacks; lacking != 0 {
		missing, word, doubt = lacking, "lacks", false
	}
	v := refuse(fmt.Sprintf("%s %s", word, strings.Join(missing.Names(), ", ")))
	for _, r := range q.require {
		if missing&q.f.Needs != 0 || missing&r.need == 0 {
			continue
		}
		if r.policy == "" {
			v.Reason += fmt.Sprintf(", which route %s requires", q.route.Name)
			break
		}
		v.Policy = r.policy
		v.Reason += fmt.Sprintf(", which policy %s requires", r.policy)
		break
	}
	return v, doubt
}
