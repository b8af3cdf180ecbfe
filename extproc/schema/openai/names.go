package openai

import (
	"hash/fnv"

	"github.com/llmroute/llmroute/extproc/schema"
)

// toolNames are the function names that OpenAI takes.
//
// Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools
var toolNames = schema.NameRule{Longest: 64, Signs: "_-"}

// wireName is the name to send. No name stays none, for OpenAI to refuse.
func wireName(name string) string {
	if name == "" {
		return ""
	}
	return toolNames.Fit(name)
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
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}
