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

// Chat Completions.

var chatStops = map[string]string{"stop": "end", "length": "length", "tool_calls": "tools", "function_call": "tools", "content_filter": "filter"}

func readChat(r *reply, v gjson.Result) {
	for _, c := range v.Get("choices").Array() {
		chatPart(r, c, c.Get("message"))
	}
	chatRest(r, v)
}

func chatEvent(r *reply, _ string, v gjson.Result) {
	for _, c := range v.Get("choices").Array() {
		chatPart(r, c, c.Get("delta"))
	}
	chatRest(r, v)
}

func chatPart(r *reply, c, m gjson.Result) {
	choice := int(c.Get("index").Int())
	r.say(choice, m.Get("content").String())
	r.refusal += m.Get("refusal").String()
	r.thought += m.Get("reasoning_content").String()
	for _, d := range m.Get("reasoning_details").Array() {
		r.signature += d.Get("signature").String()
	}
	for i, call := range m.Get("tool_calls").Array() {
		if at := call.Get("index"); at.Exists() {
			i = int(at.Int())
		}
		r.argue(i, call.Get("id").String(), call.Get("function.name").String(), call.Get("function.arguments").String())
	}
	if f := m.Get("function_call"); f.IsObject() {
		r.argue(0, "", f.Get("name").String(), f.Get("arguments").String())
	}
	for _, a := range m.Get("annotations").Array() {
		r.cites = append(r.cites, a.Get("url_citation.url").String())
	}
	r.logprobs += len(c.Get("logprobs.content").Array())
	if s := c.Get("finish_reason"); s.Type == gjson.String {
		r.stop = chatStops[s.Str]
	}
}

func chatRest(r *reply, v gjson.Result) {
	r.keep(v.Get("model").String(), v.Get("service_tier").String())
	if u := v.Get("usage"); u.IsObject() {
		r.usage = &tokens{
			num(u, "prompt_tokens"), num(u, "prompt_tokens_details.cached_tokens"), num(u, "prompt_tokens_details.cache_write_tokens"),
			num(u, "completion_tokens"), num(u, "completion_tokens_details.reasoning_tokens"),
		}
	}
}

func (r *reply) keep(model, tier string) {
	if model != "" {
		r.model = model
	}
	if tier != "" {
		r.tier = tier
	}
}

func num(v gjson.Result, path string) int { return int(v.Get(path).Int()) }

// Responses.

func readResponse(r *reply, v gjson.Result) {
	for _, item := range v.Get("output").Array() {
		switch item.Get("type").Str {
		case "message":
			for _, p := range item.Get("content").Array() {
				r.say(0, p.Get("text").String())
				r.refusal += p.Get("refusal").String()
				r.logprobs += len(p.Get("logprobs").Array())
				for _, a := range p.Get("annotations").Array() {
					r.cites = append(r.cites, a.Get("url").String())
				}
			}
		case "reasoning":
			for _, p := range item.Get("summary").Array() {
				r.thought += p.Get("text").String()
			}
			for _, p := range item.Get("content").Array() {
				r.thought += p.Get("text").String()
			}
			r.signature += item.Get("encrypted_content").String()
		case "function_call":
			r.argue(len(r.calls), item.Get("call_id").String(), item.Get("name").String(), item.Get("arguments").String())
		}
	}
	switch {
	case v.Get("incomplete_details.reason").Str == "max_output_tokens":
		r.stop = "length"
	case v.Get("incomplete_details.reason").Str == "content_filter":
		r.stop = "filter"
	case len(r.calls) > 0:
		r.stop = "tools"
	case v.Get("status").Str == "completed":
		r.stop = "end"
	}
	r.keep(v.Get("model").String(), v.Get("service_tier").String())
	if u := v.Get("usage"); u.IsObject() {
		r.usage = &tokens{
			num(u, "input_tokens"), num(u, "input_tokens_details.cached_tokens"), num(u, "input_tokens_details.cache_write_tokens"),
			num(u, "output_tokens"), num(u, "output_tokens_details.reasoning_tokens"),
		}
	}
}

// responseEvent reads the last event, which has the whole answer, and checks the deltas against it.
func responseEvent(r *reply, _ string, v gjson.Result) {
	switch kind := v.Get("type").Str; kind {
	case "response.output_text.delta":
		r.say(0, v.Get("delta").Str)
	case "response.completed", "response.incomplete":
		streamed, pieces := r.said(), r.text
		r.ended, r.texts = true, nil
		readResponse(r, v.Get("response"))
		r.text = pieces
		if streamed != r.said() {
			r.broken = fmt.Errorf("the deltas say %q, the whole says %q", streamed, r.said())
		}
	}
}

// Messages.

var messageStops = map[string]string{
	"end_turn": "end", "stop_sequence": "end", "max_tokens": "length", "tool_use": "tools", "refusal": "filter",
	"pause_turn": "pause", "model_context_window_exceeded": "context",
}

func readMessage(r *reply, v gjson.Result) {
	for _, b := range v.Get("content").Array() {
		messageBlock(r, b, len(r.calls))
		if b.Get("type").Str == "tool_use" {
			r.calls[len(r.calls)-1].args = b.Get("input").Raw
		}
	}
	messageStop(r, v)
	r.keep(v.Get("model").String(), "")
	messageUsage(r, v.Get("usage"))
}

func messageBlock(r *reply, b gjson.Result, at int) {
	switch b.Get("type").Str {
	case "text":
		r.say(0, b.Get("text").String())
		for _, c := range b.Get("citations").Array() {
			r.cite(c)
		}
	case "thinking":
		r.thought += b.Get("thinking").String()
		r.signature += b.Get("signature").String()
	case "tool_use":
		r.argue(at, b.Get("id").String(), b.Get("name").String(), "")
	}
}

func (r *reply) cite(c gjson.Result) {
	if url := c.Get("url").String(); url != "" {
		r.cites = append(r.cites, url)
		return
	}
	r.cites = append(r.cites, c.Get("cited_text").String())
}

func messageStop(r *reply, v gjson.Result) {
	if s := v.Get("stop_reason"); s.Type == gjson.String {
		r.stop, r.stopMet = messageStops[s.Str], v.Get("stop_sequence").String()
	}
}

func messageUsage(r *reply, u gjson.Result) {
	if !u.IsObject() {
		return
	}
	if r.usage == nil {
		r.usage = &tokens{}
	}
	cached, written := num(u, "cache_read_input_tokens"), num(u, "cache_creation_input_tokens")
	if u.Get("input_tokens").Exists() {
		r.usage.input, r.usage.cached, r.usage.written = num(u, "input_tokens")+cached+written, cached, written
	}
	r.usage.output = num(u, "output_tokens")
	r.keep("", u.Get("service_tier").String())
}

func messageEvent(r *reply, name string, v gjson.Result) {
	kind := v.Get("type").Str
	if kind != name {
		r.broken = fmt.Errorf("event %q holds %q", name, kind)
	}
	// Calls are told apart by the index of their block.
	at := num(v, "index")
	switch kind {
	case "message_start":
		r.keep(v.Get("message.model").String(), "")
		messageUsage(r, v.Get("message.usage"))
	case "content_block_start":
		messageBlock(r, v.Get("content_block"), at)
	case "content_block_delta":
		d := v.Get("delta")
		switch d.Get("type").Str {
		case "text_delta":
			r.say(0, d.Get("text").String())
		case "thinking_delta":
			r.thought += d.Get("thinking").String()
		case "signature_delta":
			r.signature += d.Get("signature").String()
		case "input_json_delta":
			r.argue(at, "", "", d.Get("partial_json").String())
		case "citations_delta":
			r.cite(d.Get("citation"))
		}
	case "message_delta":
		messageStop(r, v.Get("delta"))
		messageUsage(r, v.Get("usage"))
	case "message_stop":
		r.ended = true
		var made []madeCall
		for _, c := range r.calls {
			if c.name != "" {
				if c.args == "" {
					c.args = "{}"
				}
				made = append(made, c)
			}
		}
		r.calls = made
	}
}

// generateContent.

var generateStops = map[string]string{
	"STOP": "end", "MAX_TOKENS": "length", "SAFETY": "filter", "RECITATION": "filter", "PROHIBITED_CONTENT": "filter", "BLOCKLIST": "filter", "SPII": "filter",
	"FUNCTION_CALL": "tools", // which Google does not say, but aimock
}

func readGenerated(r *reply, v gjson.Result) {
	for _, c := range v.Get("candidates").Array() {
		choice := int(c.Get("index").Int())
		r.say(choice, "")
		for _, p := range c.Get("content.parts").Array() {
			switch {
			case p.Get("thought").Bool():
				r.thought += p.Get("text").String()
			case p.Get("functionCall").Exists():
				args := p.Get("functionCall.args").Raw
				if args == "" {
					args = "{}"
				}
				r.argue(len(r.calls), p.Get("functionCall.id").String(), p.Get("functionCall.name").String(), args)
			default:
				r.say(choice, p.Get("text").String())
			}
			r.signature += p.Get("thoughtSignature").String()
		}
		for _, g := range c.Get("groundingMetadata.groundingChunks").Array() {
			r.cites = append(r.cites, g.Get("web.uri").String())
		}
		for _, g := range c.Get("citationMetadata.citationSources").Array() {
			r.cites = append(r.cites, g.Get("uri").String())
		}
		r.logprobs += len(c.Get("logprobsResult.chosenCandidates").Array())
		if s := c.Get("finishReason").String(); s != "" {
			r.ended = true
			if r.stop = generateStops[s]; len(r.calls) > 0 && r.stop == "end" {
				r.stop = "tools"
			}
		}
	}
	if v.Get("promptFeedback.blockReason").Exists() {
		r.ended, r.stop = true, "filter"
	}
	r.keep(v.Get("modelVersion").String(), v.Get("usageMetadata.serviceTier").String())
	if u := v.Get("usageMetadata"); u.IsObject() {
		r.usage = &tokens{
			num(u, "promptTokenCount"), num(u, "cachedContentTokenCount"), 0,
			num(u, "candidatesTokenCount") + num(u, "thoughtsTokenCount"), num(u, "thoughtsTokenCount"),
		}
	}
}
