package openai

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

// calls reads the tool calls of a delta:
//
//	{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}
//	{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}
func (d *chatDecoder) calls(c *streamChoice, delta *members) error {
	var err error
	walk(delta.get("tool_calls"), func(v gjson.Result) bool {
		err = d.call(c, v)
		return err == nil
	})
	if legacy := delta.get("function_call"); legacy.IsObject() && err == nil {
		call := d.find(c, gjson.Result{}, "")
		if call == nil {
			call, err = d.newCall(c, 0, newID("call_"))
		}
		if err == nil {
			err = d.extend(c, call, legacy, "")
		}
	}
	return err
}

func (d *chatDecoder) call(c *streamChoice, v gjson.Result) error {
	index, id, function := v.Get("index"), v.Get("id").String(), v.Get("function")
	call := d.find(c, index, id)
	// Some servers give all parallel calls the index 0: another id with another name begins another call.
	if call != nil && id != "" && call.id != "" && call.id != id && function.Get("name").String() != "" {
		call = nil
	}
	if call == nil {
		var err error
		if call, err = d.newCall(c, count0(v, "index"), id); err != nil {
			return err
		}
	}
	return d.extend(c, call, function, v.Get("extra_content.google.thought_signature").String())
}

// find gives the call that a delta continues: by its index, or its id, or else the last.
func (d *chatDecoder) find(c *streamChoice, index gjson.Result, id string) *streamCall {
	for i := len(c.calls) - 1; i >= 0; i-- {
		call := &c.calls[i]
		switch {
		case index.Type == gjson.Number:
			if call.key == int(index.Num) {
				return call
			}
		case id != "":
			if call.id == id {
				return call
			}
		default:
			return call
		}
	}
	return nil
}

func (d *chatDecoder) newCall(c *streamChoice, key int, id string) (*streamCall, error) {
	if len(c.calls) == maxCalls {
		return nil, broken("the provider's stream has too many tool calls")
	}
	c.calls = append(c.calls, streamCall{key: key, id: id, part: -1})
	return &c.calls[len(c.calls)-1], nil
}

// extend adds a piece to a call, which begins once its name is known.
func (d *chatDecoder) extend(c *streamChoice, call *streamCall, function gjson.Result, signature string) error {
	args := arguments(function.Get("arguments"))
	if call.part < 0 {
		name := function.Get("name").String()
		if name == "" {
			if len(call.held)+len(args) > maxHeldArgs {
				return broken("the provider's stream has a tool call without a name")
			}
			call.held += args
			call.sign += signature
			return nil
		}
		d.begin(c, call, name, call.sign+signature)
		signature = ""
		args, call.held = call.held+args, ""
	}
	if args != "" {
		d.emit(schema.Event{Kind: schema.EventDelta, Choice: c.index, Part: call.part, Text: args})
	}
	if signature != "" {
		value := schema.Part{Kind: schema.PartToolCall}
		sign(&value, schema.Gemini, signature)
		d.emit(signed(c.index, call.part, value))
	}
	return nil
}

func (d *chatDecoder) begin(c *streamChoice, call *streamCall, name, signature string) {
	d.closeOpen(c)
	call.part = c.parts
	c.parts++
	value := schema.Part{Kind: schema.PartToolCall, ID: idOr(call.id, "call_"), Name: d.names.Client(name)}
	if signature != "" {
		sign(&value, schema.Gemini, signature)
	}
	d.emit(schema.Event{Kind: schema.EventPartStart, Choice: c.index, Part: call.part, Value: value})
}

// signed is the event that gives a part its signature.
func signed(choice, part int, value schema.Part) schema.Event {
	e := schema.Event{Kind: schema.EventDelta, Choice: choice, Part: part, Signature: value.Signature}
	e.Value = schema.Part{Kind: value.Kind, SignedBy: value.SignedBy}
	return e
}
