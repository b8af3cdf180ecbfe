package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestAStreamIsToldByItsBytesWhereItsTypeDoesNotSay: servers that follow OpenAI are known to answer with server-sent events under
// other types, or under none.
func TestAStreamIsToldByItsBytesWhereItsTypeDoesNotSay(t *testing.T) {
	const chunk = `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hello"},"finish_reason":null}]}` + "\n\n"
	const stream = chunk + `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}` + "\n\ndata: [DONE]\n\n"
	const whole = `{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}`
	s := start(t, `
providers:
  odd: {schema: openai, endpoint: "${odd}", auth: {bearer: "${odd_key}"}}
  gone: {schema: openai, endpoint: "${gone}", auth: {bearer: "${gone_key}"}}
models:
  gpt: {provider: odd, name: gpt-5-mini}
  lost: {provider: gone, name: gpt-5}
aliases: {both: both}
routes: [{name: both, models: [lost, gpt], strategy: priority}, {name: default, models: ["*"]}]
`, farEnd{name: "gone", schema: "openai", refused: true}, farEnd{name: "odd", schema: "openai", handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		name, begin, _ := strings.Cut(gjson.GetBytes(body, "messages.0.content").String(), ";")
		w.Header()["Content-Type"] = nil
		if name != "none" {
			w.Header()["Content-Type"] = []string{name}
		}
		switch begin {
		case "json":
			_, _ = io.WriteString(w, "\n \n"+whole)
			return
		case "slow": // a byte at a time, after a mark and blank lines
			for _, c := range []byte("\xef\xbb\xbf\r\n\n" + stream) {
				_, _ = w.Write([]byte{c})
				_ = http.NewResponseController(w).Flush()
			}
			return
		}
		_, _ = io.WriteString(w, begin+stream)
	})})
	for _, kind := range []string{"text/plain", "none", "application/x-ndjson", "text/plain;: a comment\n\n", "none;id: 1\n", "none;retry: 10\n", "none;event: message\n", "none;slow", "text/plain;json", "none;json"} {
		for _, model := range []string{"gpt", "both"} { // by the answer stage, and behind the door
			t.Run(strings.ReplaceAll(kind, "\n", "")+" for "+model, func(t *testing.T) {
				prompt := strings.ReplaceAll(kind, "\n", `\n`)
				got := s.do("POST", "/v1/messages", []byte(`{"model":"`+model+`","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"`+prompt+`"}]}`))
				if got.status != 200 || !strings.Contains(got.body, `"text":"hello"`) || !strings.Contains(got.body, "message_stop") || !strings.HasPrefix(got.header.Get("content-type"), "text/event-stream") {
					t.Errorf("translated: status %d, %s: %s", got.status, got.header.Get("content-type"), got.body)
				}
				got = s.chat(`{"model":"` + model + `","stream":true,"messages":[{"role":"user","content":"` + prompt + `"}]}`)
				if got.status != 200 || !strings.Contains(got.body, `"content":"hello"`) || strings.Contains(got.body, "usage") != strings.HasSuffix(kind, ";json") {
					t.Errorf("watched: status %d: %s", got.status, got.body)
				}
			})
		}
	}
}
