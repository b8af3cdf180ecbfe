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

func (capabilityFilter) name() string          { return filterCapability }
func (capabilityFilter) applies(q *query) bool { return q.need != 0 }

func (capabilityFilter) allow(q *query, m *mark) ruling {
	t := &q.traits[m.id]
	switch missing := q.need &^ t.has; {
	case missing == 0:
		return kept
	case missing&t.lacks != 0:
		return refused
	}
	return doubted
}

func (capabilityFilter) why(q *query, m *mark) Verdict {
	t := &q.traits[m.id]
	missing, word := q.need&^t.has, "is not known to have"
	if lacking := missing & t.lacks; lacking != 0 {
		missing, word = lacking, "lacks"
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
	return v
}
