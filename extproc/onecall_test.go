package extproc

import (
	"slices"
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
)

func TestOfSeveralCallsTheFirstIsKept(t *testing.T) {
	var o oneCall
	if lost := o.fulfil([]string{"user", "parallel_tool_calls", "seed"}); !slices.Equal(lost, []string{"user", "seed"}) {
		t.Errorf("still lost: %v", lost)
	}
	call := func(id string) schema.Part { return schema.Part{Kind: schema.PartToolCall, ID: id} }
	r := &schema.Response{Choices: []schema.Choice{{Parts: []schema.Part{{Kind: schema.PartText, Text: "a"}, call("1"), call("2"), {Kind: schema.PartText, Text: "b"}}}}}
	o.response(r)
	if parts := r.Choices[0].Parts; len(parts) != 3 || parts[1].ID != "1" || parts[2].Text != "b" {
		t.Errorf("got %+v", parts)
	}

	var kept []schema.Event
	for _, e := range []schema.Event{
		{Kind: schema.EventStart},
		{Kind: schema.EventPartStart, Part: 0, Value: call("1")},
		{Kind: schema.EventPartStart, Part: 1, Value: call("2")},
		{Kind: schema.EventDelta, Part: 1, Text: "{}"},
		{Kind: schema.EventDelta, Part: 0, Text: "{}"},
		{Kind: schema.EventPartEnd, Part: 1},
		{Kind: schema.EventPartStart, Part: 2, Value: schema.Part{Kind: schema.PartText}},
		{Kind: schema.EventDelta, Part: 2, Text: "b"},
		{Kind: schema.EventPartStart, Choice: 1, Part: 0, Value: call("3")},
		{Kind: schema.EventStop},
	} {
		if o.keep(&e) {
			kept = append(kept, e)
		}
	}
	if len(kept) != 7 || kept[1].Value.ID != "1" || kept[2].Part != 0 || kept[3].Part != 1 || kept[4].Part != 1 || kept[5].Value.ID != "3" {
		t.Errorf("kept %+v", kept)
	}
}

func TestWithoutTheWishAllCallsStay(t *testing.T) {
	var o oneCall
	if lost := o.fulfil([]string{"seed"}); len(lost) != 1 || o.on {
		t.Errorf("%v, %v", lost, o.on)
	}
	for i := range 2 {
		if !o.keep(&schema.Event{Kind: schema.EventPartStart, Part: i, Value: schema.Part{Kind: schema.PartToolCall}}) {
			t.Error("a call was left out")
		}
	}
}
