package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// input reads a string, or items. What the assistant said in several items (thoughts, text, calls) becomes one
// message, and so do the results that follow: that is how every other format takes them.
func (d *responsesRequest) input(v gjson.Result) {
	if v.Type == gjson.String {
		d.add(schema.RoleUser, schema.Part{Kind: schema.PartText, Text: v.Str})
		return
	}
	d.Each("input", v, func(i int, item gjson.Result) {
		param := fmt.Sprintf("input[%d]", i)
		if !item.IsObject() {
			d.Must(param, "an object")
			return
		}
		d.item(param, item)
	})
}

func (d *responsesRequest) item(param string, v gjson.Result) {
	switch kind := v.Get("type").String(); kind {
	case "message", "":
		d.message(param, v)
	case "function_call":
		p := schema.Part{
			Kind: schema.PartToolCall, ID: v.Get("call_id").String(), Name: v.Get("name").String(),
			Args: arguments(v.Get("arguments")),
		}
		d.names[p.ID] = p.Name
		d.join(schema.RoleAssistant, p)
	case "function_call_output":
		id := v.Get("call_id").String()
		d.join(schema.RoleTool, schema.Part{
			Kind: schema.PartToolResult, ID: id, Name: d.names[id], Result: d.content(param+".output", v.Get("output")),
		})
	case "reasoning":
		d.join(schema.RoleAssistant, reasoningItem(v))
	case "item_reference":
		d.Err = unsupported(param, "the item is stored at OpenAI; send the item itself")
	default:
		role := schema.RoleAssistant
		if strings.HasSuffix(kind, "_output") || strings.HasSuffix(kind, "_response") {
			role = schema.RoleUser
		}
		d.join(role, schema.Part{Kind: schema.PartOther, Raw: json.RawMessage(v.Raw)})
	}
}

func (d *responsesRequest) message(param string, v gjson.Result) {
	role, known := roles[v.Get("role").String()]
	if !known || role == schema.RoleTool {
		d.Fail("invalid_value", param+".role", "%s.role must be one of system, developer, user, assistant", param)
		return
	}
	parts := d.content(param+".content", v.Get("content"))
	if role == schema.RoleAssistant {
		for _, p := range parts {
			d.join(role, p)
		}
		return
	}
	d.add(role, parts...)
}

func (d *responsesRequest) add(role schema.Role, parts ...schema.Part) {
	d.r.Messages = append(d.r.Messages, schema.Message{Role: role, Parts: parts})
}

// join adds to the last message if it has the role.
func (d *responsesRequest) join(role schema.Role, p schema.Part) {
	n := len(d.r.Messages)
	if n == 0 || d.r.Messages[n-1].Role != role || role == schema.RoleUser {
		d.add(role, p)
		return
	}
	d.r.Messages[n-1].Parts = append(d.r.Messages[n-1].Parts, p)
}

// reasoningItem reads thoughts, of a client or of OpenAI:
//
//	{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"…"}],"encrypted_content":"…"}
func reasoningItem(v gjson.Result) schema.Part {
	p := schema.Part{Kind: schema.PartThinking, ID: v.Get("id").String(), Text: summaryOf(v)}
	unseal(&p, v.Get("encrypted_content").String())
	return p
}

// summaryOf joins the paragraphs of a summary, or of the thoughts themselves where open models show them.
func summaryOf(v gjson.Result) string {
	var texts []string
	for _, name := range [...]string{"summary", "content"} {
		walk(v.Get(name), func(piece gjson.Result) bool {
			texts = append(texts, piece.Get("text").String())
			return true
		})
		if len(texts) > 0 {
			break
		}
	}
	return strings.Join(texts, paragraph)
}

// paragraph stands between the parts of a summary.
const paragraph = "\n\n"
