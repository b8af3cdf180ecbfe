package openai

import (
	"encoding/hex"
	"hash/fnv"

	"github.com/llmroute/llmroute/extproc/schema"
)

// maxName is the length of a function name that OpenAI takes; the letters are a-z, A-Z, 0-9, _ and -.
//
// Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools
const maxName = 64

// toolNames maps the names that a client gave its tools, where OpenAI would refuse them, and back. Nil if all are fine.
// The mapping depends on nothing but the name, so that every turn of a conversation has the same.
type toolNames map[string]string // as sent → as the client knows it

func namesOf(r *schema.Request) toolNames {
	var names toolNames
	note := func(name string) {
		if fits(name) {
			return
		}
		if names == nil {
			names = make(toolNames)
		}
		names[shorten(name)] = name
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

// wire is the name to send.
func (n toolNames) wire(name string) string {
	if fits(name) {
		return name
	}
	return shorten(name)
}

// client is the name that the client knows.
func (n toolNames) client(name string) string {
	if known, ok := n[name]; ok {
		return known
	}
	return name
}

func fits(name string) bool {
	if name == "" || len(name) > maxName {
		return name == ""
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
func shorten(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	suffix := "_" + hex.EncodeToString(h.Sum(nil))
	fit := make([]byte, 0, maxName)
	for i := 0; i < len(name) && len(fit) < maxName-len(suffix); i++ {
		if c := name[i]; nameByte(c) {
			fit = append(fit, c)
		} else if len(fit) > 0 && fit[len(fit)-1] != '_' {
			fit = append(fit, '_')
		}
	}
	return string(fit) + suffix
}

// shortID makes a call id of nine letters and digits, as Mistral demands, the same for the call and its result.
func shortID(id string) string {
	if len(id) == 9 && alphanumeric(id) {
		return id
	}
	h := fnv.New64a()
	h.Write([]byte(id))
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var short [9]byte
	for sum, i := h.Sum64(), 0; i < len(short); i++ {
		short[i] = letters[sum%uint64(len(letters))]
		sum /= uint64(len(letters))
	}
	return string(short[:])
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '_' || c == '-' || !nameByte(c) {
			return false
		}
	}
	return true
}
