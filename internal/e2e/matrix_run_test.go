package e2e

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/internal/demo"
)

// feature is a row of the table of compatibility.
type feature struct {
	name string
	ask  four   // what each client says, as members of its request
	deed string // what the provider does, as its x-demo header says it

	// saw is what a provider must have seen, by its wire format, or by client>wire, where it was translated: lines of
	// "path = text" or "path ~ part of the text", and "-" for nothing in particular. A wire that is missing has no
	// place for it: the request is refused, or x-llmroute-dropped names what was left out. Nil: not looked at.
	saw map[string]string
	// got returns what is wrong with an answer, or "".
	got func(r *reply, x *crossing) string
	// fails says that the answer is an error: got judges that.
	fails bool
	// then makes a second request of the first one's answer, whose answer counts.
	then bool
	// canned answers instead of the demo provider, by wire format. Where there is none, the feature is not tried.
	canned map[string]*canned
	once   string // "json" or "stream": the row is about only one of them
}

// crossing is one request on its way from a client schema to a provider.
type crossing struct {
	client   *apiClient
	feature  *feature
	provider string
	stream   bool
	wire     string // what the provider saw
	direct   bool   // no translation
	seen     *demo.Recorded
}

// cell is what became of a feature between a client schema and a provider.
type cell struct {
	dropped string // parameters that the provider did not get
	refused string // the parameter for which the request was refused
	wire    string
	fault   string // what is wrong
}

// wires tells the wire format by the path of a request.
var wires = []struct{ path, wire string }{
	{"/chat/completions", "chat"}, {"/responses", "responses"}, {"/messages", "messages"}, {"/invoke", "messages"},
	{"awPredict", "messages"}, {"enerateContent", "generate"}, {"/converse", "converse"},
}

func wireOf(path string) string {
	for _, w := range wires {
		if strings.Contains(path, w.path) {
			return w.wire
		}
	}
	return "?"
}

// cross plays a feature between client and provider, as JSON and as a stream.
func (s *stack) cross(t *testing.T, f *feature, c *apiClient, provider string) cell {
	members := strings.Trim(f.ask[c.index], ", ")
	if f.then {
		first := s.send(t, &crossing{client: c, provider: provider, feature: f}, members, f.deed)
		if first.fault != nil {
			return s.refusal(f, &crossing{client: c, provider: provider}, first)
		}
		members = c.reply(members, first)
	}
	var out cell
	for _, stream := range []bool{false, true} {
		if f.once == "json" && stream || f.once == "stream" && !stream {
			continue
		}
		x := &crossing{client: c, feature: f, provider: provider, stream: stream}
		got := s.judge(f, x, members, s.send(t, x, members, f.deed))
		if got.fault != "" {
			got.fault = fmt.Sprintf("stream %v: %s", stream, got.fault)
			return got
		}
		out = got
	}
	return out
}

// send sends one request and reads its answer.
func (s *stack) send(t *testing.T, x *crossing, members, deed string) *reply {
	c := x.client
	model := "m-" + x.provider
	p := s.providers[x.provider]
	if p != nil {
		p.Forget()
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+c.path(model, x.stream), strings.NewReader(c.body(members, model, x.stream)))
	if err != nil {
		return &reply{broken: err}
	}
	req.Header.Set("content-type", "application/json")
	if c.name == "messages" {
		req.Header.Set("anthropic-version", "2023-06-01")
	}
	if deed != "" {
		req.Header.Set("x-demo", deed)
	}
	if x.feature != nil && x.feature.canned != nil {
		req.Header.Set(cannedHeader, x.feature.name)
		if x.stream {
			req.Header.Set("x-canned-stream", "1")
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return &reply{broken: err}
	}
	defer resp.Body.Close()
	r := &reply{status: resp.StatusCode, retryAfter: resp.Header.Get("retry-after"), dropped: resp.Header.Get("x-llmroute-dropped")}
	text, err := readBody(resp)
	r.raw, r.broken = string(text), err
	x.wire = expectedWire(c, x.provider)
	if p != nil {
		if seen := p.Requests(); len(seen) > 0 {
			x.seen = &seen[len(seen)-1]
			x.wire = wireOf(x.seen.Path)
		}
	}
	x.direct = x.wire == c.name && !strings.HasPrefix(x.provider, "claude-")
	c.readAnswer(r, x.stream)
	return r
}

// readBody undoes the content-encoding, which is the client's part of HTTP.
func readBody(resp *http.Response) ([]byte, error) {
	var r io.Reader = resp.Body
	var err error
	switch resp.Header.Get("content-encoding") {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	}
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if n := resp.ContentLength; err == nil && n >= 0 && resp.Header.Get("content-encoding") == "" && !resp.Uncompressed && int64(len(text)) != n {
		err = errors.New("content-length is wrong")
	}
	return text, err
}

// expectedWire is what a provider is asked in.
func expectedWire(c *apiClient, provider string) string {
	if c.name == "responses" && (provider == "openai" || provider == "azure") {
		return c.name
	}
	return wireByProvider[provider]
}

// refusal judges an error answer.
func (s *stack) refusal(f *feature, x *crossing, r *reply) cell {
	what := regexp.MustCompile(`cannot take (.+?); leave it out`).FindStringSubmatch(r.fault.message)
	word := map[string]string{"chat": "unsupported_parameter", "responses": "unsupported_parameter", "messages": "invalid_request_error", "generate": "INVALID_ARGUMENT"}[x.client.name]
	switch {
	case what == nil || r.fault.word != word:
		return cell{fault: fmt.Sprintf("%d %s: %s", r.status, r.fault.word, r.fault.message)}
	case r.status != http.StatusBadRequest:
		return cell{fault: fmt.Sprintf("refused with status %d", r.status)}
	case r.fault.param == "" || !strings.HasPrefix(what[1], r.fault.param):
		return cell{fault: fmt.Sprintf("refused for %s, but names the parameter %q", what[1], r.fault.param)}
	}
	return cell{refused: what[1], wire: wireByProvider[x.provider]}
}

// judge says what became of a request.
func (s *stack) judge(f *feature, x *crossing, members string, r *reply) cell {
	out := cell{dropped: r.dropped, wire: x.wire}
	fault := func(format string, args ...any) cell {
		out.fault = fmt.Sprintf(format, args...) + "\n  answer: " + clip(r.raw)
		if x.seen != nil {
			out.fault += "\n  the provider saw " + x.seen.Path + " " + clip(string(x.seen.Body))
		}
		return out
	}
	if f.fails {
		if wrong := f.got(r, x); wrong != "" {
			return fault("%s", wrong)
		}
		return out
	}
	if r.fault != nil && r.status != http.StatusOK {
		refused := s.refusal(f, x, r)
		if refused.fault != "" {
			return fault("%s", refused.fault)
		}
		return refused
	}
	switch {
	case r.broken != nil:
		return fault("%v", r.broken)
	case r.fault != nil:
		return fault("an error in the stream: %+v", *r.fault)
	case !r.ended:
		return fault("the stream has no end")
	case x.seen == nil && s.providers[x.provider] != nil:
		return fault("the provider saw nothing")
	case r.model == "" && !x.direct:
		return fault("no model")
	case r.stop == "":
		return fault("no reason to stop")
	case s.providers[x.provider] == nil: // another's server, which need not count
	case r.usage == nil || r.usage.input == 0 || r.usage.output == 0 && r.said() != "":
		return fault("usage: %+v", r.usage)
	}
	if wrong := x.looksRight(f, members, r.dropped); wrong != "" {
		return fault("%s", wrong)
	}
	if f.got != nil {
		if wrong := f.got(r, x); wrong != "" {
			return fault("%s", wrong)
		}
	}
	return out
}

// looksRight judges what the provider saw.
func (x *crossing) looksRight(f *feature, members, dropped string) string {
	if x.seen == nil { // another's server
		return ""
	}
	body := string(x.seen.Body)
	if x.direct && isForeign(members) {
		return ""
	}
	if x.direct {
		wrong := ""
		gjson.Parse("{" + members + "}").ForEach(func(name, v gjson.Result) bool {
			if got := gjson.Get(body, name.Str).Raw; got != v.Raw {
				wrong = fmt.Sprintf("%s was changed to %q", name.Str, got)
			}
			return wrong == ""
		})
		return wrong
	}
	if f.saw == nil {
		return ""
	}
	want, known := f.saw[x.client.name+">"+x.wire]
	if !known {
		want, known = f.saw[x.wire]
	}
	if !known && dropped == "" {
		return "has no place for it, and nothing says so"
	}
	for line := range strings.SplitSeq(want, "\n") {
		if line = strings.TrimSpace(line); line == "-" || line == "" || isAbout(line, dropped) {
			continue
		}
		if path, part, ok := strings.Cut(line, " ~ "); ok {
			if got := gjson.Get(body, path).String(); !strings.Contains(got, part) {
				return fmt.Sprintf("the provider saw %s: %q", path, got)
			}
			continue
		}
		path, value, _ := strings.Cut(line, " = ")
		if got := gjson.Get(body, path).String(); got != value {
			return fmt.Sprintf("the provider saw %s: %q, not %q", path, got, value)
		}
	}
	return ""
}

// isAbout reports whether a line of feature.saw asks for one of the parameters that were left out: they have the names
// of the neutral form ("stop[1]", "tools[0].cache"), the line those of the provider's format.
func isAbout(line, dropped string) bool {
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s)) }
	for name := range strings.SplitSeq(dropped, ",") {
		name, _, _ = strings.Cut(name, " (")
		name = name[strings.LastIndexByte(name, '.')+1:]
		name, _, _ = strings.Cut(name, "[")
		if name != "" && strings.Contains(plain(line), plain(name)) {
			return true
		}
	}
	return false
}

// isForeign reports whether the history holds what other providers left in it: then the request does not pass as it is.
func isForeign(members string) bool {
	return strings.Contains(members, "skip_thought_signature_validator") || strings.Contains(members, "reasoning_details")
}

func clip(s string) string {
	const most = 1500
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// reply is the next turn: the answer as the client got it, and the results of its calls.
func (c *apiClient) reply(members string, r *reply) string {
	var talk []string
	v := gjson.Parse(r.raw)
	before := gjson.Parse("{" + members + "}")
	for _, m := range before.Get(c.talk).Array() {
		talk = append(talk, m.Raw)
	}
	const result = "21 degrees"
	switch c.name {
	case "chat":
		talk = append(talk, v.Get("choices.0.message").Raw)
		for _, call := range r.calls {
			talk = append(talk, fmt.Sprintf(`{"role":"tool","tool_call_id":%q,"content":%q}`, call.id, result))
		}
	case "responses":
		for _, item := range v.Get("output").Array() {
			talk = append(talk, item.Raw)
		}
		for _, call := range r.calls {
			talk = append(talk, fmt.Sprintf(`{"type":"function_call_output","call_id":%q,"output":%q}`, call.id, result))
		}
	case "messages":
		talk = append(talk, fmt.Sprintf(`{"role":"assistant","content":%s}`, v.Get("content").Raw))
		var results []string
		for _, call := range r.calls {
			results = append(results, fmt.Sprintf(`{"type":"tool_result","tool_use_id":%q,"content":%q}`, call.id, result))
		}
		talk = append(talk, fmt.Sprintf(`{"role":"user","content":[%s]}`, strings.Join(results, ",")))
	case "generate":
		talk = append(talk, v.Get("candidates.0.content").Raw)
		var results []string
		for _, call := range r.calls {
			results = append(results, fmt.Sprintf(`{"functionResponse":{"id":%q,"name":%q,"response":{"result":%q}}}`, call.id, call.name, result))
		}
		talk = append(talk, fmt.Sprintf(`{"role":"user","parts":[%s]}`, strings.Join(results, ",")))
	}
	var b bytes.Buffer
	before.ForEach(func(name, value gjson.Result) bool {
		if name.Str != c.talk {
			fmt.Fprintf(&b, "%s:%s,", name.Raw, value.Raw)
		}
		return true
	})
	fmt.Fprintf(&b, "%q:[%s]", c.talk, strings.Join(talk, ","))
	return b.String()
}
