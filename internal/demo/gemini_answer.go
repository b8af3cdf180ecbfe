package demo

import (
	"encoding/json"
	"iter"
	"strings"
)

type geminiResponse struct {
	Candidates     []candidate     `json:"candidates,omitempty"`
	PromptFeedback *promptFeedback `json:"promptFeedback,omitempty"`
	Usage          *geminiUsage    `json:"usageMetadata,omitempty"`
	ModelVersion   string          `json:"modelVersion,omitempty"`
	ResponseID     string          `json:"responseId,omitempty"`
}

type promptFeedback struct {
	BlockReason string `json:"blockReason"`
}

type candidate struct {
	Content      *candidateContent `json:"content,omitempty"`
	FinishReason string            `json:"finishReason,omitempty"`
	Index        int               `json:"index"`
}

type candidateContent struct {
	Parts []json.RawMessage `json:"parts"`
	Role  string            `json:"role"`
}

// geminiUsage: candidatesTokenCount leaves thoughts out.
type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Cached     int `json:"cachedContentTokenCount,omitempty"`
	Candidates int `json:"candidatesTokenCount,omitempty"`
	Thoughts   int `json:"thoughtsTokenCount,omitempty"`
	Total      int `json:"totalTokenCount"`
}

func geminiUsageOf(u Usage) *geminiUsage {
	return &geminiUsage{
		Prompt: u.Input, Cached: u.Cached, Candidates: u.Output - u.Reasoning, Thoughts: u.Reasoning, Total: u.Input + u.Output,
	}
}

// A refusal in words is an ordinary end here.
var geminiFinish = map[stop]string{
	stopEnd: "STOP", stopLength: "MAX_TOKENS", stopSequence: "STOP", stopCalls: "STOP", stopRefusal: "STOP", stopFilter: "SAFETY",
}

func generateContent(x *exchange, model string) *failure {
	a, f := readGemini(x, model)
	if f != nil {
		return f
	}
	w := newGeminiWriter(x, a)
	x.json(w.whole(), w.cost())
	return nil
}

// streamGenerateContent sends server-sent events, or, without alt=sse, one JSON array, piece by piece.
func streamGenerateContent(x *exchange, model string) *failure {
	a, f := readGemini(x, model)
	if f != nil {
		return f
	}
	w := newGeminiWriter(x, a)
	if x.r.URL.Query().Get("alt") == "sse" {
		x.stream("text/event-stream", w.cost(), w.frames(func(v []byte, _, _ bool) []byte {
			return append(append([]byte("data: "), v...), "\r\n\r\n"...)
		}))
		return nil
	}
	x.stream("application/json; charset=UTF-8", w.cost(), w.frames(func(v []byte, first, last bool) []byte {
		lead, tail := ",\r\n", ""
		if first {
			lead = "["
		}
		if last {
			tail = "\n]"
		}
		return []byte(lead + string(v) + tail)
	}))
	return nil
}

func geminiCount(x *exchange, model string) *failure {
	var wrapped struct {
		Request json.RawMessage `json:"generateContentRequest"`
	}
	if f := decodeValue(x.body, &wrapped, ""); f != nil {
		return f
	}
	if !absent(wrapped.Request) {
		x.body = wrapped.Request
	}
	a, f := readGemini(x, model)
	if f != nil {
		return f
	}
	x.free(struct {
		TotalTokens int `json:"totalTokens"`
	}{a.input()})
	return nil
}

// geminiWriter writes one answer, whole or in chunks.
type geminiWriter struct {
	reply reply
	id    string
	model string
	sign  bool // calls carry a thought signature
}

func newGeminiWriter(x *exchange, a *ask) *geminiWriter {
	r := x.compose(a)
	return &geminiWriter{reply: r, id: x.id("", 22), model: a.model, sign: r.usage.Reasoning > 0 || strings.HasPrefix(a.model, "gemini-3")}
}

func (w *geminiWriter) cost() receipt { return receipt{w.id, w.model, w.reply.usage} }

func (w *geminiWriter) response(u Usage, cs ...candidate) geminiResponse {
	return geminiResponse{Candidates: cs, Usage: geminiUsageOf(u), ModelVersion: w.model, ResponseID: w.id}
}

func (w *geminiWriter) whole() geminiResponse {
	var cs []candidate
	for i := range w.reply.choices {
		c := &w.reply.choices[i]
		out := candidate{FinishReason: geminiFinish[c.stop], Index: i}
		var parts []json.RawMessage
		if len(c.thought) > 0 {
			parts = append(parts, encode(geminiPart{Text: strings.Join(c.thought, ""), Thought: true}))
		}
		if text := strings.Join(c.pieces, ""); text != "" && c.stop != stopFilter {
			parts = append(parts, textPartOf(text))
		}
		parts = append(parts, w.calls(c)...)
		if len(parts) > 0 {
			out.Content = &candidateContent{Parts: parts, Role: "model"}
		}
		cs = append(cs, out)
	}
	return w.response(w.reply.usage, cs...)
}

// textPartOf is a part whose text may be empty.
func textPartOf(text string) json.RawMessage {
	return encode(struct {
		Text string `json:"text"`
	}{text})
}

// calls come whole, the first of them signed. One that the limit cut is left out.
func (w *geminiWriter) calls(c *choice) []json.RawMessage {
	var out []json.RawMessage
	for i, call := range c.calls {
		p := geminiPart{FunctionCall: &geminiFunctionCall{Name: call.name, Args: json.RawMessage(call.args)}}
		if !json.Valid(p.FunctionCall.Args) {
			continue
		}
		if w.sign && i == 0 {
			p.ThoughtSignature = geminiSignature
		}
		out = append(out, encode(p))
	}
	return out
}

// frames yields a chunk a piece. Each repeats the usage so far; the last one has the finish reason and an empty text.
func (w *geminiWriter) frames(wrap func(v []byte, first, last bool) []byte) iter.Seq[frame] {
	return func(yield func(frame) bool) {
		first := true
		u := w.reply.usage
		u.Output = u.Reasoning
		send := func(index, tokens int, part json.RawMessage, finish string, last bool) bool {
			u.Output += tokens
			c := candidate{Content: &candidateContent{Parts: []json.RawMessage{part}, Role: "model"}, FinishReason: finish, Index: index}
			f := frame{data: wrap(encode(w.response(u, c)), first, last), tokens: tokens, content: finish == "", last: last}
			first = false
			return yield(f)
		}
		for i := range w.reply.choices {
			c := &w.reply.choices[i]
			for _, p := range c.thought {
				if !send(i, 0, encode(geminiPart{Text: p, Thought: true}), "", false) {
					return
				}
			}
			for _, p := range c.pieces {
				if !send(i, tokensOf(p), textPartOf(p), "", false) {
					return
				}
			}
			cost := 0
			for _, call := range c.calls {
				cost += tokensIn(call.pieces)
			}
			for _, p := range w.calls(c) {
				if !send(i, cost, p, "", false) {
					return
				}
				cost = 0
			}
			if !send(i, cost, textPartOf(""), geminiFinish[c.stop], i == len(w.reply.choices)-1) {
				return
			}
		}
	}
}
