package extproc

import (
	"slices"

	"github.com/llmroute/llmroute/extproc/schema"
)

// parallelCalls names the wish for one call at a time among a provider's losses. llmroute fulfils it itself where the
// provider cannot: further calls of an answer are left out. The model makes them again when it has seen the first
// one's result.
const parallelCalls = "parallel_tool_calls"

// oneCall leaves out all calls of a choice but the first. The zero value leaves out nothing.
type oneCall struct {
	on    bool
	parts map[partOf]int // the index that a part of a stream gets; gone if it is left out
	next  map[int]int    // the index of the next part, by choice
	made  map[int]bool   // whether a choice has its call
}

type partOf struct{ choice, part int }

const gone = -1

func newOneCall() oneCall {
	return oneCall{on: true, parts: map[partOf]int{}, next: map[int]int{}, made: map[int]bool{}}
}

// fulfil takes the wish off the losses, if it is among them.
func (o *oneCall) fulfil(lost []string) []string {
	i := slices.Index(lost, parallelCalls)
	if i < 0 {
		return lost
	}
	*o = newOneCall()
	return slices.Delete(slices.Clone(lost), i, i+1)
}

// response leaves out the further calls of a complete answer.
func (o *oneCall) response(r *schema.Response) {
	if !o.on {
		return
	}
	for i := range r.Choices {
		c, made := &r.Choices[i], false
		c.Parts = slices.DeleteFunc(c.Parts, func(p schema.Part) bool {
			further := p.Kind == schema.PartToolCall && made
			made = made || p.Kind == schema.PartToolCall
			return further
		})
	}
}

// keep reports whether an event stays, and gives it the index that its part has now.
func (o *oneCall) keep(e *schema.Event) bool {
	if !o.on {
		return true
	}
	at := partOf{e.Choice, e.Part}
	switch e.Kind {
	case schema.EventPartStart:
		if isCall := e.Value.Kind == schema.PartToolCall; isCall && o.made[e.Choice] {
			o.parts[at] = gone
			return false
		} else if isCall {
			o.made[e.Choice] = true
		}
		o.parts[at] = o.next[e.Choice]
		o.next[e.Choice]++
	case schema.EventDelta, schema.EventPartEnd:
	default:
		return true
	}
	index, known := o.parts[at]
	if known {
		e.Part = index
	}
	return index != gone
}
