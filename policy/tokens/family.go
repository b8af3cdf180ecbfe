package tokens

import "strings"

// o200kFamilies are the names with which models begin whose tokenizer is o200k_base. Source: OpenAI's tokenizer library
// tiktoken, tiktoken/model.py, and the open-weight models' own documentation (their o200k_harmony splits text alike).
var o200kFamilies = [...]string{"gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "chatgpt-4o", "o1", "o3", "o4-mini"}

// IsO200K tells whether the model of that name splits text as O200K does.
func IsO200K(model string) bool {
	model = family(model)
	for _, prefix := range o200kFamilies {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}
