package demo

import (
	"encoding/json"
	"strings"
)

// responseObject is the Responses API's answer. What the request said is repeated in it.
type responseObject struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	CreatedAt          int64             `json:"created_at"`
	Status             string            `json:"status"`
	Background         bool              `json:"background"`
	Error              *responseError    `json:"error"`
	IncompleteDetails  *incomplete       `json:"incomplete_details"`
	Instructions       *string           `json:"instructions"`
	MaxOutputTokens    *int              `json:"max_output_tokens"`
	Model              string            `json:"model"`
	Output             []outputItem      `json:"output"`
	ParallelToolCalls  bool              `json:"parallel_tool_calls"`
	PreviousResponseID *string           `json:"previous_response_id"`
	Reasoning          responseReasoning `json:"reasoning"`
	ServiceTier        string            `json:"service_tier"`
	Store              bool              `json:"store"`
	Temperature        float64           `json:"temperature"`
	Text               json.RawMessage   `json:"text"`
	ToolChoice         json.RawMessage   `json:"tool_choice"`
	Tools              json.RawMessage   `json:"tools"`
	TopP               float64           `json:"top_p"`
	Truncation         string            `json:"truncation"`
	Usage              *responseUsage    `json:"usage"`
	User               *string           `json:"user"`
	Metadata           map[string]string `json:"metadata"`
}

type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type incomplete struct {
	Reason string `json:"reason"`
}

type responseReasoning struct {
	Effort  *string `json:"effort"`
	Summary *string `json:"summary"`
}

type responseUsage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Cached     int `json:"cached_tokens"`
		CacheWrite int `json:"cache_write_tokens"`
	} `json:"input_tokens_details"`
	Output        int `json:"output_tokens"`
	OutputDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
	Total int `json:"total_tokens"`
}

// outputItem is a message, a function call, or reasoning; which fields count depends on Type. Pointers tell an empty
// member, which is sent, from one that the type does not have.
type outputItem struct {
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Status    string        `json:"status,omitempty"`
	Role      string        `json:"role,omitempty"`
	Content   *[]outputPart `json:"content,omitempty"`
	CallID    string        `json:"call_id,omitempty"`
	Name      string        `json:"name,omitempty"`
	Arguments *string       `json:"arguments,omitempty"`
	Summary   *[]outputPart `json:"summary,omitempty"`
}

type outputPart struct {
	Type        string    `json:"type"`
	Text        *string   `json:"text,omitempty"`
	Refusal     *string   `json:"refusal,omitempty"`
	Annotations *[]string `json:"annotations,omitempty"` // always empty
	Logprobs    *[]string `json:"logprobs,omitempty"`    // always empty
}

// responses serves POST /v1/responses. Nothing is stored: each request brings its whole conversation.
//
// Source: https://platform.openai.com/docs/api-reference/responses
func responses(x *exchange, fl flavour) *failure {
	var r responsesRequest
	if f := decode(x.body, &r, responseParams); f != nil {
		return f
	}
	model, f := fl.model(x, r.Model)
	if f != nil {
		return f
	}
	a, f := r.ask()
	if f != nil {
		return f
	}
	w := newResponseWriter(x, &r, a)
	cost := receipt{w.object.ID, model, w.usage}
	if r.Stream {
		x.stream("text/event-stream; charset=utf-8", cost, w.frames())
		return nil
	}
	x.json(w.finished(), cost)
	return nil
}

// responseWriter writes one answer, whole or as events.
type responseWriter struct {
	x      *exchange
	choice choice
	usage  Usage
	object responseObject // without output, status or usage
	seq    int            // of the next event
}

func newResponseWriter(x *exchange, r *responsesRequest, a *ask) *responseWriter {
	out := x.compose(a)
	o := responseObject{
		ID: x.id("resp_", 48), Object: "response", CreatedAt: now(), Model: r.Model, Instructions: r.Instructions,
		MaxOutputTokens: r.MaxOutputTokens, Output: []outputItem{}, ParallelToolCalls: !a.single, ServiceTier: "default",
		Store: r.Store == nil || *r.Store, Temperature: 1, TopP: 1, Truncation: "disabled", Metadata: map[string]string{},
		Text: json.RawMessage(`{"format":{"type":"text"},"verbosity":"medium"}`), ToolChoice: json.RawMessage(`"auto"`),
		Tools: json.RawMessage("[]"),
	}
	var raw struct{ Text, Tools json.RawMessage }
	_ = json.Unmarshal(x.body, &raw) // was read before
	for _, keep := range []struct {
		from json.RawMessage
		to   *json.RawMessage
	}{{raw.Text, &o.Text}, {raw.Tools, &o.Tools}, {r.ToolChoice, &o.ToolChoice}} {
		if !absent(keep.from) {
			*keep.to = keep.from
		}
	}
	if r.Temperature != nil {
		o.Temperature = *r.Temperature
	}
	if r.TopP != nil {
		o.TopP = *r.TopP
	}
	if r.Metadata != nil {
		o.Metadata = r.Metadata
	}
	if r.Reasoning != nil {
		o.Reasoning = responseReasoning{optional(r.Reasoning.Effort), optional(r.Reasoning.Summary)}
	}
	return &responseWriter{x: x, choice: out.choices[0], usage: out.usage, object: o}
}

// items are the output, complete.
func (w *responseWriter) items() []outputItem {
	var out []outputItem
	c := &w.choice
	if w.usage.Reasoning > 0 {
		summary := []outputPart{}
		if len(c.thought) > 0 {
			summary = append(summary, textPart("summary_text", strings.Join(c.thought, "")))
		}
		out = append(out, outputItem{ID: w.x.id("rs_", 48), Type: "reasoning", Summary: &summary})
	}
	status := w.itemStatus()
	if len(c.calls) == 0 {
		text := strings.Join(c.pieces, "")
		part := textPart("output_text", text)
		if c.stop == stopRefusal {
			part = outputPart{Type: "refusal", Refusal: &text}
		}
		out = append(out, outputItem{ID: w.x.id("msg_", 48), Type: "message", Status: status, Role: "assistant", Content: &[]outputPart{part}})
	}
	for _, call := range c.calls {
		out = append(out, outputItem{ID: "fc_" + call.id, Type: "function_call", Status: status, CallID: call.id, Name: call.name, Arguments: &call.args})
	}
	return out
}

func (w *responseWriter) itemStatus() string {
	if w.choice.stop == stopLength || w.choice.stop == stopFilter {
		return "incomplete"
	}
	return "completed"
}

func textPart(kind, text string) outputPart {
	p := outputPart{Type: kind, Text: &text}
	if kind == "output_text" {
		p.Annotations, p.Logprobs = &[]string{}, &[]string{}
	}
	return p
}

// begun is the answer before anything is generated.
func (w *responseWriter) begun() responseObject {
	o := w.object
	o.Status = "in_progress"
	return o
}

func (w *responseWriter) finished() responseObject {
	o := w.object
	o.Status, o.Output = "completed", w.items()
	switch w.choice.stop {
	case stopLength:
		o.Status, o.IncompleteDetails = "incomplete", &incomplete{"max_output_tokens"}
	case stopFilter:
		o.Status, o.IncompleteDetails = "incomplete", &incomplete{"content_filter"}
	}
	u := &responseUsage{Input: w.usage.Input, Output: w.usage.Output, Total: w.usage.Input + w.usage.Output}
	u.InputDetails.Cached, u.InputDetails.CacheWrite = w.usage.Cached, w.usage.CacheWrite
	u.OutputDetails.Reasoning = w.usage.Reasoning
	o.Usage = u
	return o
}
