package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/tidwall/gjson"
)

// canned is an answer that the demo providers do not give by themselves, in one wire format: whole, and as the events of a
// stream. Those of Converse begin with their name.
type canned struct {
	whole  string
	events []string
}

const cannedHeader = "x-canned"

// serveCanned answers requests that name a feature with what it has for the wire format, and hands on all others.
func serveCanned(provider string) func(http.Handler) http.Handler {
	return func(demo http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := r.Header.Get(cannedHeader)
			for i := range features {
				if name == "" || features[i].name != name {
					continue
				}
				demo.ServeHTTP(discard{http.Header{}}, r.Clone(r.Context())) // so that it is on record
				c := features[i].canned[wireOf(r.URL.Path)]
				body, kind := c.body(provider, wireOf(r.URL.Path), strings.Contains(r.URL.Path, "tream") || isStreamed(r))
				w.Header().Set("content-type", kind)
				_, _ = w.Write(body)
				return
			}
			demo.ServeHTTP(w, r)
		})
	}
}

// isStreamed: the demo has read the body and left the length.
func isStreamed(r *http.Request) bool { return r.Header.Get("x-canned-stream") != "" }

// discard is a response that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func (c *canned) body(provider, wire string, stream bool) (body []byte, kind string) {
	if !stream {
		return []byte(c.whole), "application/json"
	}
	var b bytes.Buffer
	for _, e := range c.events {
		switch {
		case provider == "claude-bedrock":
			b.Write(awsFrame("chunk", fmt.Sprintf(`{"bytes":%q}`, base64.StdEncoding.EncodeToString([]byte(e)))))
		case wire == "converse":
			name, payload, _ := strings.Cut(e, " ")
			b.Write(awsFrame(name, payload))
		case wire == "messages" || wire == "responses":
			fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", gjson.Get(e, "type").Str, e)
		default:
			fmt.Fprintf(&b, "data: %s\n\n", e)
		}
	}
	if wire == "chat" {
		b.WriteString("data: [DONE]\n\n")
	}
	if wire == "converse" || provider == "claude-bedrock" {
		return b.Bytes(), "application/vnd.amazon.eventstream"
	}
	return b.Bytes(), "text/event-stream"
}

func awsFrame(event, payload string) []byte {
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue("event"))
	m.Headers.Set(":event-type", eventstream.StringValue(event))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
		panic(err) // the table's own fault
	}
	return b.Bytes()
}

// Beginnings and ends that the canned answers share.
const (
	chatWhole    = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",%s},"finish_reason":"%s"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}`
	chatPiece    = `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{%s},"finish_reason":null}]}`
	chatEnd      = `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}`
	chatUsage    = `{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}`
	messageWhole = `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[%s],"stop_reason":"%s","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":4}}`
	messageBegin = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}`
	messageEnd   = `{"type":"message_delta","delta":{"stop_reason":"%s","stop_sequence":null},"usage":{"output_tokens":4}}`
	generated    = `{"candidates":[{"content":{"role":"model","parts":[%s]},"index":0%s}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13},"modelVersion":"m","responseId":"r1"}`
	conversed    = `{"output":{"message":{"role":"assistant","content":[%s]}},"stopReason":"%s","usage":{"inputTokens":9,"outputTokens":4,"totalTokens":13},"metrics":{"latencyMs":1}}`
	converseEnd  = `metadata {"usage":{"inputTokens":9,"outputTokens":4,"totalTokens":13},"metrics":{"latencyMs":1}}`
)

// messageText is a text block in a stream of Messages, with further deltas.
func messageText(text string, more ...string) []string {
	out := []string{
		messageBegin, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		fmt.Sprintf(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%q}}`, text),
	}
	return append(append(out, more...), `{"type":"content_block_stop","index":0}`)
}

func messageDone(events []string, stop string) []string {
	return append(events, fmt.Sprintf(messageEnd, stop), `{"type":"message_stop"}`)
}

const (
	grounding = `,"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/a","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":0,"endIndex":16,"text":"The sky is blue."},"groundingChunkIndices":[0]}]}`
	citedText = `{"type":"web_search_result_location","url":"https://example.com/a","title":"A","encrypted_index":"e","cited_text":"blue"}`
	twoCalls  = `{"type":"function","id":"call_1","function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}},{"type":"function","id":"call_2","function":{"name":"get_weather","arguments":"{\"city\":\"London\"}"}}`
)

var cannedFeatures = []feature{
	{name: "citations of web pages", canned: map[string]*canned{
		"chat": {
			fmt.Sprintf(chatWhole, `"content":"The sky is blue.","annotations":[{"type":"url_citation","url_citation":{"url":"https://example.com/a","title":"A","start_index":0,"end_index":16}}]`, "stop"),
			[]string{
				fmt.Sprintf(chatPiece, `"role":"assistant","content":"The sky is blue."`),
				fmt.Sprintf(chatPiece, `"annotations":[{"type":"url_citation","url_citation":{"url":"https://example.com/a","title":"A","start_index":0,"end_index":16}}]`),
				fmt.Sprintf(chatEnd, "stop"), chatUsage,
			},
		},
		"messages": {
			fmt.Sprintf(messageWhole, `{"type":"text","text":"The sky is blue.","citations":[`+citedText+`]}`, "end_turn"),
			messageDone(messageText("The sky is blue.", `{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":`+citedText+`}}`), "end_turn"),
		},
		"generate": {
			fmt.Sprintf(generated, `{"text":"The sky is blue."}`, grounding),
			[]string{fmt.Sprintf(generated, `{"text":"The sky is blue."}`, ""), fmt.Sprintf(generated, `{"text":""}`, grounding)},
		},
	}, got: func(r *reply, _ *crossing) string {
		if len(r.cites) != 1 || r.cites[0] != "https://example.com/a" || r.said() != "The sky is blue." {
			return fmt.Sprintf("%q cites %q", r.said(), r.cites)
		}
		return ""
	}},
	{name: "calls whose pieces interleave", ask: saying("weather").and(weather), canned: map[string]*canned{"chat": {
		fmt.Sprintf(chatWhole, `"content":null,"tool_calls":[`+twoCalls+`]`, "tool_calls"),
		[]string{
			fmt.Sprintf(chatPiece, `"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]`),
			fmt.Sprintf(chatPiece, `"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"get_weather","arguments":"{\"ci"}}]`),
			fmt.Sprintf(chatPiece, `"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]`),
			fmt.Sprintf(chatPiece, `"tool_calls":[{"index":1,"function":{"arguments":"ty\":\"London\"}"}},{"index":0,"function":{"arguments":"\"Paris\"}"}}]`),
			fmt.Sprintf(chatEnd, "tool_calls"), chatUsage,
		},
	}}, got: calls(`get_weather {"city":"Paris"}`, `get_weather {"city":"London"}`)},
	{name: "a call, and its end in a later chunk", ask: saying("weather").and(weather), canned: map[string]*canned{"generate": {
		fmt.Sprintf(generated, `{"functionCall":{"name":"get_weather","args":{"city":"Paris"}}}`, `,"finishReason":"STOP"`),
		[]string{
			fmt.Sprintf(generated, `{"functionCall":{"name":"get_weather","args":{"city":"Paris"}}}`, ""),
			`{"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13},"modelVersion":"m","responseId":"r1"}`,
			fmt.Sprintf(generated, `{"text":""}`, `,"finishReason":"STOP"`),
		},
	}}, got: calls(`get_weather {"city":"Paris"}`)},
	{name: "stop: recitation", canned: map[string]*canned{"generate": {
		fmt.Sprintf(generated, `{"text":"It was"}`, `,"finishReason":"RECITATION"`),
		[]string{fmt.Sprintf(generated, `{"text":"It was"}`, ""), fmt.Sprintf(generated, `{"text":""}`, `,"finishReason":"RECITATION"`)},
	}}, got: stopsFor("filter")},
	{name: "stop: a malformed call", ask: saying("weather").and(weather), canned: map[string]*canned{"generate": {
		fmt.Sprintf(generated, `{"text":""}`, `,"finishReason":"MALFORMED_FUNCTION_CALL"`),
		[]string{fmt.Sprintf(generated, `{"text":""}`, `,"finishReason":"MALFORMED_FUNCTION_CALL"`)},
	}}, fails: true, got: func(r *reply, _ *crossing) string {
		if len(r.calls) > 0 || r.stop == "tools" || r.broken != nil || !r.ended && r.fault == nil {
			return fmt.Sprintf("calls %v, stopped for %s, %v", r.calls, r.stop, r.broken)
		}
		return ""
	}},
	{name: "stop: the context window is full", canned: map[string]*canned{
		"messages": {fmt.Sprintf(messageWhole, `{"type":"text","text":"It was"}`, "model_context_window_exceeded"), messageDone(messageText("It was"), "model_context_window_exceeded")},
		"converse": {
			fmt.Sprintf(conversed, `{"text":"It was"}`, "model_context_window_exceeded"),
			[]string{
				`messageStart {"role":"assistant"}`, `contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"It was"}}`, `contentBlockStop {"contentBlockIndex":0}`,
				`messageStop {"stopReason":"model_context_window_exceeded"}`, converseEnd,
			},
		},
	}, got: stopsFor("length context")},
	{name: "stop: a pause of a long turn", canned: map[string]*canned{
		"messages": {fmt.Sprintf(messageWhole, `{"type":"text","text":"Searching"}`, "pause_turn"), messageDone(messageText("Searching"), "pause_turn")},
	}, fails: true, got: func(r *reply, x *crossing) string {
		if r.said() != "Searching" || !r.ended || x.client.name == "messages" && r.stop != "pause" {
			return fmt.Sprintf("%q, stopped for %s", r.said(), r.stop)
		}
		return ""
	}},
	{name: "usage whose input comes last", canned: map[string]*canned{"messages": {
		fmt.Sprintf(messageWhole, `{"type":"text","text":"Hi"}`, "end_turn"),
		[]string{
			`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}`, `{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":2}}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":4}}`, `{"type":"message_stop"}`,
		},
	}}, got: func(r *reply, _ *crossing) string {
		if r.usage.input != 9 || r.usage.output != 4 {
			return fmt.Sprintf("%+v", *r.usage)
		}
		return ""
	}},
}

func stopsFor(words string) func(*reply, *crossing) string {
	return func(r *reply, _ *crossing) string {
		if !strings.Contains(" "+words+" ", " "+r.stop+" ") || r.said() != "It was" {
			return fmt.Sprintf("%q, stopped for %s", r.said(), r.stop)
		}
		return ""
	}
}
