package bedrock

import (
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// toolNames are the tool names and tool-use ids that Bedrock takes.
// Source: API_runtime_ToolSpecification.html, API_runtime_ToolUseBlock.html
var toolNames = schema.NameRule{Longest: 64, Signs: "_-"}

// documentName keeps what a document's name may hold: letters, digits, single spaces, hyphens, parentheses and
// square brackets. used counts names, for no two documents may have the same.
// Source: API_runtime_DocumentBlock.html
func documentName(filename string, used map[string]int) string {
	if dot := strings.LastIndexByte(filename, '.'); dot > 0 {
		filename = filename[:dot]
	}
	b := make([]byte, 0, len(filename))
	for i := 0; i < len(filename) && len(b) < 180; i++ {
		c := filename[i]
		if !isLetterOrDigit(c) && strings.IndexByte("-()[]", c) < 0 {
			c = ' '
		}
		if c == ' ' && (len(b) == 0 || b[len(b)-1] == ' ') {
			continue
		}
		b = append(b, c)
	}
	name := strings.TrimSpace(string(b))
	if name == "" {
		name = "document"
	}
	used[name]++
	if n := used[name]; n > 1 {
		return name + " (" + strconv.Itoa(n) + ")"
	}
	return name
}
