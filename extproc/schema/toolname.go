package schema

import (
	"encoding/hex"
	"hash/fnv"
	"strings"
)

// NameRule is what a provider takes as the name of a tool: ASCII letters, digits and a few signs.
type NameRule struct {
	Longest     int    // in bytes; at least 17, for a changed name ends in that many of hash
	Signs       string // taken besides letters and digits; "_" must be one of them
	LetterFirst bool   // the first byte must be a letter or "_"
}

// Takes reports whether the provider takes a name as it is.
func (n NameRule) Takes(name string) bool {
	if name == "" || len(name) > n.Longest || !n.first(name[0]) {
		return false
	}
	for i := range len(name) {
		if !n.holds(name[i]) {
			return false
		}
	}
	return true
}

// Fit returns a name that the provider takes: the same if it does already, else one with a hash of the whole, which
// keeps it apart from others. It depends on nothing but the name, so that every turn of a conversation has the same.
func (n NameRule) Fit(name string) string {
	if n.Takes(name) {
		return name
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // cannot fail
	suffix := "_" + hex.EncodeToString(h.Sum(nil))
	fit := make([]byte, 0, n.Longest)
	for i := 0; i < len(name) && len(fit) < n.Longest-len(suffix); i++ {
		switch c := name[i]; {
		case !n.holds(c):
			if len(fit) > 0 && fit[len(fit)-1] != '_' {
				fit = append(fit, '_')
			}
		case len(fit) == 0 && !n.first(c):
			fit = append(fit, '_', c)
		default:
			fit = append(fit, c)
		}
	}
	return string(fit[:min(len(fit), n.Longest-len(suffix))]) + suffix
}

func (n NameRule) first(c byte) bool { return !n.LetterFirst || c == '_' || isLetter(c) }

func (n NameRule) holds(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || strings.IndexByte(n.Signs, c) >= 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// ToolNames leads from the names that a provider was sent to those that the client knows. It holds changed names only,
// and is nil if there are none.
type ToolNames map[string]string

// Changed returns the names that Fit changes among the functions and calls of r, which may be nil.
func (n NameRule) Changed(r *Request) ToolNames {
	if r == nil {
		return nil
	}
	var names ToolNames
	note := func(name string) {
		if n.Takes(name) {
			return
		}
		if names == nil {
			names = make(ToolNames)
		}
		names[n.Fit(name)] = name
	}
	for i := range r.Tools {
		if r.Tools[i].Kind == ToolFunction {
			note(r.Tools[i].Name)
		}
	}
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			if p := &r.Messages[i].Parts[j]; p.Kind == PartToolCall {
				note(p.Name)
			}
		}
	}
	return names
}

// Client returns the client's name for the one that the provider said.
func (n ToolNames) Client(name string) string {
	if known, ok := n[name]; ok {
		return known
	}
	return name
}
