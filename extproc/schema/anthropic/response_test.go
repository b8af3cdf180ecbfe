package anthropic

import (
	"encoding/json"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
)

func answerOf(members string) string {
	return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",` + members + `}`
}

func decodeAnswer(t *testing.T, r *schema.Request, body string) *schema.Response {
	t.Helper()
	got, err := Provider{}.DecodeResponse(r, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDecodeResponse(t *testing.T) {
	got := decodeAnswer(t, foreign("claude-haiku-4-5"), answerOf(`"content":[
		{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"redacted_thinking","data":"EmwK"},
		{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},
		{"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"c","document_index":0,"document_title":"d","start_char_index":0,"end_char_index":1}]},
		{"type":"tool_use","id":"toolu_1","name":"f","input":{"a": 1}},{"type":"tool_use","id":"toolu_2","name":"g"}],
		"stop_reason":"tool_use","stop_sequence":null,
		"usage":{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},
			"output_tokens":50,"output_tokens_details":{"thinking_tokens":20},"service_tier":"priority"}`))
	want := &schema.Response{
		ID: "msg_1", Model: "claude-haiku-4-5", ServiceTier: "priority",
		Choices: []schema.Choice{{Stop: schema.StopToolCalls, Parts: []schema.Part{
			{Kind: schema.PartThinking, Text: "hm", Signature: "anthropic:EqQB", SignedBy: schema.Anthropic},
			{Kind: schema.PartThinking, Redacted: true, Signature: "anthropic:EmwK", SignedBy: schema.Anthropic},
			{Kind: schema.PartOther, Raw: json.RawMessage(`{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}}`)},
			{Kind: schema.PartText, Text: "x", Citations: []schema.Citation{{Title: "d", CitedText: "c",
				Raw: json.RawMessage(`{"type":"char_location","cited_text":"c","document_index":0,"document_title":"d","start_char_index":0,"end_char_index":1}`)}}},
			call("toolu_1", "f", `{"a": 1}`), call("toolu_2", "g", "{}"),
		}}},
		// cases 23, 24: input counts cache reads and writes, once
		Usage: &schema.Usage{Input: 2310, CachedInput: 2000, CacheWrite: 300, CacheWrite1h: 200, Output: 50, Reasoning: 20},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStopReasons(t *testing.T) {
	for word, want := range map[string]schema.StopReason{ // cases 6, 45
		"end_turn": schema.StopEnd, "max_tokens": schema.StopLength, "stop_sequence": schema.StopSequence, "tool_use": schema.StopToolCalls,
		"pause_turn": schema.StopPause, "refusal": schema.StopRefusal, "model_context_window_exceeded": schema.StopContextWindow, "new_word": schema.StopOther,
	} {
		got := decodeAnswer(t, foreign("m"), answerOf(`"content":[],"stop_reason":"`+word+`"`)).Choices[0]
		if got.Stop != want {
			t.Errorf("%s: %s", word, got.Stop)
		}
		back, err := Client{}.EncodeResponse(schema.Target{}, &schema.Response{Choices: []schema.Choice{got}})
		if reason := gjson.GetBytes(back, "stop_reason").String(); err != nil || reason != word && word != "new_word" {
			t.Errorf("%s comes back as %s, %v", word, reason, err)
		}
	}
	refusal := decodeAnswer(t, foreign("m"), answerOf(`"content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber"}`))
	if got := refusal.Choices[0].StopDetail; got != "cyber" {
		t.Errorf("detail %q", got)
	}
	for name, tc := range map[string]struct {
		stop  schema.StopReason
		parts []schema.Part
		want  string
	}{
		"a call ends a turn whatever the provider says (case 5)": {schema.StopEnd, []schema.Part{call("a", "f", "")}, "tool_use"},
		"a cut call is cut":  {schema.StopLength, []schema.Part{call("a", "f", "")}, "max_tokens"},
		"a refusal in parts": {schema.StopEnd, []schema.Part{{Kind: schema.PartRefusal, Text: "no"}}, "refusal"},
		"a filter":           {schema.StopContentFilter, nil, "refusal"},
		"a malformed call":   {schema.StopMalformedCall, nil, "end_turn"},
		"nothing said":       {"", nil, "end_turn"},
	} {
		body, err := Client{}.EncodeResponse(schema.Target{}, &schema.Response{Choices: []schema.Choice{{Stop: tc.stop, Parts: tc.parts}}})
		if got := gjson.GetBytes(body, "stop_reason").String(); err != nil || got != tc.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	for body, want := range map[string]schema.Kind{
		``:                schema.KindBadGateway,
		`{"id":`:          schema.KindBadGateway,
		`[]`:              schema.KindBadGateway,
		`{"content":"x"}`: schema.KindBadGateway,
		`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`: schema.KindOverloaded,
		`{"error":{"message":"x"}}`: schema.KindInternal,
	} {
		_, err := Provider{}.DecodeResponse(foreign("m"), []byte(body))
		if e := asError(t, err); e.Kind != want {
			t.Errorf("%s: %v", body, e.Kind)
		}
	}
}

func TestToolNamesComeBackAsTheClientKnowsThem(t *testing.T) {
	r := foreign("claude-haiku-4-5")
	r.Tools = []schema.Tool{function("math.add"), function("plain")}
	got := decodeAnswer(t, r, answerOf(`"content":[{"type":"tool_use","id":"a","name":"`+toolNames.Fit("math.add")+`","input":{}},{"type":"tool_use","id":"b","name":"plain","input":{}}]`))
	if a, b := got.Choices[0].Parts[0].Name, got.Choices[0].Parts[1].Name; a != "math.add" || b != "plain" {
		t.Errorf("names %q, %q", a, b)
	}
}

func TestJSONAnswersAreUnwrapped(t *testing.T) {
	schemaAnswer := foreign("claude-3-7-sonnet-latest")
	schemaAnswer.Output = schema.OutputFormat{Kind: schema.OutputSchema, Schema: json.RawMessage(`{"type":"object"}`)}
	words := foreign("claude-haiku-4-5")
	words.Output.Kind = schema.OutputJSON
	for name, tc := range map[string]struct {
		r       *schema.Request
		content string
		want    []schema.Part
		stop    schema.StopReason
	}{
		"the tool's input is the text": {schemaAnswer, `{"type":"tool_use","id":"a","name":"json_answer","input":{"x":1}}`, []schema.Part{text(`{"x":1}`)}, schema.StopEnd},
		"a call beside it is a call": {schemaAnswer, `{"type":"tool_use","id":"a","name":"json_answer","input":{"x":1}},{"type":"tool_use","id":"b","name":"f","input":{}}`,
			[]schema.Part{text(`{"x":1}`), call("b", "f", "{}")}, schema.StopToolCalls},
		"a fence is taken off": {words, `{"type":"text","text":"` + "```json\\n{\\\"x\\\":1}\\n```" + `"}`, []schema.Part{text(`{"x":1}`)}, schema.StopToolCalls},
	} {
		t.Run(name, func(t *testing.T) {
			got := decodeAnswer(t, tc.r, answerOf(`"content":[`+tc.content+`],"stop_reason":"tool_use"`)).Choices[0]
			if diff := cmp.Diff(tc.want, got.Parts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got.Stop != tc.stop {
				t.Errorf("stop %s", got.Stop)
			}
		})
	}
}

func TestEncodedAnswersAreWhatTheSDKReads(t *testing.T) {
	r := &schema.Response{
		ID: "chatcmpl-1", Model: "gpt-5", ServiceTier: "default",
		Usage: &schema.Usage{Input: 100, CachedInput: 60, CacheWrite: 30, CacheWrite1h: 10, Output: 9, Reasoning: 4},
		Choices: []schema.Choice{{Stop: schema.StopToolCalls, Parts: []schema.Part{
			{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Gemini, "sig")},
			{Kind: schema.PartThinking, Redacted: true, Signature: "enc", SignedBy: schema.OpenAI},
			{Kind: schema.PartThinking},
			{Kind: schema.PartText, Text: "see", Citations: []schema.Citation{{URL: "https://a", Title: "t"}}},
			text(""), {Kind: schema.PartImage, Media: schema.Media{Data: png}}, {Kind: schema.PartOther, Raw: json.RawMessage(`{"type":"image_generation_call"}`)},
			call("call_1", "f", `{"a":1}`), call("", "g", ""),
		}}, {Index: 1, Parts: []schema.Part{text("another")}}},
	}
	body, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpMessages}, r)
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, string(body), `{"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"gpt-5","content":[
		{"type":"thinking","thinking":"hm","signature":"gemini:sig"},{"type":"redacted_thinking","data":"openai:enc"},
		{"type":"text","text":"see","citations":[{"type":"web_search_result_location","url":"https://a","title":"t","cited_text":"","encrypted_index":""}]},
		{"type":"tool_use","id":"call_1","name":"f","input":{"a":1}},{"type":"tool_use","id":"toolu_8","name":"g","input":{}}],
		"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,
			"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},"output_tokens":9,"output_tokens_details":{"thinking_tokens":4},"service_tier":"standard"}}`)
	var message sdk.Message
	if err := json.Unmarshal(body, &message); err != nil {
		t.Fatal(err)
	}
	if len(message.Content) != 5 || message.Content[0].AsThinking().Signature != "gemini:sig" || message.Content[3].AsToolUse().Name != "f" ||
		message.StopReason != sdk.StopReasonToolUse || message.Usage.CacheReadInputTokens != 60 {
		t.Errorf("the SDK reads %+v", message)
	}
}

func TestFences(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`:                        `{"a":1}`,
		"```json\n{\"a\":1}\n```":        `{"a":1}`,
		" \n```\n{\"a\":1}\n```\n \n":    `{"a":1}`,
		"```json\n{\"a\":\"`` x\"}\n```": "{\"a\":\"`` x\"}",
		"```":                            "```",
		"``":                             "``",
		"":                               "",
		" [1] ":                          " [1] ",
		"Here: ```json\n{}\n```":         "Here: ```json\n{}\n```",
		"```json\n{\"cut\":":             `{"cut":`,
	} {
		if got := unfenced(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		var f fence
		piecewise := ""
		for _, c := range in {
			piecewise += f.add(string(c))
		}
		if piecewise += f.end(); piecewise != want {
			t.Errorf("%q piece by piece: %q, want %q", in, piecewise, want)
		}
	}
}

func TestSchemasThatFit(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string"}}}`:                                                                       `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`,
		`{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"enum":["x",1]}},"additionalProperties":false}`:        `{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"enum":["x",1]}},"additionalProperties":false}`,
		`{"type":"array","items":{"oneOf":[{"type":"null"},{"const":1}]},"minItems":3,"description":"d"}`:                              `{"type":"array","items":{"anyOf":[{"type":"null"},{"const":1}]},"description":"d {minItems: 3}"}`,
		`{"type":"string","format":"date","pattern":"^a"}`:                                                                             `{"type":"string","format":"date","description":"{pattern: \"^a\"}"}`,
		`{"type":"object","additionalProperties":{"type":"string"}}`:                                                                   "",
		`{"type":"object","properties":{"a":{"oneOf":[{"const":"x"}],"discriminator":{"propertyName":"k"}}},"propertyOrdering":["a"]}`: `{"type":"object","properties":{"a":{"anyOf":[{"const":"x"}]}},"additionalProperties":false}`,
		`{"type":"object"}`: "",
		`{"type":"object","properties":{"a":{"$ref":"#"}}}`:                                                                                 "",
		`{"type":"object","properties":{"a":{"$ref":"https://x"}}}`:                                                                         "",
		`{"type":"object","properties":{"a":{"enum":[{}]}}}`:                                                                                "",
		`{"type":"object","properties":{"a":true}}`:                                                                                         "",
		`{"type":"array","prefixItems":[{"type":"string"}]}`:                                                                                "",
		`{"$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/a"}}}},"$ref":"#/$defs/a"}`:                                      "",
		`{"type":"object","properties":{"x":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/a"}}}}}`: "",
		``: "",
	} {
		got, ok := fitSchema([]byte(in))
		if ok != (want != "") {
			t.Errorf("%s: fits %v: %s", in, ok, got)
		} else if ok {
			sameJSON(t, string(got), want)
		}
	}
}

func FuzzDecodeResponse(f *testing.F) {
	for _, seed := range []string{
		answerOf(`"content":[{"type":"text","text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}`),
		answerOf(`"content":[{"type":"tool_use","id":"a","name":"f","input":{"a":[1]}},{"type":"thinking","thinking":"x","signature":"y"}]`),
		`{"type":"error","error":{"type":"api_error","message":"x"}}`, `{"input_tokens":3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := foreign("claude-haiku-4-5")
		r.Output.Kind = schema.OutputJSON
		got, err := Provider{}.DecodeResponse(r, body)
		if err != nil {
			asError(t, err)
			return
		}
		out, err := Client{}.EncodeResponse(schema.Target{Op: schema.OpMessages}, got)
		if err != nil || !json.Valid(out) {
			t.Fatalf("%v: %s", err, out)
		}
		if _, err := (Provider{}).DecodeResponse(foreign("claude-haiku-4-5"), out); err != nil {
			t.Fatalf("refused what was written: %v: %s", err, out)
		}
	})
}
