package jsonscan

import (
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy/tokens"
)

// Recorder gathers the facts of a request while its reader goes over the body. It knows what the formats share; each
// format embeds it and says what its own members mean.
type Recorder struct {
	*Reader
	Facts schema.Facts
	Role  schema.Role // of the prompt text that comes next
}

// Record returns a recorder of body, with room for so many top-level members.
func Record(body []byte, names Names, members int) Recorder {
	r := Recorder{Reader: New(body, names)}
	r.Facts.Members = make([]schema.Member, 0, members)
	return r
}

// Body reads the whole body, an object, and returns the first fault. value is called for each top-level member, and
// may leave one without meaning unread.
func (r *Recorder) Body(value func(name string)) error {
	r.Object("", func(name string, key schema.Span) {
		start := r.At()
		value(name)
		if r.pos == start {
			r.Skip()
		}
		if r.Failed() {
			return
		}
		r.Facts.Members = append(r.Facts.Members, schema.Member{Name: name, Key: key, Value: r.Since(start)})
	})
	if err := r.End(); err != nil {
		return err
	}
	return nil
}

// Prompt reads a string of the prompt.
func (r *Recorder) Prompt(param string) {
	if span := r.Text(param); !r.Failed() {
		r.AddPrompt(span)
	}
}

// PromptOrNull reads a string of the prompt, or null.
func (r *Recorder) PromptOrNull(param string) {
	if !r.Null() {
		r.Prompt(param)
	}
}

// AddPrompt notes a string of the prompt that was read already.
func (r *Recorder) AddPrompt(span schema.Span) {
	r.AddData(span)
	r.Facts.AddText(schema.Text{Role: r.Role, Raw: span})
}

// AddData notes what the model reads as text though it is none to classify, such as a call's arguments.
func (r *Recorder) AddData(span schema.Span) {
	if r.Failed() {
		return
	}
	r.Facts.TextBytes += span.Len()
	r.Facts.TextTokens += tokens.O200K().Estimate(span.Of(r.data))
}

// AddTools notes definitions of tools, or a schema for the answer.
func (r *Recorder) AddTools(span schema.Span) {
	if r.Failed() {
		return
	}
	r.Facts.ToolBytes += span.Len()
	r.Facts.TextTokens += tokens.O200K().Estimate(span.Of(r.data))
}

// ObjectOrNull reads an object as Object does, or null.
func (r *Recorder) ObjectOrNull(param string, member func(name string, key schema.Span)) {
	if !r.Null() {
		r.Object(param, member)
	}
}

// Wanted reads a value that asks for something unless it is null, false or 0.
func (r *Recorder) Wanted() bool {
	switch string(r.Skip().Of(r.data)) {
	case "null", "false", "0":
		return false
	}
	return !r.Failed()
}
