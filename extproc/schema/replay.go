package schema

// Replay turns a complete answer into the events of a stream.
func Replay(r *Response) []Event {
	events := []Event{{
		Kind: EventStart, ID: r.ID, Model: r.Model, Created: r.Created, ServiceTier: r.ServiceTier, Fingerprint: r.Fingerprint,
	}}
	for _, c := range r.Choices {
		for i, p := range c.Parts {
			events = append(events, replayPart(c.Index, i, p)...)
		}
		events = append(events, Event{
			Kind: EventStop, Choice: c.Index, Stop: c.Stop, StopSequence: c.StopSequence, StopDetail: c.StopDetail, Logprobs: c.Logprobs,
		})
	}
	if r.Usage != nil {
		events = append(events, Event{Kind: EventUsage, Usage: r.Usage})
	}
	return append(events, Event{Kind: EventEnd})
}

// replayPart is a part's start, its whole content as one delta, and its end.
func replayPart(choice, part int, p Part) []Event {
	delta := Event{Kind: EventDelta, Choice: choice, Part: part, Text: p.Text, Citations: p.Citations}
	if p.Kind == PartToolCall {
		delta.Text = p.Args
	}
	start := p
	start.Text, start.Args, start.Citations = "", "", nil
	if p.Kind == PartThinking && !p.Redacted {
		delta.Signature, start.Signature = p.Signature, ""
	}
	events := []Event{{Kind: EventPartStart, Choice: choice, Part: part, Value: start}}
	if delta.Text != "" || delta.Signature != "" || delta.Citations != nil {
		events = append(events, delta)
	}
	return append(events, Event{Kind: EventPartEnd, Choice: choice, Part: part})
}
