package policy

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// anchor is a condition without which an expression cannot hold: that a text is one of some words. It comes from an
// equality that stands alone or under &&, or on both sides of an ||. Where it does not hold, the expression is false and
// cannot fail either, since in CEL false && error is false.
type anchor struct {
	key   string // of the text: `team`, `headers["x-tenant"]`
	text  func(*Features) string
	words []string
}

// anchorVariables are those that cost nothing to read for every request.
var anchorVariables = [...]string{"op", "schema", "path", "model", "team", "user", "client"}

// anchors finds those of e; none if there is none of that form.
func anchors(e ast.Expr) []anchor {
	if e.Kind() != ast.CallKind {
		return nil
	}
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		var all []anchor
		for _, a := range args {
			all = append(all, anchors(a)...)
		}
		return all
	case operators.LogicalOr:
		return either(args)
	case operators.Equals:
		for i := range args {
			if word := constText(args[1-i]); word != nil {
				return anchorOf(args[i], *word)
			}
		}
	case operators.In:
		return listAnchor(args[0], args[1])
	}
	return nil
}

// either joins the anchors that every side has.
func either(sides []ast.Expr) []anchor {
	common := anchors(sides[0])
	for _, side := range sides[1:] {
		others := anchors(side)
		var both []anchor
		for _, a := range common {
			if i := slices.IndexFunc(others, func(b anchor) bool { return b.key == a.key }); i >= 0 {
				a.words = slices.Concat(a.words, others[i].words)
				both = append(both, a)
			}
		}
		common = both
	}
	return common
}

func listAnchor(item, list ast.Expr) []anchor {
	if list.Kind() != ast.ListKind {
		return nil
	}
	var words []string
	for _, e := range list.AsList().Elements() {
		word := constText(e)
		if word == nil {
			return nil
		}
		words = append(words, *word)
	}
	return anchorOf(item, words...)
}

func anchorOf(e ast.Expr, words ...string) []anchor {
	text := directText(e)
	if text == nil {
		return nil
	}
	if e.Kind() == ast.IdentKind && slices.Contains(anchorVariables[:], e.AsIdent()) {
		return []anchor{{e.AsIdent(), text, words}}
	}
	if name, ok := headerName(e); ok {
		return []anchor{{`headers["` + name + `"]`, text, words}}
	}
	return nil
}

// ruleIndex finds the rules that may match a request, so that those that cannot are not looked at: hundreds of rules
// for as many tenants cost one look at the tenant.
type ruleIndex struct {
	always []int32 // rules without an anchor, ascending
	texts  []anchoredRules
}

// anchoredRules are the rules that hang on one text, by its value, ascending.
type anchoredRules struct {
	text  func(*Features) string
	rules map[string][]int32
}

// indexBuffer is how many rules most requests may match; more are found too, with an allocation.
const indexBuffer = 128

// newRuleIndex hangs each rule on that of its anchors whose text most rules have: the fewer texts, the fewer looks.
func newRuleIndex(matches []*Expr) ruleIndex {
	popular := map[string]int{}
	for _, e := range matches {
		for _, a := range e.anchored() {
			popular[a.key]++
		}
	}
	var x ruleIndex
	at := map[string]int{}
	for i, e := range matches {
		var hang *anchor
		for k, a := range e.anchored() {
			if hang == nil || popular[a.key] > popular[hang.key] {
				hang = &e.anchors[k]
			}
		}
		if hang == nil {
			x.always = append(x.always, int32(i))
			continue
		}
		t, ok := at[hang.key]
		if !ok {
			t = len(x.texts)
			at[hang.key] = t
			x.texts = append(x.texts, anchoredRules{hang.text, map[string][]int32{}})
		}
		for _, word := range hang.words {
			if of := x.texts[t].rules; !slices.Contains(of[word], int32(i)) {
				of[word] = append(of[word], int32(i))
			}
		}
	}
	return x
}

func (e *Expr) anchored() []anchor {
	if e == nil {
		return nil
	}
	return e.anchors
}

// possible lists the rules that may match, ascending, in buf as far as it goes. The list must not be changed.
func (x *ruleIndex) possible(f *Features, buf []int32) []int32 {
	found := buf
	for i := range x.texts {
		t := &x.texts[i]
		found = append(found, t.rules[t.text(f)]...)
	}
	if len(found) == 0 {
		return x.always
	}
	if len(x.texts) > 1 {
		slices.Sort(found)
	}
	if len(x.always) == 0 {
		return found
	}
	return merge(found, x.always)
}

// merge adds sorted to found, which is sorted too, from the back and in place as far as found has room.
func merge(found, sorted []int32) []int32 {
	i, j := len(found)-1, len(sorted)-1
	found = append(found, sorted...)
	for k := len(found) - 1; j >= 0; k-- {
		if i >= 0 && found[i] > sorted[j] {
			found[k] = found[i]
			i--
			continue
		}
		found[k] = sorted[j]
		j--
	}
	return found
}

// indexRules makes the indexes of routes and policies.
func (r *Router) indexRules() {
	matches := make([]*Expr, len(r.routes))
	for i, rt := range r.routes {
		matches[i] = rt.Match
	}
	r.routeIndex = newRuleIndex(matches)
	matches = make([]*Expr, len(r.policies))
	for i, p := range r.policies {
		matches[i] = p.Match
	}
	r.orgIndex = newRuleIndex(matches)
}
