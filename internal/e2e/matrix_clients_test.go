package e2e

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// apiClient is one client schema: how it asks, and how its answers are read. It shares no code with the translators.
type apiClient struct {
	name  string
	index int // of its fragment in four
	path  func(model string, stream bool) string
	hello string // the conversation of requests that bring none
	talk  string // the member that holds it
	// fill adds what every request of this schema has.
	fill  func(body, model string, stream bool) string
	read  func(r *reply, v gjson.Result)
	event func(r *reply, name string, v gjson.Result)
}

// four is what the four client schemas say, as members of the request's object. Empty: the schema has no word for it.
type four [4]string

// and joins members. What one of them cannot say, the whole cannot.
func (f four) and(more ...four) four {
	for i := range f {
		for _, m := range more {
			if f[i] == "" || m[i] == "" {
				f[i] = ""
				break
			}
			f[i] += "," + m[i]
		}
	}
	return f
}

// only leaves out the schemas that are not named.
func (f four) only(names string) four {
	for _, c := range apiClients {
		if !strings.Contains(" "+names+" ", " "+c.name+" ") {
			f[c.index] = ""
		}
	}
	return f
}

var apiClients = []apiClient{
	{
		name: "chat", index: 0, talk: "messages", hello: `"messages":[{"role":"user","content":"Hello!"}]`,
		path: func(string, bool) string { return "/v1/chat/completions" },
		fill: func(body, model string, stream bool) string {
			body = set(body, "model", model)
			if stream {
				body = set(set(body, "stream", true), "stream_options.include_usage", true)
			}
			return body
		},
		read: readChat, event: chatEvent,
	},
	{
		name: "responses", index: 1, talk: "input", hello: `"input":"Hello!"`,
		path: func(string, bool) string { return "/v1/responses" },
		fill: func(body, model string, stream bool) string {
			body = set(body, "model", model)
			if stream {
				body = set(body, "stream", true)
			}
			return body
		},
		read: readResponse, event: responseEvent,
	},
	{
		name: "messages", index: 2, talk: "messages", hello: `"messages":[{"role":"user","content":"Hello!"}]`,
		path: func(string, bool) string { return "/v1/messages" },
		fill: func(body, model string, stream bool) string {
			body = set(body, "model", model)
			if !gjson.Get(body, "max_tokens").Exists() {
				body = set(body, "max_tokens", 32000)
			}
			if stream {
				body = set(body, "stream", true)
			}
			return body
		},
		read: readMessage, event: messageEvent,
	},
	{
		name: "generate", index: 3, talk: "contents", hello: `"contents":[{"role":"user","parts":[{"text":"Hello!"}]}]`,
		path: func(model string, stream bool) string {
			if stream {
				return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse"
			}
			return "/v1beta/models/" + model + ":generateContent"
		},
		fill: func(body, _ string, _ bool) string { return body },
		read: readGenerated, event: func(r *reply, _ string, v gjson.Result) { readGenerated(r, v) },
	},
}

func set(body, path string, value any) string {
	out, err := sjson.Set(body, path, value)
	if err != nil {
		panic(err) // the table's own fault
	}
	return out
}

// body is a whole request. members are what the feature says.
func (c *apiClient) body(members, model string, stream bool) string {
	body := "{" + members + "}"
	if !json.Valid([]byte(body)) {
		panic(fmt.Sprintf("%s: the table's members are not JSON: %s", c.name, body))
	}
	if !gjson.Get(body, c.talk).Exists() {
		if body = "{" + members + "," + c.hello + "}"; members == "" {
			body = "{" + c.hello + "}"
		}
	}
	return c.fill(body, model, stream)
}

// reply is an answer in no schema.
type reply struct {
	status     int
	retryAfter string
	dropped    string // x-llmroute-dropped
	raw        string
	broken     error // the transport's

	texts     []string // of each choice
	thought   string
	signature string
	refusal   string
	calls     []madeCall
	stop      string // end, length, tools, filter, pause or context
	stopMet   string // the stop sequence
	usage     *tokens
	cites     []string // URLs or quotations
	logprobs  int
	tier      string
	model     string

	fault *apiFault
	ended bool // the stream came to its proper end
	text  int  // pieces of text
}

type madeCall struct{ id, name, args string }

type tokens struct{ input, cached, written, output, reasoning int }

// apiFault is an error as programs tell it: the word that the schema has for it.
type apiFault struct{ word, param, message string }

func (r *reply) say(choice int, text string) {
	for len(r.texts) <= choice {
		r.texts = append(r.texts, "")
	}
	if text != "" {
		r.texts[choice] += text
		r.text++
	}
}

func (r *reply) said() string { return strings.Join(r.texts, "\n") }

// argue adds to the arguments of the call at that place of the stream.
func (r *reply) argue(at int, id, name, args string) {
	for len(r.calls) <= at {
		r.calls = append(r.calls, madeCall{})
	}
	c := &r.calls[at]
	c.id, c.name, c.args = c.id+id, c.name+name, c.args+args
}

// readAnswer reads a whole answer or a stream.
func (c *apiClient) readAnswer(r *reply, stream bool) {
	if r.status != 200 || !stream {
		v := gjson.Parse(r.raw)
		if !gjson.Valid(r.raw) {
			if r.broken == nil {
				r.broken = fmt.Errorf("not JSON")
			}
			return
		}
		if r.status != 200 {
			c.fault(r, v)
			return
		}
		r.ended = true
		c.read(r, v)
		return
	}
	for frame := range strings.SplitSeq(strings.ReplaceAll(r.raw, "\r\n", "\n"), "\n\n") {
		name, data := "", ""
		for line := range strings.SplitSeq(frame, "\n") {
			if v, ok := strings.CutPrefix(line, "event: "); ok {
				name = v
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				data += v
			}
		}
		switch {
		case data == "[DONE]":
			r.ended = true
		case data != "" && gjson.Valid(data):
			v := gjson.Parse(data)
			if v.Get("error").IsObject() || v.Get("type").Str == "error" || v.Get("type").Str == "response.failed" {
				c.fault(r, v)
				continue
			}
			c.event(r, name, v)
		}
	}
}

func (c *apiClient) fault(r *reply, v gjson.Result) {
	e := v.Get("error")
	if !e.IsObject() {
		if e = v.Get("response.error"); !e.IsObject() {
			e = v // Responses' error event
		}
	}
	r.fault = &apiFault{param: e.Get("param").String(), message: e.Get("message").String()}
	switch c.name {
	case "messages":
		r.fault.word = e.Get("type").String()
	case "generate":
		r.fault.word = e.Get("status").String()
		if p := e.Get(`details.#.fieldViolations|0.0.field`); p.Exists() {
			r.fault.param = p.String()
		}
	default:
		if r.fault.word = e.Get("code").String(); r.fault.word == "" {
			r.fault.word = e.Get("type").String()
		}
	}
}
