package schema

import (
	"encoding/json"
	"slices"
)

// Memory is what ForAnswer keeps, as JSON by which it travels from where a request was translated to where its answer will be.
type Memory struct {
	Format          Format             `json:"format"`
	Op              Op                 `json:"op"`
	Via             Op                 `json:"via,omitempty"`
	Model           string             `json:"model,omitempty"`
	Stream          bool               `json:"stream,omitempty"`
	IncludeUsage    bool               `json:"include_usage,omitempty"`
	Legacy          bool               `json:"legacy,omitempty"`
	LegacyFunctions bool               `json:"legacy_functions,omitempty"`
	Turns           int                `json:"turns,omitempty"`
	Tools           []toolForAnswer    `json:"tools,omitempty"`
	Choice          ToolChoice         `json:"choice,omitzero"`
	ParallelTools   *bool              `json:"parallel_tools,omitempty"`
	MaxOutputTokens *int               `json:"max_output_tokens,omitempty"`
	Temperature     *float64           `json:"temperature,omitempty"`
	TopP            *float64           `json:"top_p,omitempty"`
	Output          *OutputFormat      `json:"output,omitempty"`
	Reasoning       Reasoning          `json:"reasoning,omitzero"`
	Embed           *string            `json:"embed,omitempty"` // its EncodingFormat
	User            string             `json:"user,omitempty"`
	Verbosity       string             `json:"verbosity,omitempty"`
	Metadata        json.RawMessage    `json:"metadata,omitempty"`
	Messages        []messageForAnswer `json:"messages,omitempty"`
}

type toolForAnswer struct {
	Kind        ToolKind        `json:"kind"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
	Raw         json.RawMessage `json:"raw,omitempty"`
}

type messageForAnswer struct {
	Role  Role            `json:"role,omitempty"`
	Parts []partForAnswer `json:"parts,omitempty"`
}

type partForAnswer struct {
	Kind PartKind `json:"kind"`
	Text string   `json:"text,omitempty"`
	Name string   `json:"name,omitempty"`
}

// Memory is what ForAnswer has left of r.
func (r *Request) Memory() *Memory {
	k := &Memory{
		Format: r.Format, Op: r.Op, Via: r.Via, Model: r.Model, Stream: r.Stream, IncludeUsage: r.IncludeUsage,
		Legacy: r.Legacy, LegacyFunctions: r.LegacyFunctions, Turns: r.Turns, Choice: r.ToolChoice, ParallelTools: r.ParallelTools,
		MaxOutputTokens: r.MaxOutputTokens, Temperature: r.Temperature, TopP: r.TopP, Reasoning: r.Reasoning,
		User: r.User, Verbosity: r.Verbosity, Metadata: r.Metadata,
	}
	for _, t := range r.Tools {
		k.Tools = append(k.Tools, toolForAnswer{t.Kind, t.Name, t.Description, t.Parameters, t.Strict, t.Raw})
	}
	for _, m := range r.Messages {
		said := messageForAnswer{Role: m.Role}
		for _, p := range m.Parts {
			said.Parts = append(said.Parts, partForAnswer{p.Kind, p.Text, p.Name})
		}
		k.Messages = append(k.Messages, said)
	}
	if r.Output.Kind != OutputText {
		k.Output = &r.Output
	}
	if r.Embed != nil {
		k.Embed = &r.Embed.EncodingFormat
	}
	return k
}

// Request is what k was made of.
func (k *Memory) Request() *Request {
	r := &Request{
		Format: k.Format, Op: k.Op, Via: k.Via, Model: k.Model, Stream: k.Stream, IncludeUsage: k.IncludeUsage,
		Legacy: k.Legacy, LegacyFunctions: k.LegacyFunctions, Turns: k.Turns, ToolChoice: k.Choice, ParallelTools: k.ParallelTools,
		MaxOutputTokens: k.MaxOutputTokens, Temperature: k.Temperature, TopP: k.TopP, Reasoning: k.Reasoning,
		User: k.User, Verbosity: k.Verbosity, Metadata: k.Metadata,
		Tools: slices.Grow([]Tool(nil), len(k.Tools)),
	}
	for _, t := range k.Tools {
		r.Tools = append(r.Tools, Tool{Kind: t.Kind, Name: t.Name, Description: t.Description, Parameters: t.Parameters, Strict: t.Strict, Raw: t.Raw})
	}
	for _, m := range k.Messages {
		said := Message{Role: m.Role}
		for _, p := range m.Parts {
			said.Parts = append(said.Parts, Part{Kind: p.Kind, Text: p.Text, Name: p.Name})
		}
		r.Messages = append(r.Messages, said)
	}
	if k.Output != nil {
		r.Output = *k.Output
	}
	if k.Embed != nil {
		r.Embed = &Embed{EncodingFormat: *k.Embed}
	}
	return r
}
