package lint

import (
	"strings"

	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/config/common/mutation_rules/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
)

// notRemoved names the headers, `x-envoy-*` for a family, that want removes and have does not.
func notRemoved(want, have []*mutationv3.HeaderMutation) []string {
	var out []string
	for _, w := range want {
		if name, prefix := removal(w); name+prefix != "" && !removes(have, name, prefix) {
			if prefix != "" {
				name = prefix + "*"
			}
			out = append(out, name)
		}
	}
	return out
}

// removal is what a mutation takes away: a header, or all with a prefix.
func removal(m *mutationv3.HeaderMutation) (name, prefix string) {
	match := m.GetRemoveOnMatch().GetKeyMatcher()
	return strings.ToLower(m.GetRemove() + match.GetExact()), strings.ToLower(match.GetPrefix())
}

// removes reports whether one of the mutations takes a header, or a family of headers, away.
func removes(all []*mutationv3.HeaderMutation, name, prefix string) bool {
	for _, m := range all {
		ownName, ownPrefix := removal(m)
		if ownPrefix != "" && strings.HasPrefix(name+prefix, ownPrefix) || name != "" && ownName == name {
			return true
		}
	}
	return false
}

// added is what the mutations set a header to; empty: they do not.
func added(all []*mutationv3.HeaderMutation, name string) string {
	for _, m := range all {
		if h := m.GetAppend().GetHeader(); strings.EqualFold(h.GetKey(), name) {
			return h.GetValue()
		}
	}
	return ""
}

// lacking names the headers that want adds and none of have does.
func lacking(want []*corev3.HeaderValueOption, have ...[]*corev3.HeaderValueOption) []string {
	given := map[string]bool{}
	for _, list := range have {
		for _, h := range list {
			given[strings.ToLower(h.GetHeader().GetKey())] = true
		}
	}
	var out []string
	for _, w := range want {
		if key := strings.ToLower(w.GetHeader().GetKey()); !given[key] {
			out = append(out, key)
		}
	}
	return out
}
