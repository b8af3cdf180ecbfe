package bedrock

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// maxName is the longest tool name and tool-use id; both hold letters, digits, "_" and "-" only.
// Source: API_runtime_ToolSpecification.html, API_runtime_ToolUseBlock.html
const maxName = 64

// fitName makes a tool name or tool-use id that Bedrock takes. Changed ones end in a hash of the original, so that
// they stay apart and every turn of a conversation has the same.
func fitName(name string) string {
	ok := name != "" && len(name) <= maxName
	for i := 0; ok && i < len(name); i++ {
		ok = isNameByte(name[i])
	}
	if ok {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	hash := "_" + strconv.FormatUint(uint64(h.Sum32()), 36)
	b := make([]byte, 0, maxName)
	for i := 0; i < len(name) && len(b)+len(hash) < maxName; i++ {
		c := name[i]
		if !isNameByte(c) {
			c = '_'
		}
		b = append(b, c)
	}
	return string(b) + hash
}

func isNameByte(c byte) bool { return isLetterOrDigit(c) || c == '_' || c == '-' }

// originalName maps a name back to what the client called its tool.
func originalName(r *schema.Request, name string) string {
	if r == nil {
		return name
	}
	for i := range r.Tools {
		if t := &r.Tools[i]; t.Name != name && fitName(t.Name) == name {
			return t.Name
		}
	}
	return name
}

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
