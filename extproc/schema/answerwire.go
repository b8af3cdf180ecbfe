package schema

// Memory is what ForAnswer keeps, as JSON by which it travels from where a request was translated to where its answer will be. It
// has no word of the conversation, and so does not do for the Responses API, whose answers repeat some.
type Memory struct {
	Format          Format          `json:"format"`
	Op              Op              `json:"op"`
	Via             Op              `json:"via,omitempty"`
	Model           string          `json:"model,omitempty"`
	Stream          bool            `json:"stream,omitempty"`
	IncludeUsage    bool            `json:"include_usage,omitempty"`
	Legacy          bool            `json:"legacy,omitempty"`
	LegacyFunctions bool            `json:"legacy_functions,omitempty"`
	Turns           int             `json:"turns,omitempty"`
	Tools           []toolForAnswer `json:"tools,omitempty"`
	Called          []string        `json:"called,omitempty"` // functions that the conversation calls and Tools does not name
	Choice          ToolChoice      `json:"choice,omitzero"`
	ParallelTools   *bool           `json:"parallel_tools,omitempty"`
	MaxOutputTokens *int            `json:"max_output_tokens,omitempty"`
	Temperature     *float64        `json:"temperature,omitempty"`
	TopP            *float64        `json:"top_p,omitempty"`
	Output          *OutputFormat   `json:"output,omitempty"`
	Reasoning       Reasoning       `json:"reasoning,omitzero"`
	Embed           *string         `json:"embed,omitempty"` // its EncodingFormat
}

type toolForAnswer struct {
	Kind ToolKind `json:"kind"`
	Name string   `json:"name,omitempty"`
}

// Memory is what ForAnswer has left of r.
func (r *Request) Memory() *Memory {
	k := &Memory{
		Format: r.Format, Op: r.Op, Via: r.Via, Model: r.Model, Stream: r.Stream, IncludeUsage: r.IncludeUsage,
		Legacy: r.Legacy, LegacyFunctions: r.LegacyFunctions, Turns: r.Turns, Choice: r.ToolChoice, ParallelTools: r.ParallelTools,
		MaxOutputTokens: r.MaxOutputTokens, Temperature: r.Temperature, TopP: r.TopP, Reasoning: r.Reasoning,
	}
	for _, t := range r.Tools {
		k.Tools = append(k.Tools, toolForAnswer{t.Kind, t.Name})
	}
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			k.Called = append(k.Called, p.Name)
		}
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
	}
	for _, t := range k.Tools {
		r.Tools = append(r.Tools, Tool{Kind: t.Kind, Name: t.Name})
	}
	if len(k.Called) > 0 {
		called := Message{Role: RoleAssistant}
		for _, name := range k.Called {
			called.Parts = append(called.Parts, Part{Kind: PartToolCall, Name: name})
		}
		r.Messages = []Message{called}
	}
	if k.Output != nil {
		r.Output = *k.Output
	}
	if k.Embed != nil {
		r.Embed = &Embed{EncodingFormat: *k.Embed}
	}
	return r
}
