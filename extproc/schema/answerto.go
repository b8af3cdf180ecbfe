package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// ForAnswer is what reading and writing the answer to r needs of r: faces give the same answer with either. It has
// none of the conversation, shares no memory with r or the body that r was read from, and so costs little while a
// provider answers. Only the Responses API repeats tools, instructions and metadata in its answers; they are kept for
// it alone.
func (r *Request) ForAnswer() *Request {
	echo := r.Op == OpResponses
	k := &Request{
		Format: r.Format, Op: r.Op, Via: r.Via, Model: strings.Clone(r.Model),
		Stream: r.Stream, IncludeUsage: r.IncludeUsage, Legacy: r.Legacy, LegacyFunctions: r.LegacyFunctions,
		Turns: max(r.Turns, len(r.Messages)),
		Tools: make([]Tool, len(r.Tools)), ToolChoice: r.ToolChoice.clone(), ParallelTools: r.ParallelTools,
		MaxOutputTokens: r.MaxOutputTokens, Temperature: r.Temperature, TopP: r.TopP,
		Output: r.Output.clone(), Reasoning: r.Reasoning.clone(),
	}
	for i := range r.Tools {
		k.Tools[i] = r.Tools[i].forAnswer(echo)
	}
	if r.Embed != nil {
		k.Embed = &Embed{EncodingFormat: strings.Clone(r.Embed.EncodingFormat)}
	}
	if echo {
		k.User, k.Verbosity, k.Metadata = strings.Clone(r.User), strings.Clone(r.Verbosity), bytes.Clone(r.Metadata)
		k.Messages = r.instructions()
	}
	if called := r.called(); len(called) > 0 {
		k.Messages = append(k.Messages, Message{Role: RoleAssistant, Parts: called})
	}
	return k
}

// instructions are the system message that a Responses answer repeats; the empty message behind it stands for the
// conversation, which such an answer does not.
func (r *Request) instructions() []Message {
	if len(r.Messages) < 2 || r.Messages[0].Role != RoleSystem {
		return nil
	}
	first := Message{Role: RoleSystem, Parts: make([]Part, len(r.Messages[0].Parts))}
	for i, p := range r.Messages[0].Parts {
		first.Parts[i] = Part{Kind: p.Kind, Text: strings.Clone(p.Text)}
	}
	return []Message{first, {}}
}

// called has one call for each function that the conversation calls and Tools does not name: providers know them
// under names of their own, too (NameRule).
func (r *Request) called() []Part {
	var parts []Part
	known := make(map[string]bool, len(r.Tools))
	for i := range r.Tools {
		known[r.Tools[i].Name] = true
	}
	for i := range r.Messages {
		for j := range r.Messages[i].Parts {
			if p := &r.Messages[i].Parts[j]; p.Kind == PartToolCall && !known[p.Name] {
				known[p.Name] = true
				parts = append(parts, Part{Kind: PartToolCall, Name: strings.Clone(p.Name)})
			}
		}
	}
	return parts
}

func (t Tool) forAnswer(echo bool) Tool {
	k := Tool{Kind: t.Kind, Name: strings.Clone(t.Name)}
	if echo {
		k.Description, k.Strict = strings.Clone(t.Description), t.Strict
		k.Parameters, k.Raw = cloneRaw(t.Parameters), cloneRaw(t.Raw)
	}
	return k
}

func (c ToolChoice) clone() ToolChoice {
	c.Mode, c.Name, c.Allowed = ToolMode(strings.Clone(string(c.Mode))), strings.Clone(c.Name), slices.Clone(c.Allowed)
	for i := range c.Allowed {
		c.Allowed[i] = strings.Clone(c.Allowed[i])
	}
	return c
}

func (o OutputFormat) clone() OutputFormat {
	o.Name, o.Description, o.Schema = strings.Clone(o.Name), strings.Clone(o.Description), cloneRaw(o.Schema)
	return o
}

func (r Reasoning) clone() Reasoning {
	r.Effort, r.Summary, r.Word = strings.Clone(r.Effort), strings.Clone(r.Summary), strings.Clone(r.Word)
	r.Switch = cloneRaw(r.Switch)
	return r
}

func cloneRaw(raw json.RawMessage) json.RawMessage { return bytes.Clone(raw) }
