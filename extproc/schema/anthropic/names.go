package anthropic

import (
	"encoding/hex"
	"hash/fnv"

	"github.com/llmroute/llmroute/extproc/schema"
)

// maxName is the length of a tool name that every deployment of Claude takes; the letters are a-z, A-Z, 0-9, _ and -.
// They are those of tool-use ids, too.
//
// Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
const maxName = 64

// toolNames maps the names of a client's tools that Anthropic would refuse, and back. It is nil if all are fine. A
// mapped name depends on nothing but the name, so that every turn of a conversation has the same.
type toolNames map[string]string // as sent → as the client knows it

func namesOf(r *schema.Request) toolNames {
	var names toolNames
	note := func(name string) {
		if fits(name, maxName) {
			return
		}
		if names == nil {
			names = make(toolNames)
		}
		names[shorten(name, maxName)] = name
	}
	for i := range r.Tools {
		if r.Tools[i].Kind == schema.ToolFunction {
			note(r.Tools[i].Name)
		}
	}
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			if p := &r.Messages[i].Parts[j]; p.Kind == schema.PartToolCall {
				note(p.Name)
			}
		}
	}
	return names
}

// known is the name that the client knows.
func (n toolNames) known(name string) string {
	if known, ok := n[name]; ok {
		return known
	}
	return name
}

// wireName is the name to send.
func wireName(name string) string {
	if fits(name, maxName) {
		return name
	}
	return shorten(name, maxName)
}

// wireID is the tool-use id to send, the same for a call and its result. The limit only keeps ids in bounds.
func wireID(id string) string {
	const maxID = 256
	if fits(id, maxID) {
		return id
	}
	return shorten(id, maxName)
}

func fits(name string, most int) bool {
	if name == "" || len(name) > most {
		return false
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return false
		}
	}
	return true
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// shorten makes a name fit, and keeps it apart from others by a hash of the whole.
func shorten(name string, most int) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	suffix := "_" + hex.EncodeToString(h.Sum(nil))
	fit := make([]byte, 0, most)
	for i := 0; i < len(name) && len(fit) < most-len(suffix); i++ {
		if c := name[i]; nameByte(c) {
			fit = append(fit, c)
		} else if len(fit) > 0 && fit[len(fit)-1] != '_' {
			fit = append(fit, '_')
		}
	}
	return string(fit) + suffix
}
