package demo

import (
	"encoding/json"
	"iter"
	"strings"
)

const completionParams = `best_of echo frequency_penalty logit_bias logprobs max_tokens model n presence_penalty prompt seed stop
stream stream_options suffix temperature top_p user`

type completionRequest struct {
	Model         string          `json:"model"`
	Prompt        json.RawMessage `json:"prompt"`
	MaxTokens     *int            `json:"max_tokens"`
	N             *int            `json:"n"`
	Echo          bool            `json:"echo"`
	Logprobs      *int            `json:"logprobs"`
	Stop          json.RawMessage `json:"stop"`
	Stream        bool            `json:"stream"`
	StreamOptions *streamOptions  `json:"stream_options"`
	Temperature   *float64        `json:"temperature"`
}

type completionResponse struct {
	ID                string             `json:"id"`
	Object            string             `json:"object"`
	Created           int64              `json:"created"`
	Model             string             `json:"model"`
	SystemFingerprint string             `json:"system_fingerprint"`
	Choices           []completionChoice `json:"choices"`
	Usage             *chatUsage         `json:"usage,omitempty"`
	PromptFilter      []promptFilter     `json:"prompt_filter_results,omitempty"`
}

type completionChoice struct {
	Text         string              `json:"text"`
	Index        int                 `json:"index"`
	Logprobs     *completionLogprobs `json:"logprobs"`
	FinishReason *string             `json:"finish_reason"`
	Filter       *filterTable        `json:"content_filter_results,omitempty"`
}

// completionLogprobs of the pieces, as if each word were a token.
type completionLogprobs struct {
	Tokens        []string             `json:"tokens"`
	TokenLogprobs []float64            `json:"token_logprobs"`
	TopLogprobs   []map[string]float64 `json:"top_logprobs"`
	TextOffset    []int                `json:"text_offset"`
}

// legacyTokens is the API's default of max_tokens.
const legacyTokens = 16

// completions serves POST /v1/completions.
//
// Source: https://platform.openai.com/docs/api-reference/completions
func completions(x *exchange, fl flavour) *failure {
	var c completionRequest
	if f := decode(x.body, &c, completionParams); f != nil {
		return f
	}
	model, f := fl.model(x, c.Model)
	if f != nil {
		return f
	}
	prompts, f := inputs(c.Prompt, "prompt")
	if f != nil {
		return f
	}
	a := &ask{model: model, n: 1, limit: legacyTokens}
	if c.MaxTokens != nil {
		a.limit = *c.MaxTokens
	}
	if c.N != nil {
		a.n = *c.N
	}
	switch {
	case len(prompts) == 0:
		return invalid("prompt", "Missing required parameter: 'prompt'.")
	case a.limit < 0 || a.n < 1 || a.n > 128:
		return invalid("max_tokens", "Invalid 'max_tokens' or 'n'.")
	case c.StreamOptions != nil && !c.Stream:
		return invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	}
	if a.stops, f = textOrList(c.Stop, "stop"); f != nil {
		return f
	}
	w := &completionWriter{x: x, flavour: fl, request: &c, model: model, id: x.id("cmpl-", 24), created: now(), prompts: prompts, n: a.n}
	for _, p := range prompts {
		one := *a
		one.turns = []turn{{role: user, text: p}}
		r := x.compose(&one)
		w.choices = append(w.choices, r.choices...)
		w.usage.Input += r.usage.Input
		w.usage.Cached += r.usage.Cached
		w.usage.Output += r.usage.Output
		w.usage.Reasoning += r.usage.Reasoning
	}
	cost := receipt{w.id, model, w.usage}
	if c.Stream {
		x.stream("text/event-stream; charset=utf-8", cost, w.frames())
		return nil
	}
	x.json(w.whole(), cost)
	return nil
}

type completionWriter struct {
	x       *exchange
	flavour flavour
	request *completionRequest
	model   string
	id      string
	created int64
	prompts []string
	n       int // choices a prompt
	choices []choice
	usage   Usage
}

func (w *completionWriter) response(choices ...completionChoice) completionResponse {
	return completionResponse{
		ID: w.id, Object: "text_completion", Created: w.created, Model: w.model, SystemFingerprint: w.x.p.fingerprint(),
		Choices: choices,
	}
}

func (w *completionWriter) whole() completionResponse {
	out := w.response()
	for i := range w.choices {
		c := &w.choices[i]
		finish := openAIFinish[c.stop]
		one := completionChoice{Text: w.echo(i) + strings.Join(c.pieces, ""), Index: i, FinishReason: &finish}
		one.Logprobs = w.logprobs(len(w.echo(i)), c.pieces...)
		if w.flavour.filters {
			one.Filter = filterOf(c)
		}
		out.Choices = append(out.Choices, one)
	}
	if w.flavour.filters {
		out.PromptFilter = promptFilters()
	}
	out.Usage = chatUsageOf(w.usage)
	return out
}

// echo is the prompt, where the client wants it before the answer.
func (w *completionWriter) echo(choice int) string {
	if !w.request.Echo {
		return ""
	}
	return w.prompts[choice/w.n]
}

func (w *completionWriter) logprobs(offset int, pieces ...string) *completionLogprobs {
	if w.request.Logprobs == nil {
		return nil
	}
	out := &completionLogprobs{Tokens: []string{}, TokenLogprobs: []float64{}, TopLogprobs: []map[string]float64{}, TextOffset: []int{}}
	for _, p := range pieces {
		t := tokenOf(p, 0)
		out.Tokens = append(out.Tokens, t.Token)
		out.TokenLogprobs = append(out.TokenLogprobs, t.Logprob)
		out.TopLogprobs = append(out.TopLogprobs, map[string]float64{t.Token: t.Logprob})
		out.TextOffset = append(out.TextOffset, offset)
		offset += len(p)
	}
	return out
}

func (w *completionWriter) frames() iter.Seq[frame] {
	return func(yield func(frame) bool) {
		var open []iter.Seq[frame]
		for i := range w.choices {
			open = append(open, w.choiceFrames(i))
		}
		if !takeTurns(open, yield) {
			return
		}
		if w.request.StreamOptions != nil && w.request.StreamOptions.IncludeUsage {
			last := w.response([]completionChoice{}...)
			last.Choices = []completionChoice{}
			last.Usage = chatUsageOf(w.usage)
			if !yield(frame{data: sseData(last)}) {
				return
			}
		}
		yield(frame{data: []byte("data: [DONE]\n\n"), last: true})
	}
}

func (w *completionWriter) choiceFrames(i int) iter.Seq[frame] {
	c := &w.choices[i]
	return func(yield func(frame) bool) {
		if e := w.echo(i); e != "" && !yield(frame{data: sseData(w.response(completionChoice{Index: i, Text: e}))}) {
			return
		}
		offset := len(w.echo(i))
		for _, p := range c.pieces {
			one := completionChoice{Index: i, Text: p, Logprobs: w.logprobs(offset, p)}
			offset += len(p)
			if !yield(frame{data: sseData(w.response(one)), tokens: tokensOf(p), content: true}) {
				return
			}
		}
		finish := openAIFinish[c.stop]
		yield(frame{data: sseData(w.response(completionChoice{Index: i, FinishReason: &finish}))})
	}
}
