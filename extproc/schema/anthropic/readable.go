package anthropic

import (
	"strings"

	"github.com/tidwall/gjson"
)

// readable is what a call or result of a tool of Anthropic's own says, in words for a model of another format: the
// conversation goes on there, and what was found still counts. Empty: there is nothing to read in it.
//
//	{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"owls"}}
//	{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","title":…,"url":…,"encrypted_content":…}]}
//	{"type":"code_execution_tool_result","content":{"type":"code_execution_result","stdout":"42\n","stderr":"","return_code":0,"content":[]}}
func readable(kind string, v gjson.Result) string {
	switch {
	case !ownBlocks[kind]:
		return ""
	case strings.HasSuffix(kind, "_tool_use"):
		name := v.Get("name").String()
		if name == "" {
			return ""
		}
		return "[" + name + " was called with " + argsOf(v.Get("input")) + "]"
	}
	var b strings.Builder
	gather(&b, v.Get("content"), maxNesting)
	if b.Len() == 0 {
		return ""
	}
	return "[" + strings.ReplaceAll(strings.TrimSuffix(kind, "_tool_result"), "_", " ") + " result]\n" + b.String()
}

// maxNesting is deeper than results of Anthropic's tools are.
const maxNesting = 8

// readableMembers are those of results that a model reads; the rest are ids, dates, and what only Anthropic can decrypt.
var readableMembers = map[string]bool{
	"title": true, "url": true, "text": true, "data": true, "stdout": true, "stderr": true, "content": true, "source": true,
	"tool_name": true, "tool_references": true, "error_code": true, "error_message": true,
}

// gather writes the texts in v, one a line.
func gather(b *strings.Builder, v gjson.Result, depth int) {
	switch {
	case depth == 0 || v.Get("type").String() == "base64": // bytes
	case v.Type == gjson.String:
		if text := strings.TrimSpace(v.Str); text != "" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(text)
		}
	case v.IsArray():
		v.ForEach(func(_, element gjson.Result) bool {
			gather(b, element, depth-1)
			return true
		})
	case v.IsObject():
		v.ForEach(func(key, value gjson.Result) bool {
			if readableMembers[key.Str] {
				gather(b, value, depth-1)
			}
			return true
		})
	}
}
