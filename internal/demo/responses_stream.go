package demo

import "iter"

// responseEvent is an event of the stream; which fields count depends on Type.
type responseEvent struct {
	Type         string          `json:"type"`
	Sequence     int             `json:"sequence_number"`
	Response     *responseObject `json:"response,omitempty"`
	ItemID       string          `json:"item_id,omitempty"`
	OutputIndex  *int            `json:"output_index,omitempty"`
	ContentIndex *int            `json:"content_index,omitempty"`
	SummaryIndex *int            `json:"summary_index,omitempty"`
	Item         *outputItem     `json:"item,omitempty"`
	Part         *outputPart     `json:"part,omitempty"`
	Delta        *string         `json:"delta,omitempty"`
	Text         *string         `json:"text,omitempty"`
	Refusal      *string         `json:"refusal,omitempty"`
	Name         string          `json:"name,omitempty"`
	Arguments    *string         `json:"arguments,omitempty"`
	Logprobs     *[]string       `json:"logprobs,omitempty"`
}

func (w *responseWriter) event(e responseEvent) []byte {
	e.Sequence = w.seq
	w.seq++
	return sseEvent(e.Type, e)
}

// frames yields the whole sequence of events, from response.created to response.completed or response.incomplete.
func (w *responseWriter) frames() iter.Seq[frame] {
	return func(yield func(frame) bool) {
		begun, finished := w.begun(), w.finished()
		for _, kind := range []string{"response.created", "response.in_progress"} {
			if !yield(frame{data: w.event(responseEvent{Type: kind, Response: &begun})}) {
				return
			}
		}
		call := 0
		for i, item := range finished.Output {
			s := itemStream{w: w, yield: yield, index: i, item: item}
			var more bool
			switch item.Type {
			case "reasoning":
				more = s.reasoning()
			case "message":
				more = s.message()
			default:
				more = s.call(w.choice.calls[call].pieces)
				call++
			}
			if !more {
				return
			}
		}
		kind := "response.completed"
		if finished.IncompleteDetails != nil {
			kind = "response.incomplete"
		}
		yield(frame{data: w.event(responseEvent{Type: kind, Response: &finished}), last: true})
	}
}

// itemStream sends one output item. Its methods return false when the reader stopped.
type itemStream struct {
	w     *responseWriter
	yield func(frame) bool
	index int
	item  outputItem // complete
}

func (s *itemStream) send(e responseEvent) bool {
	e.OutputIndex = &s.index
	return s.yield(frame{data: s.w.event(e)})
}

// sendPiece sends a delta. tokens that were counted with the reasoning count here no more.
func (s *itemStream) sendPiece(e responseEvent, piece string, tokens int) bool {
	e.OutputIndex, e.ItemID, e.Delta = &s.index, s.item.ID, &piece
	return s.yield(frame{data: s.w.event(e), tokens: tokens, content: true})
}

// added announces the item, empty.
func (s *itemStream) added(empty outputItem) bool {
	if empty.Status != "" {
		empty.Status = "in_progress"
	}
	return s.send(responseEvent{Type: "response.output_item.added", Item: &empty})
}

func (s *itemStream) done() bool {
	return s.send(responseEvent{Type: "response.output_item.done", Item: &s.item})
}

func (s *itemStream) reasoning() bool {
	empty, zero := s.item, 0
	empty.Summary = &[]outputPart{}
	if !s.added(empty) {
		return false
	}
	for _, part := range *s.item.Summary {
		blank := textPart(part.Type, "")
		if !s.send(responseEvent{Type: "response.reasoning_summary_part.added", ItemID: s.item.ID, SummaryIndex: &zero, Part: &blank}) {
			return false
		}
		for _, p := range s.w.choice.thought {
			if !s.sendPiece(responseEvent{Type: "response.reasoning_summary_text.delta", SummaryIndex: &zero}, p, 0) {
				return false
			}
		}
		if !s.send(responseEvent{Type: "response.reasoning_summary_text.done", ItemID: s.item.ID, SummaryIndex: &zero, Text: part.Text}) ||
			!s.send(responseEvent{Type: "response.reasoning_summary_part.done", ItemID: s.item.ID, SummaryIndex: &zero, Part: &part}) {
			return false
		}
	}
	return s.done()
}

func (s *itemStream) message() bool {
	empty, zero, none := s.item, 0, []string{}
	empty.Content = &[]outputPart{}
	part := (*s.item.Content)[0]
	blank := textPart(part.Type, "")
	delta := responseEvent{Type: "response.output_text.delta", ContentIndex: &zero, Logprobs: &none}
	done := responseEvent{Type: "response.output_text.done", ItemID: s.item.ID, ContentIndex: &zero, Text: part.Text, Logprobs: &none}
	if part.Type == "refusal" {
		blank = outputPart{Type: "refusal", Refusal: new(string)}
		delta = responseEvent{Type: "response.refusal.delta", ContentIndex: &zero}
		done = responseEvent{Type: "response.refusal.done", ItemID: s.item.ID, ContentIndex: &zero, Refusal: part.Refusal}
	}
	if !s.added(empty) ||
		!s.send(responseEvent{Type: "response.content_part.added", ItemID: s.item.ID, ContentIndex: &zero, Part: &blank}) {
		return false
	}
	for _, p := range s.w.choice.pieces {
		if !s.sendPiece(delta, p, tokensOf(p)) {
			return false
		}
	}
	return s.send(done) &&
		s.send(responseEvent{Type: "response.content_part.done", ItemID: s.item.ID, ContentIndex: &zero, Part: &part}) &&
		s.done()
}

func (s *itemStream) call(pieces []string) bool {
	empty := s.item
	empty.Arguments = new(string)
	if !s.added(empty) {
		return false
	}
	for _, p := range pieces {
		if !s.sendPiece(responseEvent{Type: "response.function_call_arguments.delta"}, p, tokensOf(p)) {
			return false
		}
	}
	return s.send(responseEvent{Type: "response.function_call_arguments.done", ItemID: s.item.ID, Name: s.item.Name, Arguments: s.item.Arguments}) &&
		s.done()
}
