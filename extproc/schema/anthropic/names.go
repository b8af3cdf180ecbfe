package anthropic

import "github.com/llmroute/llmroute/extproc/schema"

// toolNames are the tool names that every deployment of Claude takes.
//
// Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
var toolNames = schema.NameRule{Longest: 64, Signs: "_-"}

// toolIDs are the tool-use ids to send as they are. The limit only keeps ids in bounds.
var toolIDs = schema.NameRule{Longest: 256, Signs: "_-"}

// wireID is the tool-use id to send, the same for a call and its result.
func wireID(id string) string {
	if toolIDs.Takes(id) {
		return id
	}
	return toolNames.Fit(id)
}
