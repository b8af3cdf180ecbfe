package demo

import (
	"encoding/json"
	"iter"
	"strings"
)

type converseResponse struct {
	Output struct {
		Message converseAnswer `json:"message"`
	} `json:"output"`
	StopReason string          `json:"stopReason"`
	Usage      converseUsage   `json:"usage"`
	Metrics    converseMetrics `json:"metrics"`
}

type converseAnswer struct {
	Role    string          `json:"role"`
	Content []converseBlock `json:"content"`
}

// converseUsage: inputTokens leaves out what was read from or written to a cache.
type converseUsage struct {
	Input      int `json:"inputTokens"`
	Output     int `json:"outputTokens"`
	Total      int `json:"totalTokens"`
	CacheRead  int `json:"cacheReadInputTokens"`
	CacheWrite int `json:"cacheWriteInputTokens"`
}

type converseMetrics struct {
	LatencyMillis int `json:"latencyMs"`
}

func converseUsageOf(u Usage) converseUsage {
	return converseUsage{
		Input: u.Input - u.Cached - u.CacheWrite, Output: u.Output, Total: u.Input + u.Output, CacheRead: u.Cached, CacheWrite: u.CacheWrite,
	}
}

var bedrockStop = map[stop]string{
	stopEnd: "end_turn", stopLength: "max_tokens", stopSequence: "stop_sequence", stopCalls: "tool_use",
	stopRefusal: "content_filtered", stopFilter: "guardrail_intervened",
}

// converse serves Converse and ConverseStream.
func converse(x *exchange, streamed bool) *failure {
	model, f := bedrockModel(x)
	if f != nil {
		return f
	}
	var c converseRequest
	if f := decode(x.body, &c, converseParams); f != nil {
		return f
	}
	a, f := c.ask(model)
	if f != nil {
		return f
	}
	w := newConverseWriter(x, a)
	cost := receipt{x.id("", 32), model, w.usage}
	if streamed {
		x.stream(amazonStream, cost, w.frames())
		return nil
	}
	x.json(w.whole(), cost)
	return nil
}

// converseWriter writes one answer, whole or as events.
type converseWriter struct {
	choice choice
	usage  Usage
}

func newConverseWriter(x *exchange, a *ask) *converseWriter {
	r := x.compose(a)
	c := r.choices[0]
	for i := range c.calls {
		c.calls[i].id = "tooluse_" + strings.TrimPrefix(c.calls[i].id, "call_")
	}
	return &converseWriter{choice: c, usage: r.usage}
}

func (w *converseWriter) whole() converseResponse {
	var out converseResponse
	c := &w.choice
	m := &out.Output.Message
	m.Role, m.Content = "assistant", []converseBlock{}
	if len(c.thought) > 0 {
		thought := strings.Join(c.thought, "")
		m.Content = append(m.Content, converseBlock{Reasoning: &converseThought{ReasoningText: &reasoningText{thought, signatureOf(thought)}}})
	}
	if text := strings.Join(c.pieces, ""); text != "" {
		m.Content = append(m.Content, converseBlock{Text: &text})
	}
	for _, call := range c.calls {
		input := json.RawMessage(call.args)
		if !json.Valid(input) { // cut by the limit
			input = json.RawMessage("{}")
		}
		m.Content = append(m.Content, converseBlock{ToolUse: &converseUse{ID: call.id, Name: call.name, Input: input}})
	}
	out.StopReason, out.Usage, out.Metrics.LatencyMillis = bedrockStop[c.stop], converseUsageOf(w.usage), 1
	return out
}

// converseEvent is the payload of an event; which fields count depends on the event's name.
type converseEvent struct {
	Role       string           `json:"role,omitempty"`
	Index      *int             `json:"contentBlockIndex,omitempty"`
	Start      *converseStart   `json:"start,omitempty"`
	Delta      *converseDelta   `json:"delta,omitempty"`
	StopReason string           `json:"stopReason,omitempty"`
	Usage      *converseUsage   `json:"usage,omitempty"`
	Metrics    *converseMetrics `json:"metrics,omitempty"`
	Pad        string           `json:"p"` // the real one varies it, so that sizes say nothing of the text
}

type converseStart struct {
	ToolUse converseUse `json:"toolUse"`
}

type converseDelta struct {
	Text      *string         `json:"text,omitempty"`
	ToolUse   *toolUseDelta   `json:"toolUse,omitempty"`
	Reasoning *reasoningDelta `json:"reasoningContent,omitempty"`
}

type toolUseDelta struct {
	Input string `json:"input"`
}

type reasoningDelta struct {
	Text      string `json:"text,omitempty"`
	Signature string `json:"signature,omitempty"`
}

// converseStream sends the events. more turns false when the reader stopped.
type converseStream struct {
	yield func(frame) bool
	more  bool
	index int // of the content block
}

func (s *converseStream) send(name string, e converseEvent, f frame) {
	e.Pad = "abcdefgh"
	f.data = amazonMessage("event", name, e)
	s.more = s.more && s.yield(f)
}

func (s *converseStream) delta(d converseDelta, tokens int, content bool) {
	s.send("contentBlockDelta", converseEvent{Index: new(s.index), Delta: &d}, frame{tokens: tokens, content: content})
}

func (s *converseStream) stopBlock() {
	s.send("contentBlockStop", converseEvent{Index: new(s.index)}, frame{})
	s.index++
}

// frames yields messageStart, the blocks, messageStop and metadata.
func (w *converseWriter) frames() iter.Seq[frame] {
	return func(yield func(frame) bool) {
		s := &converseStream{yield: yield, more: true}
		c := &w.choice
		s.send("messageStart", converseEvent{Role: "assistant"}, frame{})
		if len(c.thought) > 0 {
			for _, p := range c.thought {
				s.delta(converseDelta{Reasoning: &reasoningDelta{Text: p}}, 0, true)
			}
			s.delta(converseDelta{Reasoning: &reasoningDelta{Signature: signatureOf(strings.Join(c.thought, ""))}}, 0, false)
			s.stopBlock()
		}
		for _, p := range c.pieces {
			s.delta(converseDelta{Text: &p}, tokensOf(p), true)
		}
		if len(c.pieces) > 0 {
			s.stopBlock()
		}
		for _, call := range c.calls {
			s.send("contentBlockStart", converseEvent{Index: new(s.index), Start: &converseStart{converseUse{ID: call.id, Name: call.name}}}, frame{})
			for _, p := range call.pieces {
				s.delta(converseDelta{ToolUse: &toolUseDelta{p}}, tokensOf(p), true)
			}
			s.stopBlock()
		}
		s.send("messageStop", converseEvent{StopReason: bedrockStop[c.stop]}, frame{})
		usage := converseUsageOf(w.usage)
		s.send("metadata", converseEvent{Usage: &usage, Metrics: &converseMetrics{1}}, frame{last: true})
	}
}
