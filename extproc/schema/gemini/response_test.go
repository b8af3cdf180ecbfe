package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genai"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/schematest"
)

// sseOf frames each object as an event.
func sseOf(objects ...string) []byte {
	var b bytes.Buffer
	for _, o := range objects {
		b.WriteString("data: " + o + "\n\n")
	}
	return b.Bytes()
}

// outline writes events in one line each.
func outline(events []schema.Event) (lines []string) {
	for i := range events {
		e := &events[i]
		line := string(e.Kind)
		switch e.Kind {
		case schema.EventPartStart:
			line += " " + string(e.Value.Kind) + " " + e.Value.Name
		case schema.EventDelta:
			line += " " + e.Text + e.Signature
		case schema.EventStop:
			line += " " + string(e.Stop) + " " + e.StopDetail
		case schema.EventUsage:
			u, _ := json.Marshal(e.Usage)
			line += " " + string(toCompact(u))
		case schema.EventError:
			line += " " + string(e.Err.Kind) + " " + e.Err.Code
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func toCompact(usage []byte) []byte {
	for _, zero := range []string{`"CachedInput":0,`, `"CacheWrite":0,`, `"CacheWrite1h":0,`, `"Reasoning":0,`, `"InputAudio":0,`, `"OutputAudio":0,`} {
		usage = bytes.ReplaceAll(usage, []byte(zero), nil)
	}
	return usage
}

func TestStreamCasesThatGatewaysGotWrong(t *testing.T) {
	chunk := func(parts, more string) string {
		return `{"candidates":[{"content":{"parts":[` + parts + `]}` + more + `}]}`
	}
	const stop = `,"finishReason":"STOP"`
	for name, tc := range map[string]struct {
		stream []string
		want   []string
	}{
		"STOP with a call means tool_calls": {
			[]string{chunk(`{"functionCall":{"name":"f","args":{}}}`, stop)},
			[]string{"start", "part_start tool_call f", "delta {}", "part_end", "stop tool_calls", "end"},
		},
		"STOP in a later chunk than the call": {
			[]string{chunk(`{"functionCall":{"name":"f"}}`, ""), chunk(`{"text":""}`, stop)},
			[]string{"start", "part_start tool_call f", "delta {}", "part_end", "stop tool_calls", "end"},
		},
		"STOP before the call": {
			[]string{chunk(`{"text":"a"}`, stop), chunk(`{"functionCall":{"name":"f"}}`, stop)},
			[]string{"start", "part_start text", "delta a", "part_end", "part_start tool_call f", "delta {}", "part_end", "stop tool_calls", "end"},
		},
		"a chunk with metadata alone, first and last": {
			[]string{`{"modelVersion":"m","usageMetadata":{"promptTokenCount":3}}`, chunk(`{"text":"a"}`, stop), `{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":0,"totalTokenCount":3}}`},
			[]string{"start", "part_start text", "delta a", "part_end", "stop end", `usage {"Input":3,"Output":0,"Total":3}`, "end"},
		},
		"totals that repeat are not added up, thoughts count as output": {
			[]string{`{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}`, chunk(`{"text":"a"}`, stop),
				`{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":5,"totalTokenCount":10}}`},
			[]string{"start", "part_start text", "delta a", "part_end", "stop end", `usage {"Input":3,"Output":7,"Reasoning":5,"Total":10}`, "end"},
		},
		"a blocked prompt": {
			[]string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3}}`},
			[]string{"start", "stop content_filter PROHIBITED_CONTENT", `usage {"Input":3,"Output":0,"Total":0}`, "end"},
		},
		"a safety stop": {
			[]string{`{"candidates":[{"finishReason":"SAFETY","safetyRatings":[]}]}`},
			[]string{"start", "stop content_filter SAFETY", "end"},
		},
		"a malformed call": {
			[]string{chunk(``, `,"finishReason":"MALFORMED_FUNCTION_CALL"`)},
			[]string{"start", "stop malformed_call MALFORMED_FUNCTION_CALL", "end"},
		},
		"a finish reason that is new": {
			[]string{chunk(`{"text":"a"}`, `,"finishReason":"TIRED"`)},
			[]string{"start", "part_start text", "delta a", "part_end", "stop other TIRED", "end"},
		},
		"the output limit with a call": {
			[]string{chunk(`{"functionCall":{"name":"f"}}`, `,"finishReason":"MAX_TOKENS"`)},
			[]string{"start", "part_start tool_call f", "delta {}", "part_end", "stop length", "end"},
		},
		"a signature on a call, carried by a thought too": {
			[]string{chunk(`{"text":"hm","thought":true}`, ""), chunk(`{"functionCall":{"name":"f"},"thoughtSignature":"c2ln"}`, stop)},
			[]string{"start", "part_start thinking", "delta hm", "delta gemini:c2ln", "part_end", "part_start tool_call f", "delta {}", "part_end", "stop tool_calls", "end"},
		},
		"a signature after the text": {
			[]string{chunk(`{"text":"a"}`, ""), chunk(`{"text":"","thoughtSignature":"c2ln"}`, stop)},
			[]string{"start", "part_start text", "delta a", "delta gemini:c2ln", "part_end", "stop end", "end"},
		},
		"overload within a stream": {
			[]string{chunk(`{"text":"a"}`, ""), `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`, chunk(`{"text":"b"}`, stop)},
			[]string{"start", "part_start text", "delta a", "error overloaded overloaded"},
		},
		"logprobs": {
			[]string{chunk(`{"text":"a"}`, `,"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]}`+stop)},
			[]string{"start", "part_start text", "delta a", "part_end", "stop end", "end"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			stream := sseOf(tc.stream...)
			r := &schema.Request{Format: schema.OpenAI}
			events := decode(t, r, stream)
			if diff := cmp.Diff(tc.want, outline(events)); diff != "" {
				t.Fatal(diff)
			}
			anySplit(t, r, stream, events)
			for _, end := range []string{"\r\n", "\r"} {
				other := bytes.ReplaceAll(stream, []byte("\n"), []byte(end))
				other = bytes.ReplaceAll(other, []byte("data: "), []byte("data:"))
				if diff := cmp.Diff(events, decode(t, r, other)); diff != "" {
					t.Fatalf("with %q: %s", end, diff)
				}
			}
		})
	}
}

func TestAStreamThatBreaksOffIsTruncated(t *testing.T) {
	for name, stream := range map[string]string{
		"nothing":         "",
		"no finish":       `data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}` + "\n\n",
		"half an event":   `data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"`,
		"only usage":      `data: {"usageMetadata":{"promptTokenCount":1}}` + "\n\n",
		"one of two ends": `data: {"candidates":[{"index":0,"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"a"}]}}]}` + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := Provider{}.NewDecoder(nil)
			events, err := d.Append(nil, []byte(stream))
			if err != nil {
				t.Fatal(err)
			}
			_, err = d.Close(events)
			var fault *schema.Error
			if !errors.As(err, &fault) || fault.Kind != schema.KindTruncated {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestABareErrorInsteadOfAStreamIsRead(t *testing.T) {
	for _, body := range []string{
		`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow down"}}`,
		"[{\n  \"error\": {\n \"code\": 429, \"status\": \"RESOURCE_EXHAUSTED\", \"message\": \"slow down\"}}\n]\n",
	} {
		events := decode(t, nil, []byte(body))
		if diff := cmp.Diff([]string{"error rate_limit rate_limit_exceeded"}, outline(events)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	header := func(name string) string { return map[string]string{"retry-after": "7"}[name] }
	for name, tc := range map[string]struct {
		status int
		body   string
		kind   schema.Kind
		code   string
		retry  time.Duration
	}{
		"rate limit with a delay": {429, `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}`, schema.KindRateLimit, "rate_limit_exceeded", 34500 * time.Millisecond},
		"in an array":             {429, `[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}]`, schema.KindRateLimit, "rate_limit_exceeded", 7 * time.Second},
		"a wrong key":             {400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`, schema.KindAuth, "invalid_api_key", 7 * time.Second},
		"context too long":        {400, `{"error":{"code":400,"message":"The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, schema.KindContextTooLong, "context_length_exceeded", 7 * time.Second},
		"no such model":           {404, `{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}`, schema.KindNotFound, "not_found", 7 * time.Second},
		"overloaded":              {503, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`, schema.KindOverloaded, "overloaded", 7 * time.Second},
		"a proxy's page":          {502, `<html>`, schema.KindBadGateway, "bad_gateway", 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			e := Provider{}.DecodeError(tc.status, header, []byte(tc.body))
			if e.Kind != tc.kind || e.Code != tc.code || e.RetryAfter != tc.retry || e.HTTPStatus() != tc.status && tc.kind != schema.KindAuth || e.Message == "" {
				t.Fatalf("got %+v", e)
			}
			status, body := Client{}.EncodeError(e)
			back := Provider{}.DecodeError(status, nil, body)
			if back.Kind != tc.kind && tc.kind != schema.KindBadGateway || back.RetryAfter != tc.retry || status != e.HTTPStatus() || tc.kind == schema.KindAuth && status != 401 {
				t.Fatalf("%d %s came back as %+v", status, body, back)
			}
		})
	}
	if e := (Provider{}).DecodeError(400, nil, []byte(`{"error":{"message":"bad key AIzaSyA1234567890abcdef"}}`)); strings.Contains(e.Message, "AIzaSy") {
		t.Errorf("a key leaks: %s", e.Message)
	}
}

// foreign is what another provider's decoder gives: interleaved parallel calls, usage after the stop.
func foreign() []schema.Event {
	return []schema.Event{
		{Kind: schema.EventStart, ID: "msg_1", Model: "claude"},
		{Kind: schema.EventPing},
		{Kind: schema.EventPartStart, Part: 0, Value: schema.Part{Kind: schema.PartThinking}},
		{Kind: schema.EventDelta, Part: 0, Text: "hm"},
		{Kind: schema.EventDelta, Part: 0, Signature: schema.Sign(schema.Anthropic, "s")},
		{Kind: schema.EventPartEnd, Part: 0},
		{Kind: schema.EventPartStart, Part: 1, Value: schema.Part{Kind: schema.PartText}},
		{Kind: schema.EventDelta, Part: 1, Text: "Hé\nllo"},
		{Kind: schema.EventDelta, Part: 1, Citations: []schema.Citation{{URL: "https://a.example", Title: "A"}}},
		{Kind: schema.EventPartEnd, Part: 1},
		{Kind: schema.EventPartStart, Part: 2, Value: schema.Part{Kind: schema.PartToolCall, ID: "t1", Name: "f"}},
		{Kind: schema.EventPartStart, Part: 3, Value: schema.Part{Kind: schema.PartToolCall, ID: "t2", Name: "g"}},
		{Kind: schema.EventDelta, Part: 2, Text: `{"a"`},
		{Kind: schema.EventDelta, Part: 3, Text: "{\"b\":\n"},
		{Kind: schema.EventDelta, Part: 2, Text: `:1}`},
		{Kind: schema.EventDelta, Part: 3, Text: `2}`},
		{Kind: schema.EventPartEnd, Part: 2},
		{Kind: schema.EventPartEnd, Part: 3},
		{Kind: schema.EventStop, Stop: schema.StopToolCalls},
		{Kind: schema.EventUsage, Usage: &schema.Usage{Input: 5, Output: 7, Reasoning: 3}},
		{Kind: schema.EventEnd},
	}
}

func TestAClientsStreamIsReadByGooglesTypes(t *testing.T) {
	r := &schema.Request{Format: schema.Gemini, Reasoning: schema.Reasoning{Summary: "auto"}}
	var fromSSE, fromArray []*genai.GenerateContentResponse
	for line := range strings.SplitSeq(string(encode(t, schema.Target{}, r, foreign())), "\n") {
		if line == "" || strings.HasPrefix(line, ":") {
			continue
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			t.Fatalf("a line that Google's SDKs do not read: %q", line)
		}
		var chunk genai.GenerateContentResponse
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Fatal(err)
		}
		fromSSE = append(fromSSE, &chunk)
	}
	array := encode(t, schema.Target{JSONArray: true}, r, foreign())
	if err := json.Unmarshal(array, &fromArray); err != nil {
		t.Fatalf("%v in %s", err, array)
	}
	if diff := cmp.Diff(fromSSE, fromArray); diff != "" {
		t.Fatal(diff)
	}
	var calls []string
	var answer strings.Builder
	for _, c := range fromSSE {
		answer.WriteString(c.Text())
		for _, f := range c.FunctionCalls() {
			args, _ := json.Marshal(f.Args)
			calls = append(calls, f.ID+" "+f.Name+" "+string(args))
		}
	}
	last := fromSSE[len(fromSSE)-1]
	if diff := cmp.Diff([]string{`t1 f {"a":1}`, `t2 g {"b":2}`}, calls); diff != "" {
		t.Error(diff)
	}
	if answer.String() != "Hé\nllo" || last.Candidates[0].FinishReason != "STOP" || last.ResponseID != "msg_1" ||
		last.UsageMetadata.CandidatesTokenCount != 4 || last.UsageMetadata.ThoughtsTokenCount != 3 || last.UsageMetadata.TotalTokenCount != 12 ||
		last.Candidates[0].GroundingMetadata.GroundingChunks[0].Web.URI != "https://a.example" {
		t.Errorf("answer %q, last chunk %+v", answer.String(), last)
	}
	// and by our own decoder
	back := decode(t, nil, encode(t, schema.Target{}, r, foreign()))
	if last := back[len(back)-3]; last.Kind != schema.EventStop || last.Stop != schema.StopToolCalls {
		t.Errorf("got %q", outline(back))
	}
}

func TestThoughtsGoOnlyToThoseWhoAsked(t *testing.T) {
	if out := encode(t, schema.Target{}, &schema.Request{}, foreign()); bytes.Contains(out, []byte(`"thought"`)) {
		t.Errorf("got %s", out)
	}
}

func TestACallThatBrokeOffIsNoCall(t *testing.T) {
	for stop, want := range map[schema.StopReason]string{schema.StopLength: "MAX_TOKENS", schema.StopToolCalls: "MALFORMED_FUNCTION_CALL"} {
		out := encode(t, schema.Target{}, nil, []schema.Event{
			{Kind: schema.EventStart},
			{Kind: schema.EventPartStart, Value: schema.Part{Kind: schema.PartToolCall, Name: "f"}},
			{Kind: schema.EventDelta, Text: `{"a":`},
			{Kind: schema.EventPartEnd},
			{Kind: schema.EventStop, Stop: stop},
			{Kind: schema.EventEnd},
		})
		if !bytes.Contains(out, []byte(want)) || bytes.Contains(out, []byte("functionCall")) {
			t.Errorf("%s: got %s", stop, out)
		}
	}
}

func TestAnErrorEndsAClientsStream(t *testing.T) {
	events := []schema.Event{
		{Kind: schema.EventStart},
		{Kind: schema.EventPartStart, Value: schema.Part{Kind: schema.PartText}},
		{Kind: schema.EventDelta, Text: "a"},
		{Kind: schema.EventError, Err: &schema.Error{Kind: schema.KindOverloaded, Status: 529, Code: "overloaded", Message: "busy"}},
	}
	back := decode(t, nil, encode(t, schema.Target{}, nil, events))
	if diff := cmp.Diff([]string{"start", "part_start text", "delta a", "error overloaded overloaded"}, outline(back)); diff != "" {
		t.Error(diff)
	}
	var list []map[string]any
	if err := json.Unmarshal(encode(t, schema.Target{JSONArray: true}, nil, events), &list); err != nil || list[1]["error"] == nil {
		t.Errorf("%v: %v", err, list)
	}
}

func TestLogprobsGoBothWays(t *testing.T) {
	body := `{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP","index":0,"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"b","logProbability":-1}]}]}}]}`
	r, err := Provider{}.DecodeResponse(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"content":[{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"b","logprob":-1,"bytes":null}]}],"refusal":null}`
	if string(r.Choices[0].Logprobs) != want {
		t.Errorf("got %s", r.Choices[0].Logprobs)
	}
	out, err := Client{}.EncodeResponse(schema.Target{}, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := schematest.DiffJSON(t, body, string(out)); diff != "" {
		t.Error(diff)
	}
}

func TestEmbeddings(t *testing.T) {
	n := 2
	r := &schema.Request{Format: schema.OpenAI, Model: "gemini-embedding-001", Embed: &schema.Embed{Input: []string{"a", "b"}, Dimensions: &n, EncodingFormat: "base64"}}
	got, _ := upstream(t, r)
	if schematest.DiffJSON(t, `{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b"}]},"outputDimensionality":2}]}`, got.Raw) != "" {
		t.Errorf("got %s", got.Raw)
	}
	answer, err := Provider{}.DecodeResponse(r, []byte(`{"embeddings":[{"values":[1,-0.5]},{"values":[0,2]}]}`))
	if err != nil || len(answer.Embeddings) != 2 || string(answer.Embeddings[0].Float) != "[1,-0.5]" || answer.Embeddings[0].Base64 != "AACAPwAAAL8=" {
		t.Errorf("got %+v, %v", answer, err)
	}
}
