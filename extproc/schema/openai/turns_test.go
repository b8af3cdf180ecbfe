package openai

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// FIELD 35: what a client got, it sends back next turn; signatures and thoughts must survive that.

func TestThoughtsAndSignaturesSurviveAChatClientsNextTurn(t *testing.T) {
	answer := fullAnswer()
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpChat}, answer)
	if err != nil {
		t.Fatal(err)
	}
	next := `{"model":"m","messages":[{"role":"user","content":"hi"},` + gjson.GetBytes(body, "choices.0.message").Raw + `]}`
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpChat}, []byte(next))
	if err != nil {
		t.Fatal(err)
	}
	checkTurn(t, r.Messages[1].Parts)
	if got := r.Messages[1].Parts[3]; got.Signature != "gemini:g1" {
		t.Errorf("signature of the call: %q", got.Signature)
	}
}

func TestThoughtsAndSignaturesSurviveAResponsesClientsNextTurn(t *testing.T) {
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpResponses}, fullAnswer())
	if err != nil {
		t.Fatal(err)
	}
	next := `{"model":"m","input":` + gjson.GetBytes(body, "output").Raw + `}`
	r, err := Client{}.DecodeRequest(schema.Target{Op: schema.OpResponses}, []byte(next))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Messages) != 1 {
		t.Fatalf("%d messages", len(r.Messages))
	}
	parts := r.Messages[0].Parts
	parts[2].Text += parts[3].Text // two texts here, one in Chat Completions
	checkTurn(t, append(append([]schema.Part{}, parts[:3]...), parts[4:]...))
}

func checkTurn(t *testing.T, got []schema.Part) {
	t.Helper()
	want := fullAnswer().Choices[0].Parts
	if len(got) != 5 {
		t.Fatalf("%d parts: %+v", len(got), got)
	}
	if got[0].Text != "hm" || got[0].Signature != want[0].Signature || got[0].Redacted {
		t.Errorf("thought %+v", got[0])
	}
	if !got[1].Redacted || got[1].Signature != want[1].Signature {
		t.Errorf("redacted thought %+v", got[1])
	}
	if got[2].Kind != schema.PartText || got[2].Text != "Grüße <b>" {
		t.Errorf("text %+v", got[2])
	}
	if got[3].ID != "c1" || got[3].Args != `{"a":"\n"}` || got[4].ID != "c2" || got[4].Args != "{}" {
		t.Errorf("calls %+v", got[3:])
	}
}

func TestOpenAIsOwnEncryptedThoughtsGoBackBare(t *testing.T) {
	item := `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}`
	answer, err := Provider{}.DecodeResponse(&schema.Request{Via: schema.OpResponses}, []byte(`{"id":"resp_1","status":"completed","output":[`+item+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := &schema.Request{Via: schema.OpResponses, Model: "gpt-5", Messages: []schema.Message{{Role: schema.RoleAssistant, Parts: answer.Choices[0].Parts}}}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := schematest.DiffJSON(t, item, gjson.GetBytes(out.Body, "input.0").Raw); diff != "" {
		t.Error(diff)
	}
}

func TestChatAnswersOfServersThatDiffer(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       schema.Choice
		usage      *schema.Usage
	}{
		{
			name: "DeepSeek: thoughts and cache hits",
			body: `{"choices":[{"index":0,"message":{"role":"assistant","content":"a","reasoning_content":"h"},"finish_reason":"stop"}],
				"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":8,"completion_tokens_details":{"reasoning_tokens":2}}}`,
			want:  schema.Choice{Stop: schema.StopEnd, Parts: []schema.Part{{Kind: schema.PartThinking, Text: "h"}, text("a")}},
			usage: &schema.Usage{Input: 10, Output: 5, CachedInput: 8, Reasoning: 2},
		},
		{
			name: "FIELD 22: xAI counts thoughts beside the answer",
			body: `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],
				"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7}}}`,
			want:  schema.Choice{Stop: schema.StopEnd, Parts: []schema.Part{text("a")}},
			usage: &schema.Usage{Input: 10, Output: 12, Reasoning: 7, Total: 22},
		},
		{
			name: "a forced call that ends with stop",
			body: `{"choices":[{"message":{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}`,
			want: schema.Choice{Stop: schema.StopToolCalls, Parts: []schema.Part{{Kind: schema.PartToolCall, ID: "c", Name: "f", Args: "{}"}}},
		},
		{
			name: "a refusal, and a reason that nobody knows",
			body: `{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"weird"}]}`,
			want: schema.Choice{Stop: schema.StopOther, StopDetail: "weird", Parts: []schema.Part{{Kind: schema.PartRefusal, Text: "no"}}},
		},
		{
			name: "Mistral's content in parts",
			body: `{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h"}]},{"type":"text","text":"a"}]},"finish_reason":"model_length"}]}`,
			want: schema.Choice{Stop: schema.StopContextWindow, Parts: []schema.Part{{Kind: schema.PartThinking, Text: "h"}, text("a")}},
		},
		{
			name: "OpenRouter's picture",
			body: `{"choices":[{"message":{"content":"","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]},"finish_reason":"stop"}]}`,
			want: schema.Choice{Stop: schema.StopEnd, Parts: []schema.Part{{Kind: schema.PartImage, Media: schema.Media{Type: "image/png", Data: "AA"}}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Provider{}.DecodeResponse(&schema.Request{}, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Choices[0]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.usage, got.Usage); diff != "" {
				t.Errorf("usage -want +got:\n%s", diff)
			}
		})
	}
}

func TestAnswersThatAreNoneAreErrors(t *testing.T) {
	for _, c := range []struct {
		name, body string
		op         schema.Op
		kind       schema.Kind
	}{
		{"not JSON", `<html>`, schema.OpChat, schema.KindBadGateway},
		{"empty", ``, schema.OpChat, schema.KindBadGateway},
		{"a list", `[]`, schema.OpChat, schema.KindBadGateway},
		{"no choices", `{"choices":[]}`, schema.OpChat, schema.KindBadGateway},
		{"FIELD 46: an error with status 200", `{"error":{"message":"slow","code":429}}`, schema.OpChat, schema.KindRateLimit},
		{"an error that is a word", `{"error":"model is loading"}`, schema.OpChat, schema.KindBadGateway},
		{"a failed response", `{"status":"failed","output":[],"error":{"code":"server_error","message":"x"}}`, schema.OpResponses, schema.KindInternal},
		{"a response without output", `{"status":"completed"}`, schema.OpResponses, schema.KindBadGateway},
		{"completion without choices", `{}`, schema.OpCompletions, schema.KindBadGateway},
		{"too deep for a parser that recurses", deep(1 << 20), schema.OpChat, schema.KindBadGateway},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Provider{}.DecodeResponse(&schema.Request{Via: c.op}, []byte(c.body))
			if e, ok := err.(*schema.Error); !ok || e.Kind != c.kind {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestToolNamesThatOpenAIRefusesComeBackAsTheyWere(t *testing.T) { // FIELD 30
	long := "mcp__server.with.dots/and:colons__" + string(make([]byte, 0, 8)) + "a_very_long_name_that_goes_on_beyond_sixty_four_letters"
	r := &schema.Request{Model: "m", Tools: []schema.Tool{{Kind: schema.ToolFunction, Name: long}, {Kind: schema.ToolFunction, Name: "ok"}},
		ToolChoice: schema.ToolChoice{Mode: schema.ToolNamed, Name: long}}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	sent := gjson.GetBytes(out.Body, "tools.0.function.name").String()
	if !toolNames.Takes(sent) || gjson.GetBytes(out.Body, "tool_choice.function.name").String() != sent {
		t.Fatalf("sent %q in %s", sent, out.Body)
	}
	call := `{"index":0,"id":"c","type":"function","function":{"name":"` + sent + `","arguments":"{}"}}`
	answer, err := Provider{}.DecodeResponse(r, []byte(`{"choices":[{"message":{"tool_calls":[`+call+`]},"finish_reason":"tool_calls"}]}`))
	if err != nil || answer.Choices[0].Parts[0].Name != long {
		t.Errorf("%v: %+v", err, answer)
	}
	events, err := schematest.Decode(Provider{}.NewDecoder(r), []byte(chunks(delta(`"tool_calls":[`+call+`]`, "tool_calls"), "[DONE]")))
	if err != nil || events[1].Value.Name != long {
		t.Errorf("%v: %s", err, script(events))
	}
}

func TestLegacyFunctionClientsGetFunctionCalls(t *testing.T) {
	asked := &schema.Request{LegacyFunctions: true}
	answer := fullAnswer()
	answer.Request = asked
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpChat}, answer)
	if err != nil {
		t.Fatal(err)
	}
	choice := gjson.GetBytes(body, "choices.0")
	if choice.Get("message.function_call.name").String() != "f" || choice.Get("finish_reason").String() != "function_call" || choice.Get("message.tool_calls").Exists() {
		t.Errorf("%s", body)
	}
	events, err := schematest.Decode(Provider{}.NewDecoder(nil), []byte(written(t, schema.OpChat, asked, schema.Replay(answer))))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, e := range events {
		if e.Kind == schema.EventPartStart && e.Value.Kind == schema.PartToolCall {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("%d calls in %s", calls, script(events))
	}
}

// A stream that this face wrote, read by its own provider face, says the same.
func TestStreamsSurviveBothFaces(t *testing.T) {
	for _, op := range []schema.Op{schema.OpChat, schema.OpResponses} {
		stream := written(t, op, &schema.Request{IncludeUsage: true}, schema.Replay(fullAnswer()))
		events, err := schematest.Decode(Provider{}.NewDecoder(&schema.Request{Via: op}), []byte(stream))
		if err != nil {
			t.Fatal(err)
		}
		var thought, said, args string
		var usage *schema.Usage
		kinds := map[int]schema.PartKind{}
		for _, e := range events {
			switch e.Kind {
			case schema.EventPartStart:
				kinds[e.Part] = e.Value.Kind
			case schema.EventDelta:
				switch kinds[e.Part] {
				case schema.PartThinking:
					thought += e.Text + e.Signature
				case schema.PartText:
					said += e.Text
				case schema.PartToolCall:
					args += e.Text
				}
			case schema.EventUsage:
				usage = e.Usage
			}
		}
		last := events[len(events)-1].Kind
		if said != "Grüße <b>" || args != `{"a":"\n"}{}` || last != schema.EventEnd || usage.Reasoning != 2 || usage.CacheWrite != 1 {
			t.Errorf("%s: %q %q %s %+v", op, said, args, last, usage)
		}
		if op == schema.OpChat && thought != "hmanthropic:s1" {
			t.Errorf("thought %q", thought)
		}
	}
}

func TestWriterEscapesLikeJSON(t *testing.T) {
	for _, s := range []string{"", "a\"b\\c\n\r\t\x00\x1f<>&\u2028", "Grüße 👋", "bad \xff utf8 \xe2\x28", "\xf0\x9f"} {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		want, _ := json.Marshal(s)
		var clean string
		if err := json.Unmarshal(want, &clean); err != nil || got != clean {
			t.Errorf("%q became %q, want %q", s, got, clean)
		}
	}
}
