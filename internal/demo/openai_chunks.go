package demo

import (
	"encoding/json"
	"iter"
)

type chatChunk struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Created           int64          `json:"created"`
	Model             string         `json:"model"`
	ServiceTier       string         `json:"service_tier,omitempty"`
	SystemFingerprint string         `json:"system_fingerprint"`
	Choices           []chunkChoice  `json:"choices"`
	PromptFilter      []promptFilter `json:"prompt_filter_results,omitempty"`
	Usage             *chatUsage     `json:"-"` // only if the client asked: chunkWithUsage
}

type chunkChoice struct {
	Index        int             `json:"index"`
	Delta        json.RawMessage `json:"delta,omitempty"` // Azure's late filter results have none
	Logprobs     *logprobs       `json:"logprobs"`
	FinishReason *string         `json:"finish_reason"`
	Filter       *filterTable    `json:"content_filter_results,omitempty"`
	Offsets      *filterOffsets  `json:"content_filter_offsets,omitempty"`
}

// chunkWithUsage is a chunk of a stream whose client asked for usage: null in all chunks but the last.
func chunkWithUsage(c chatChunk) usageChunk { return usageChunk{c, c.Usage} }

type usageChunk struct {
	chatChunk
	Usage *chatUsage `json:"usage"`
}

// chatDelta is what a chunk adds. Only what is set is sent.
type chatDelta struct {
	Role      string     `json:"role,omitempty"`
	Content   *string    `json:"content,omitempty"`
	Refusal   *string    `json:"refusal,omitempty"`
	Reasoning *string    `json:"reasoning_content,omitempty"`
	ToolCalls []chatCall `json:"tool_calls,omitempty"`
}

func (w *chatWriter) chunk(choices ...chunkChoice) chatChunk {
	if choices == nil {
		choices = []chunkChoice{}
	}
	return chatChunk{
		ID: w.id, Object: "chat.completion.chunk", Created: w.created, Model: w.request.Model, ServiceTier: "default",
		SystemFingerprint: w.x.p.fingerprint(), Choices: choices,
	}
}

func (w *chatWriter) write(c chunkChoice) []byte {
	chunk := w.chunk(c)
	if w.request.StreamOptions != nil && w.request.StreamOptions.IncludeUsage {
		return sseData(chunkWithUsage(chunk))
	}
	return sseData(chunk)
}

// choiceFrames yields one choice: its role, the pieces, the finish.
func (w *chatWriter) choiceFrames(i int) iter.Seq[frame] {
	c := &w.reply.choices[i]
	send := func(d chatDelta) chunkChoice { return chunkChoice{Index: i, Delta: encode(d)} }
	return func(yield func(frame) bool) {
		empty := ""
		first := chatDelta{Role: "assistant"}
		if len(c.calls) == 0 && c.stop != stopRefusal {
			first.Content = &empty
		}
		if !yield(frame{data: w.write(send(first))}) {
			return
		}
		for _, p := range c.thought {
			if !yield(frame{data: w.write(send(chatDelta{Reasoning: &p})), content: true}) {
				return
			}
		}
		for _, p := range c.pieces {
			d := chatDelta{Content: &p}
			if c.stop == stopRefusal {
				d = chatDelta{Refusal: &p}
			}
			out := send(d)
			if w.request.Logprobs {
				out.Logprobs = &logprobs{Content: []tokenLogprob{w.logprob(p)}}
			}
			if w.flavour.filters && !w.x.fault.LateFilter {
				out.Filter = safe()
			}
			if !yield(frame{data: w.write(out), tokens: tokensOf(p), content: true}) {
				return
			}
		}
		for n, call := range c.calls {
			begin := chatCall{Index: &n, ID: call.id, Type: "function", Function: chatFunction{Name: call.name}}
			if !yield(frame{data: w.write(send(chatDelta{ToolCalls: []chatCall{begin}}))}) {
				return
			}
			for _, p := range call.pieces {
				more := chatCall{Index: &n, Function: chatFunction{Arguments: p}}
				if !yield(frame{data: w.write(send(chatDelta{ToolCalls: []chatCall{more}})), tokens: tokensOf(p), content: true}) {
					return
				}
			}
		}
		if w.flavour.filters && w.x.fault.LateFilter && !yield(frame{data: w.write(lateFilter(i, c))}) {
			return
		}
		finish := openAIFinish[c.stop]
		last := send(chatDelta{})
		last.FinishReason = &finish
		if w.flavour.filters && c.stop == stopFilter {
			last.Filter = filterOf(c)
		}
		yield(frame{data: w.write(last)})
	}
}
