package schema

// Texts yields all that a model reads as text: messages, calls and their results, definitions of tools and of the answer's
// schema.
func (r *Request) Texts(yield func(string) bool) {
	for _, m := range r.Messages {
		if !texts(m.Parts, yield) {
			return
		}
	}
	for _, t := range r.Tools {
		all := []string{string(t.Raw)}
		if t.Kind == ToolFunction {
			all = []string{t.Name, t.Description, string(t.Parameters)}
		}
		if !each(all, yield) {
			return
		}
	}
	if r.Embed != nil && !each(r.Embed.Input, yield) {
		return
	}
	each([]string{string(r.Output.Schema)}, yield)
}

func texts(parts []Part, yield func(string) bool) bool {
	for _, p := range parts {
		if !each([]string{p.Text, p.Name, p.Args, p.Media.Text}, yield) || !texts(p.Result, yield) {
			return false
		}
	}
	return true
}

// each yields those that are not empty.
func each(all []string, yield func(string) bool) bool {
	for _, text := range all {
		if text != "" && !yield(text) {
			return false
		}
	}
	return true
}
