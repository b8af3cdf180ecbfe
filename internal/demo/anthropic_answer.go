package demo

import (
	"encoding/json"
	"iter"
	"strings"
)

type anthropicAnswer struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Role         string         `json:"role"`
	Model        string         `json:"model"`
	Content      []answerBlock  `json:"content"`
	StopReason   *string        `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	Usage        anthropicUsage `json:"usage"`
}

// answerBlock is text, thinking or a tool use; which fields count depends on Type.
type answerBlock struct {
	Type      string          `json:"type"`
	Text      *string         `json:"text,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"`
	Signature *string         `json:"signature,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
}

// anthropicUsage: input_tokens leaves out what was read from or written to a cache.
type anthropicUsage struct {
	Input         int            `json:"input_tokens"`
	CacheCreation int            `json:"cache_creation_input_tokens"`
	CacheRead     int            `json:"cache_read_input_tokens"`
	Creation      *cacheCreation `json:"cache_creation,omitempty"`
	Output        int            `json:"output_tokens"`
	ServiceTier   string         `json:"service_tier,omitempty"`
}

type cacheCreation struct {
	FiveMinutes int `json:"ephemeral_5m_input_tokens"`
	OneHour     int `json:"ephemeral_1h_input_tokens"`
}

func anthropicUsageOf(u Usage) anthropicUsage {
	return anthropicUsage{
		Input: u.Input - u.Cached - u.CacheWrite, CacheCreation: u.CacheWrite, CacheRead: u.Cached,
		Creation: &cacheCreation{FiveMinutes: u.CacheWrite}, Output: u.Output, ServiceTier: "standard",
	}
}

var anthropicStop = map[stop]string{
	stopEnd: "end_turn", stopLength: "max_tokens", stopSequence: "stop_sequence", stopCalls: "tool_use",
	stopRefusal: "refusal", stopFilter: "refusal",
}

// anthropicHost is where the Messages API is served: each host has its place for version and model.
type anthropicHost func(x *exchange, m *messagesRequest) *failure

func onAnthropic(x *exchange, m *messagesRequest) *failure {
	switch {
	case x.r.Header.Get("anthropic-version") == "":
		return invalid("anthropic-version", "header is required")
	case m.AnthropicVersion != "":
		return invalid("anthropic_version", "Extra inputs are not permitted")
	case m.Model == "":
		return invalid("model", "Field required")
	case !x.p.serves(m.Model):
		return unknownModel(m.Model)
	}
	return m.Thread.lost(strings.Join(x.r.Header.Values("anthropic-beta"), ","))
}

// onVertex: the path names the model and the method, the body the version.
func onVertex(x *exchange, m *messagesRequest) *failure {
	model, method, _ := strings.Cut(x.r.PathValue("call"), ":")
	switch {
	case method != "rawPredict" && method != "streamRawPredict":
		return x.noSuchPath()
	case m.AnthropicVersion != "vertex-2023-10-16":
		return invalid("anthropic_version", "Field required")
	case m.Model != "":
		return invalid("model", "Extra inputs are not permitted")
	case m.Thread != nil:
		return invalid("thread", "Extra inputs are not permitted")
	case !x.p.serves(model):
		return unknownModel(model)
	}
	m.Model = model
	return nil
}

func readMessages(x *exchange, host anthropicHost) (*messagesRequest, *failure) {
	var m messagesRequest
	if f := decode(x.body, &m, messageParams); f != nil {
		if f.param != "" {
			f.message = strings.Replace(f.message, "Unknown parameter: '"+f.param+"'.", "Extra inputs are not permitted", 1)
		}
		return nil, f
	}
	return &m, host(x, &m)
}

// messages serves POST /v1/messages.
func messages(x *exchange, host anthropicHost) *failure {
	w, m, f := answerMessages(x, host)
	switch {
	case f != nil:
		return f
	case m.Stream:
		x.stream("text/event-stream; charset=utf-8", w.cost(), w.frames())
	default:
		x.json(w.whole(), w.cost())
	}
	return nil
}

// answerMessages reads a Messages request, wherever it is hosted, and composes its answer.
func answerMessages(x *exchange, host anthropicHost) (*anthropicWriter, *messagesRequest, *failure) {
	m, f := readMessages(x, host)
	if f != nil {
		return nil, nil, f
	}
	a, f := m.ask(false)
	if f != nil {
		return nil, nil, f
	}
	return newAnthropicWriter(x, a), m, nil
}

func countTokens(x *exchange) *failure {
	m, f := readMessages(x, onAnthropic)
	if f != nil {
		return f
	}
	a, f := m.ask(true)
	if f != nil {
		return f
	}
	x.free(struct {
		InputTokens int `json:"input_tokens"`
	}{a.input()})
	return nil
}

// anthropicWriter writes one answer, whole or as events.
type anthropicWriter struct {
	choice choice
	usage  Usage
	object anthropicAnswer // without content and stop reason
	event  func(kind string, v any) []byte
}

func newAnthropicWriter(x *exchange, a *ask) *anthropicWriter {
	r := x.compose(a)
	c := r.choices[0]
	for i := range c.calls {
		c.calls[i].id = "toolu_" + strings.TrimPrefix(c.calls[i].id, "call_")
	}
	return &anthropicWriter{choice: c, usage: r.usage, event: sseEvent, object: anthropicAnswer{
		ID: x.id("msg_", 24), Type: "message", Role: "assistant", Model: a.model, Content: []answerBlock{}, Usage: anthropicUsageOf(r.usage),
	}}
}

func (w *anthropicWriter) cost() receipt { return receipt{w.object.ID, w.object.Model, w.usage} }

func (w *anthropicWriter) whole() anthropicAnswer {
	out, c := w.object, &w.choice
	reason := anthropicStop[c.stop]
	out.StopReason, out.StopSequence = &reason, optional(c.sequence)
	if len(c.thought) > 0 {
		thought := strings.Join(c.thought, "")
		signature := signatureOf(thought)
		out.Content = append(out.Content, answerBlock{Type: "thinking", Thinking: &thought, Signature: &signature})
	}
	if text := strings.Join(c.pieces, ""); text != "" {
		out.Content = append(out.Content, answerBlock{Type: "text", Text: &text})
	}
	for _, call := range c.calls {
		input := json.RawMessage(call.args)
		if !json.Valid(input) { // cut by the limit
			input = json.RawMessage("{}")
		}
		out.Content = append(out.Content, answerBlock{Type: "tool_use", ID: call.id, Name: call.name, Input: input})
	}
	return out
}

type anthropicEvent struct {
	Type    string           `json:"type"`
	Message *anthropicAnswer `json:"message,omitempty"`
	Index   *int             `json:"index,omitempty"`
	Block   *answerBlock     `json:"content_block,omitempty"`
	Delta   *anthropicDelta  `json:"delta,omitempty"`
	Usage   *anthropicUsage  `json:"usage,omitempty"`
}

type anthropicDelta struct {
	Type        string  `json:"type,omitempty"`
	Text        *string `json:"text,omitempty"`
	Thinking    *string `json:"thinking,omitempty"`
	Signature   *string `json:"signature,omitempty"`
	PartialJSON *string `json:"partial_json,omitempty"`
}

// stopDelta is the delta of message_delta, whose members are sent even if null.
type stopDelta struct {
	Type  string `json:"type"`
	Delta struct {
		StopReason   string  `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	} `json:"delta"`
	Usage anthropicUsage `json:"usage"`
}

func (w *anthropicWriter) frame(e anthropicEvent, tokens int, content bool) frame {
	return frame{data: w.event(e.Type, e), tokens: tokens, content: content}
}

// frames yields message_start, the blocks, message_delta and message_stop.
func (w *anthropicWriter) frames() iter.Seq[frame] {
	return func(yield func(frame) bool) {
		begun := w.object
		begun.Usage.Output = min(1, w.usage.Output)
		if !yield(w.frame(anthropicEvent{Type: "message_start", Message: &begun}, 0, false)) {
			return
		}
		for i, b := range w.blocks() {
			if !w.block(i, b, yield) {
				return
			}
			if i == 0 && !yield(w.frame(anthropicEvent{Type: "ping"}, 0, false)) {
				return
			}
		}
		end := stopDelta{Type: "message_delta", Usage: w.object.Usage}
		end.Delta.StopReason, end.Delta.StopSequence = anthropicStop[w.choice.stop], optional(w.choice.sequence)
		if !yield(frame{data: w.event(end.Type, end)}) {
			return
		}
		stop := w.frame(anthropicEvent{Type: "message_stop"}, 0, false)
		stop.last = true
		yield(stop)
	}
}

// streamedBlock is a block as it begins, and its deltas.
type streamedBlock struct {
	begin  answerBlock
	pieces []string
	delta  func(piece string) anthropicDelta
	free   bool   // its tokens are counted elsewhere
	sign   string // the signature at its end
}

func (w *anthropicWriter) blocks() []streamedBlock {
	var out []streamedBlock
	c, empty := &w.choice, ""
	if len(c.thought) > 0 {
		out = append(out, streamedBlock{
			begin: answerBlock{Type: "thinking", Thinking: &empty, Signature: &empty}, pieces: c.thought, free: true,
			delta: func(p string) anthropicDelta { return anthropicDelta{Type: "thinking_delta", Thinking: &p} },
			sign:  signatureOf(strings.Join(c.thought, "")),
		})
	}
	if len(c.pieces) > 0 {
		out = append(out, streamedBlock{
			begin: answerBlock{Type: "text", Text: &empty}, pieces: c.pieces,
			delta: func(p string) anthropicDelta { return anthropicDelta{Type: "text_delta", Text: &p} },
		})
	}
	for _, call := range c.calls {
		out = append(out, streamedBlock{
			begin:  answerBlock{Type: "tool_use", ID: call.id, Name: call.name, Input: json.RawMessage("{}")},
			pieces: call.pieces,
			delta:  func(p string) anthropicDelta { return anthropicDelta{Type: "input_json_delta", PartialJSON: &p} },
		})
	}
	return out
}

func (w *anthropicWriter) block(i int, b streamedBlock, yield func(frame) bool) bool {
	if !yield(w.frame(anthropicEvent{Type: "content_block_start", Index: &i, Block: &b.begin}, 0, false)) {
		return false
	}
	for _, p := range b.pieces {
		tokens := tokensOf(p)
		if b.free {
			tokens = 0
		}
		d := b.delta(p)
		if !yield(w.frame(anthropicEvent{Type: "content_block_delta", Index: &i, Delta: &d}, tokens, true)) {
			return false
		}
	}
	if b.sign != "" {
		d := anthropicDelta{Type: "signature_delta", Signature: &b.sign}
		if !yield(w.frame(anthropicEvent{Type: "content_block_delta", Index: &i, Delta: &d}, 0, false)) {
			return false
		}
	}
	return yield(w.frame(anthropicEvent{Type: "content_block_stop", Index: &i}, 0, false))
}
