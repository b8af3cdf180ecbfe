package anthropic

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// answer is a way to get JSON.
type answer int

const (
	answerPlain  answer = iota // nothing asked for
	answerNative               // output_config.format
	answerTool                 // the input of a tool that must be called
	answerWords                // an instruction
)

// plan is what the request decides for both ways: EncodeRequest follows it, and the decoders undo it.
type plan struct {
	model  model
	names  schema.ToolNames
	answer answer
	schema []byte // for answerNative, as the API takes it
	tool   string // for answerTool, the name of the tool
}

func planOf(r *schema.Request) plan {
	p := plan{model: parseModel(r.Model), names: toolNames.Changed(r)}
	p.answer, p.schema = p.way(r)
	if p.answer == answerTool {
		p.tool = answerName(r)
	}
	return p
}

func (p *plan) way(r *schema.Request) (answer, []byte) {
	if r.Output.Kind == schema.OutputText {
		return answerPlain, nil
	}
	if mode := r.ToolChoice.Mode; mode == schema.ToolRequired || mode == schema.ToolNamed {
		return answerPlain, nil // the answer is a call
	}
	if r.Output.Kind != schema.OutputSchema || !isObjectSchema(r.Output.Schema) {
		return answerWords, nil
	}
	if p.model.since(firstStructured) {
		if r.Format == schema.Anthropic { // it was made for this
			return answerNative, r.Output.Schema
		}
		if fit, ok := fitSchema(r.Output.Schema); ok {
			return answerNative, fit
		}
	}
	if asksToThink(r.Reasoning) && p.model.thinks() || p.model.cannotRest() { // thinking and a forced call exclude each other
		return answerWords, nil
	}
	return answerTool, nil
}

// isObjectSchema reports whether a schema describes an object at its root, as a tool's input must be.
func isObjectSchema(doc []byte) bool {
	return gjson.GetBytes(doc, "type").String() == "object"
}

// answerName is a name that no tool of the client's has.
func answerName(r *schema.Request) string {
	name := "json_answer"
	for taken := true; taken; {
		taken = false
		for i := range r.Tools {
			if toolNames.Fit(r.Tools[i].Name) == name {
				name, taken = name+"_", true
				break
			}
		}
	}
	return name
}

// instruction is what answerWords adds to the system prompt.
func instruction(o *schema.OutputFormat) string {
	const alone = "Answer with one JSON object and nothing else: no explanation around it, no code fence."
	if o.Kind != schema.OutputSchema || len(o.Schema) == 0 {
		return alone
	}
	var b strings.Builder
	b.WriteString("Answer with one JSON document and nothing else: no explanation around it, no code fence. It must follow this JSON Schema")
	if o.Name != "" {
		b.WriteString(", which is named " + o.Name)
	}
	if o.Description != "" {
		b.WriteString(" (" + o.Description + ")")
	}
	b.WriteString(":\n")
	b.Write(o.Schema)
	return b.String()
}
