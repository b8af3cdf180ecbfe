package demo

import (
	"encoding/json"
	"iter"
	"strings"
)

type chatResponse struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Created           int64          `json:"created"`
	Model             string         `json:"model"`
	Choices           []chatChoice   `json:"choices"`
	Usage             *chatUsage     `json:"usage,omitempty"`
	ServiceTier       string         `json:"service_tier,omitempty"`
	SystemFingerprint string         `json:"system_fingerprint,omitempty"`
	PromptFilter      []promptFilter `json:"prompt_filter_results,omitempty"`
}

type chatChoice struct {
	Index        int          `json:"index"`
	Message      chatAnswer   `json:"message"`
	Logprobs     *logprobs    `json:"logprobs"`
	FinishReason string       `json:"finish_reason"`
	Filter       *filterTable `json:"content_filter_results,omitempty"`
}

type chatAnswer struct {
	Role        string     `json:"role"`
	Content     *string    `json:"content"`
	Refusal     *string    `json:"refusal"`
	Reasoning   *string    `json:"reasoning_content,omitempty"` // compatible servers only
	Annotations []string   `json:"annotations"`                 // always empty
	ToolCalls   []chatCall `json:"tool_calls,omitempty"`
}

type chatUsage struct {
	Prompt        int `json:"prompt_tokens"`
	Completion    int `json:"completion_tokens"`
	Total         int `json:"total_tokens"`
	PromptDetails struct {
		Cached     int `json:"cached_tokens"`
		CacheWrite int `json:"cache_write_tokens,omitempty"`
		Audio      int `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
		Audio     int `json:"audio_tokens"`
		Accepted  int `json:"accepted_prediction_tokens"`
		Rejected  int `json:"rejected_prediction_tokens"`
	} `json:"completion_tokens_details"`
}

func chatUsageOf(u Usage) *chatUsage {
	out := &chatUsage{Prompt: u.Input, Completion: u.Output, Total: u.Input + u.Output}
	out.PromptDetails.Cached, out.PromptDetails.CacheWrite = u.Cached, u.CacheWrite
	out.CompletionDetails.Reasoning = u.Reasoning
	return out
}

// openAIFinish names each stop. A refusal is an ordinary end, with the text elsewhere.
var openAIFinish = map[stop]string{
	stopEnd: "stop", stopLength: "length", stopSequence: "stop", stopCalls: "tool_calls", stopRefusal: "stop",
	stopFilter: "content_filter",
}

// chat serves POST /v1/chat/completions.
//
// Source: https://platform.openai.com/docs/api-reference/chat
func chat(x *exchange, fl flavour) *failure {
	var c chatRequest
	params := chatParams
	if fl.filters {
		params += " data_sources user_security_context"
	}
	if x.p.opt.Compatible {
		params += " " + compatibleParams
	}
	if f := decode(x.body, &c, params); f != nil {
		return f
	}
	model, f := fl.model(x, c.Model)
	if f != nil {
		return f
	}
	c.Model, c.compatible = model, x.p.opt.Compatible
	var raw struct{ Messages []map[string]json.RawMessage }
	_ = json.Unmarshal(x.body, &raw) // was read before
	c.raw = raw.Messages
	a, f := c.ask(x.body)
	if f != nil {
		return f
	}
	a.thoughts = x.p.opt.Compatible
	w := chatWriter{x: x, flavour: fl, request: &c, reply: x.compose(a), id: x.id("chatcmpl-", 29), created: now()}
	cost := receipt{w.id, model, w.reply.usage}
	if c.Stream {
		x.stream("text/event-stream; charset=utf-8", cost, w.frames())
		return nil
	}
	x.json(w.whole(), cost)
	return nil
}

// chatWriter writes one reply, whole or streamed.
type chatWriter struct {
	x       *exchange
	flavour flavour
	request *chatRequest
	reply   reply
	id      string
	created int64
}

func (w *chatWriter) whole() chatResponse {
	out := chatResponse{
		ID: w.id, Object: "chat.completion", Created: w.created, Model: w.request.Model, Usage: chatUsageOf(w.reply.usage),
		ServiceTier: "default", SystemFingerprint: w.x.p.fingerprint(),
	}
	for i := range w.reply.choices {
		out.Choices = append(out.Choices, w.choice(i))
	}
	if w.flavour.filters {
		out.PromptFilter = promptFilters()
	}
	return out
}

func (w *chatWriter) choice(i int) chatChoice {
	c := &w.reply.choices[i]
	out := chatChoice{Index: i, FinishReason: openAIFinish[c.stop], Message: chatAnswer{Role: "assistant", Annotations: []string{}}}
	text := strings.Join(c.pieces, "")
	out.Message.Reasoning = optional(strings.Join(c.thought, ""))
	switch {
	case c.stop == stopRefusal:
		out.Message.Refusal = &text
	case len(c.calls) == 0:
		out.Message.Content = &text
	}
	for _, call := range c.calls {
		out.Message.ToolCalls = append(out.Message.ToolCalls, chatCall{ID: call.id, Type: "function", Function: chatFunction{call.name, call.args}})
	}
	if w.request.Logprobs {
		out.Logprobs = &logprobs{Content: []tokenLogprob{}}
		for _, p := range c.pieces {
			out.Logprobs.Content = append(out.Logprobs.Content, w.logprob(p))
		}
	}
	if w.flavour.filters {
		out.Filter = filterOf(c)
	}
	return out
}

// logprobs of the pieces, as if each word were a token.
type logprobs struct {
	Content []tokenLogprob `json:"content"`
	Refusal *string        `json:"refusal"` // always null
}

type tokenLogprob struct {
	Token   string         `json:"token"`
	Logprob float64        `json:"logprob"`
	Bytes   []int          `json:"bytes"`
	Top     []tokenLogprob `json:"top_logprobs,omitempty"`
}

func (w *chatWriter) logprob(piece string) tokenLogprob {
	out := tokenOf(piece, 0)
	n := 0
	if w.request.TopLogprobs != nil {
		n = *w.request.TopLogprobs
	}
	for i := range n {
		alternative := piece
		if i > 0 {
			alternative += strings.Repeat("?", i)
		}
		out.Top = append(out.Top, tokenOf(alternative, i))
	}
	return out
}

// tokenOf gives the rank-th most probable token its logprob: -0.125, -1.125, …
func tokenOf(s string, rank int) tokenLogprob {
	out := tokenLogprob{Token: s, Logprob: -0.125 - float64(rank)}
	for i := range len(s) {
		out.Bytes = append(out.Bytes, int(s[i]))
	}
	return out
}

// frames yields the chunks of a stream; those of several choices take turns.
func (w *chatWriter) frames() iter.Seq[frame] {
	return func(yield func(frame) bool) {
		if w.flavour.filters && !yield(w.promptFilterFrame()) {
			return
		}
		var open []iter.Seq[frame]
		for i := range w.reply.choices {
			open = append(open, w.choiceFrames(i))
		}
		if !takeTurns(open, yield) {
			return
		}
		if w.request.StreamOptions != nil && w.request.StreamOptions.IncludeUsage {
			last := w.chunk()
			last.Usage = chatUsageOf(w.reply.usage)
			if !yield(frame{data: sseData(chunkWithUsage(last))}) {
				return
			}
		}
		yield(frame{data: []byte("data: [DONE]\n\n"), last: true})
	}
}

// takeTurns yields one frame of each sequence in turn until all are at their end; false if the reader stopped.
func takeTurns(open []iter.Seq[frame], yield func(frame) bool) bool {
	if len(open) == 1 { // the usual case needs no coroutine
		for f := range open[0] {
			if !yield(f) {
				return false
			}
		}
		return true
	}
	var nexts []func() (frame, bool)
	for _, seq := range open {
		next, stop := iter.Pull(seq)
		defer stop()
		nexts = append(nexts, next)
	}
	for running := true; running; {
		running = false
		for _, next := range nexts {
			f, ok := next()
			if !ok {
				continue
			}
			running = true
			if !yield(f) {
				return false
			}
		}
	}
	return true
}
