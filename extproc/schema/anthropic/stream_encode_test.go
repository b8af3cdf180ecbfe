package anthropic

import (
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/sse"
)

func part(n int, value schema.Part) schema.Event {
	return schema.Event{Kind: schema.EventPartStart, Part: n, Value: value}
}

func delta(n int, s string) schema.Event {
	return schema.Event{Kind: schema.EventDelta, Part: n, Text: s}
}

func partEnd(n int) schema.Event { return schema.Event{Kind: schema.EventPartEnd, Part: n} }

func stop(reason schema.StopReason) schema.Event {
	return schema.Event{Kind: schema.EventStop, Stop: reason}
}

var (
	start    = schema.Event{Kind: schema.EventStart, ID: "chatcmpl-1", Model: "gpt-5"}
	theEnd   = schema.Event{Kind: schema.EventEnd}
	aThought = schema.Part{Kind: schema.PartThinking}
	aText    = schema.Part{Kind: schema.PartText}
)

// outline writes a client's stream so that a test can be read.
func outline(t *testing.T, stream string) []string {
	t.Helper()
	var p sse.Parser
	var lines []string
	err := p.Append([]byte(stream), func(event string, data []byte) error {
		v := gjson.ParseBytes(data)
		if v.Get("type").String() != event {
			t.Errorf("event %q holds %s", event, data)
		}
		line := event
		switch event {
		case "content_block_start":
			line = fmt.Sprintf("%d %s", v.Get("index").Int(), v.Get("content_block").Raw)
		case "content_block_delta":
			d := v.Get("delta")
			line = fmt.Sprintf("%d %s %s", v.Get("index").Int(), d.Get("type"), d.Get("text").String()+d.Get("thinking").String()+d.Get("signature").String()+d.Get("partial_json").String()+d.Get("citation.url").String())
		case "content_block_stop":
			line = fmt.Sprintf("%d stop", v.Get("index").Int())
		case "message_delta":
			line += " " + v.Get("delta.stop_reason").String()
		case "error":
			line += " " + v.Get("error.type").String()
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestEncodeStream(t *testing.T) {
	const (
		textBlock = ` {"type":"text","text":""}`
		tool      = ` {"type":"tool_use","id":"%s","name":"f","input":{}}`
	)
	toolA, toolB := fmt.Sprintf(tool, "a"), fmt.Sprintf(tool, "b")
	for name, tc := range map[string]struct {
		events []schema.Event
		want   []string
	}{
		"text": {
			[]schema.Event{start, part(0, aText), delta(0, "a"), delta(0, "b"), partEnd(0), stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + textBlock, "0 text_delta a", "0 text_delta b", "0 stop", "message_delta end_turn", "message_stop"},
		},
		"interleaved calls go to their own blocks, one after the other (case 2)": {
			[]schema.Event{start, part(0, call("a", "f", "")), part(1, call("b", "f", "")), delta(0, "1"), delta(1, "x"), delta(0, "2"), delta(1, "y"), partEnd(0), partEnd(1), stop(schema.StopToolCalls), theEnd},
			[]string{"message_start", "0" + toolA, "0 input_json_delta 1", "0 input_json_delta 2", "0 stop", "1" + toolB, "1 input_json_delta xy", "1 stop", "message_delta tool_use", "message_stop"},
		},
		"calls whose end comes last of all": {
			[]schema.Event{start, part(0, call("a", "f", "")), delta(0, "1"), part(1, call("b", "f", "")), delta(1, "x"), stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + toolA, "0 input_json_delta 1", "0 stop", "1" + toolB, "1 input_json_delta x", "1 stop", "message_delta tool_use", "message_stop"},
		},
		"thoughts end when text begins, though no one says so": {
			[]schema.Event{start, part(0, aThought), delta(0, "hm"), part(1, aText), delta(1, "a"), {Kind: schema.EventDelta, Part: 0, Signature: schema.Sign(schema.Anthropic, "s")}, stop(schema.StopEnd), theEnd},
			[]string{"message_start", `0 {"type":"thinking","thinking":"","signature":""}`, "0 thinking_delta hm", "0 stop", "1" + textBlock, "1 text_delta a", "1 stop",
				`2 {"type":"thinking","thinking":"","signature":""}`, "2 signature_delta s", "2 stop", "message_delta end_turn", "message_stop"},
		},
		"text that goes on during a call follows it": {
			[]schema.Event{start, part(0, aText), delta(0, "a"), part(1, call("a", "f", "")), delta(0, "b"), delta(1, "{}"), delta(0, "c"), partEnd(1), delta(0, "d"), partEnd(0), stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + textBlock, "0 text_delta a", "0 stop", "1" + toolA, "1 input_json_delta {}", "1 stop", "2" + textBlock, "2 text_delta bc", "2 text_delta d", "2 stop", "message_delta tool_use", "message_stop"},
		},
		"empty text makes no block": {
			[]schema.Event{start, part(0, aText), delta(0, ""), partEnd(0), part(1, call("a", "f", "")), partEnd(1), stop(schema.StopToolCalls), theEnd},
			[]string{"message_start", "0" + toolA, "0 stop", "message_delta tool_use", "message_stop"},
		},
		"signatures of calls and text have no place": {
			[]schema.Event{start, part(0, aText), {Kind: schema.EventDelta, Part: 0, Signature: "gemini:s"}, partEnd(0), part(1, schema.Part{Kind: schema.PartToolCall, ID: "a", Name: "f", Signature: "gemini:s"}), delta(1, "{}"), partEnd(1), stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + toolA, "0 input_json_delta {}", "0 stop", "message_delta tool_use", "message_stop"},
		},
		"hidden thoughts, citations, and what only this API knows": {
			[]schema.Event{start, part(0, schema.Part{Kind: schema.PartThinking, Redacted: true, Signature: "openai:x"}), partEnd(0),
				part(1, schema.Part{Kind: schema.PartOther, Raw: json.RawMessage(`{"type":"web_search_tool_result"}`)}), partEnd(1),
				part(2, schema.Part{Kind: schema.PartOther, Raw: json.RawMessage(`{"type":"web_search_call"}`)}), partEnd(2),
				part(3, schema.Part{Kind: schema.PartImage}), delta(3, "AAAA"), partEnd(3),
				part(4, aText), {Kind: schema.EventDelta, Part: 4, Text: "a", Citations: []schema.Citation{{URL: "https://a"}}}, partEnd(4), stop(schema.StopEnd), theEnd},
			[]string{"message_start", `0 {"type":"redacted_thinking","data":"openai:x"}`, "0 stop", `1 {"type":"web_search_tool_result"}`, "1 stop",
				"2" + textBlock, "2 text_delta a", "2 citations_delta https://a", "2 stop", "message_delta end_turn", "message_stop"},
		},
		"a refusal": {
			[]schema.Event{start, part(0, schema.Part{Kind: schema.PartRefusal}), delta(0, "no"), partEnd(0), stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + textBlock, "0 text_delta no", "0 stop", "message_delta refusal", "message_stop"},
		},
		"nothing is said before there is content, so an error is all there is (case 18)": {
			[]schema.Event{start, {Kind: schema.EventPing}, {Kind: schema.EventError, Err: &schema.Error{Kind: schema.KindOverloaded, Message: "x"}}},
			[]string{"error overloaded_error"},
		},
		"an error in the middle": {
			[]schema.Event{start, part(0, aText), delta(0, "a"), {Kind: schema.EventPing}, {Kind: schema.EventError, Err: &schema.Error{Kind: schema.KindTruncated, Message: "x"}}, theEnd},
			[]string{"message_start", "0" + textBlock, "0 text_delta a", "ping", "error api_error"},
		},
		"an empty answer": {
			[]schema.Event{start, stop(schema.StopLength), theEnd}, []string{"message_start", "message_delta max_tokens", "message_stop"},
		},
		"other choices have no place": {
			[]schema.Event{start, {Kind: schema.EventPartStart, Choice: 1, Value: aText}, {Kind: schema.EventDelta, Choice: 1, Text: "z"}, part(0, aText), delta(0, "a"),
				{Kind: schema.EventPartEnd, Choice: 1}, partEnd(0), {Kind: schema.EventStop, Choice: 1, Stop: schema.StopLength}, stop(schema.StopEnd), theEnd},
			[]string{"message_start", "0" + textBlock, "0 text_delta a", "0 stop", "message_delta end_turn", "message_stop"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			stream := encodeStream(t, tc.events)
			if diff := cmp.Diff(tc.want, outline(t, stream)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestUsageComesWithTheEnd(t *testing.T) {
	stream := encodeStream(t, []schema.Event{start, part(0, aText), delta(0, "a"), partEnd(0), stop(schema.StopEnd),
		{Kind: schema.EventUsage, Usage: &schema.Usage{Input: 100, CachedInput: 60, CacheWrite: 10, Output: 7, Reasoning: 3}}, theEnd})
	var message sdk.Message
	accumulate(t, stream, &message)
	u := message.Usage
	if u.InputTokens != 30 || u.CacheReadInputTokens != 60 || u.CacheCreationInputTokens != 10 || u.OutputTokens != 7 || u.OutputTokensDetails.ThinkingTokens != 3 {
		t.Errorf("the SDK counts %s", u.RawJSON())
	}
}

// accumulate reads a stream as anthropic-sdk-go does.
func accumulate(t *testing.T, stream string, message *sdk.Message) {
	t.Helper()
	var p sse.Parser
	err := p.Append([]byte(stream), func(_ string, data []byte) error {
		var event sdk.MessageStreamEventUnion
		if err := json.Unmarshal(data, &event); err != nil {
			return err
		}
		return message.Accumulate(event)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEncodedStreamsAreWhatTheSDKReads(t *testing.T) {
	stream := encodeStream(t, []schema.Event{start, part(0, aThought), delta(0, "hm"), {Kind: schema.EventDelta, Part: 0, Signature: "gemini:s"}, partEnd(0),
		part(1, aText), delta(1, "Hé "), delta(1, "\"you\"\n"), part(2, call("a", "f", "")), part(3, call("b", "g", "")), delta(3, `{"x":`), delta(2, `{}`), delta(3, `1}`), partEnd(2), partEnd(3), partEnd(1),
		stop(schema.StopToolCalls), theEnd})
	var message sdk.Message
	accumulate(t, stream, &message)
	got := fmt.Sprint(len(message.Content), message.Content[0].Thinking, message.Content[0].Signature, message.Content[1].Text, string(message.Content[2].Input), message.Content[3].Name, string(message.Content[3].Input), message.StopReason)
	if want := "4hmgemini:sHé \"you\"\n{}g{\"x\":1}tool_use"; got != want {
		t.Errorf("the SDK reads %q, want %q", got, want)
	}
}
