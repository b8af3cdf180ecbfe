package extproc

import (
	"net/url"
	"strings"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// Headers between the stages and Envoy. None reaches a provider.
const (
	planHeader = "x-llmroute-plan" // to adapt, by its door
	pathHeader = "x-llmroute-path" // for the path_rewrite of Envoy's route

	requestIDHeader = "x-request-id"
	traceHeader     = "traceparent"

	attemptHeader = "x-envoy-attempt-count"
	retriesHeader = "x-envoy-max-retries"
	tryHeader     = "x-envoy-upstream-rq-per-try-timeout-ms"
	codesHeader   = "x-envoy-retriable-status-codes"
)

// routeHeaders reads the request's headers and refuses what needs no body to be refused.
func routeHeaders(st *stream, msg message) (state, error) {
	st.head, st.route = msg.headers, msg.route
	st.metadata, st.attributes = msg.metadata, msg.attributes
	st.id = newID(st.server.random)
	path := st.setPath(st.head.get(":path"))
	e, ok := match(path, st.query, st.head)
	st.client, st.target = e.client, e.target
	if !ok {
		return nil, unknownPath(path, st.client.Format())
	}
	if method := st.head.get(":method"); method != e.method && (e.method != "GET" || method != "HEAD") {
		st.allow = e.method
		return nil, wrongMethod(method, path, e.method)
	}
	if e.list {
		return nil, st.listModels(e.model)
	}
	if err := checkBody(st.head, st.snapshot.MaxBodyBytes); err != nil {
		return nil, err
	}
	if msg.end {
		return routeDecide(st, msg)
	}
	return routeBody, nil
}

// routeBody gathers the body.
func routeBody(st *stream, msg message) (state, error) {
	if msg.what == requestBody {
		if err := st.take(msg.body); err != nil {
			return nil, err
		}
	}
	if msg.end {
		return routeDecide(st, msg)
	}
	return routeBody, nil
}

// routeDecide answers once the request is complete: with msg, its last message.
func routeDecide(st *stream, msg message) (state, error) {
	began := time.Now()
	out, err := st.decide()
	if err != nil {
		return nil, err
	}
	if out.answer != nil {
		return nil, st.conn.sendImmediate(200, jsonMutation(), out.answer, "llmroute_"+string(st.target.Op), nil)
	}
	if st.server.observe != nil {
		st.server.observe(&Outcome{
			Stage: st.stage, RequestID: st.head.get(requestIDHeader), ID: st.id, TraceParent: st.head.get(traceHeader), Op: st.target.Op, Decision: out.decision, Took: time.Since(began),
			Features: st.features, stream: st,
		})
	}
	trailers := msg.what == requestTrailers
	if err := st.conn.sendRequestHeaders(&out.mutation, out.metadata); err != nil {
		return nil, err
	}
	if err := st.conn.sendRequestBody(out.body, !trailers); err != nil {
		return nil, err
	}
	if trailers {
		return nil, st.conn.sendRequestTrailers()
	}
	return nil, nil
}

// routed is what route makes of a request.
type routed struct {
	decision *policy.Decision
	mutation mutation
	metadata metadata
	body     []byte
	answer   []byte // the client's, where no provider is needed
}

// decide turns the complete request into the answer for Envoy.
func (st *stream) decide() (*routed, error) {
	facts, f, d, err := st.judge()
	if err != nil {
		return nil, err
	}
	if st.target.Op == schema.OpCountTokens && !(st.client.Format() == schema.Anthropic && st.snapshot.Providers[d.Plan[0].Provider].Serves[schema.OpCountTokens]) {
		return st.countTokens(d, f.InputTokensOf(d.Plan[0].Name, countExactly))
	}
	if err := st.bill.admit(st.id, f, d); err != nil {
		return nil, err
	}
	st.answers = st.answers && !st.server.leaving.Load()
	return st.carryOut(d, facts)
}

// countExactly asks for the tokenizer's own count where it is known.
const countExactly = true

// countTokens answers for a model whose provider has no way to count.
func (st *stream) countTokens(d *policy.Decision, tokens int) (*routed, error) {
	answer, err := st.client.EncodeResponse(st.target, &schema.Response{Usage: &schema.Usage{Input: tokens}})
	return &routed{decision: d, answer: answer}, err
}

// judge reads the request and asks policy. On error, what it got so far is returned too.
func (st *stream) judge() (*schema.Facts, *policy.Features, *policy.Decision, error) {
	facts, f, err := st.read()
	if err != nil {
		return facts, f, nil, err
	}
	st.bill = st.snapshot.Budgets.open(st.target.Op, f, time.Now())
	d, err := st.snapshot.Router.Decide(f, st.server.random)
	return facts, f, d, err
}

// read finds out what the decision looks at. On error, what it got so far is returned too.
func (st *stream) read() (*schema.Facts, *policy.Features, error) {
	facts, err := st.client.Scan(st.target, st.body)
	if err != nil {
		return nil, nil, err
	}
	f := features(st, &facts)
	st.features = &f.Features
	st.caller = caller{team: f.Team, user: f.User, client: f.Client}
	if err := f.readControls(st.head); err != nil {
		return &facts, &f.Features, err
	}
	return &facts, &f.Features, nil
}

// carryOut writes the decision into headers, metadata and body.
func (st *stream) carryOut(d *policy.Decision, facts *schema.Facts) (*routed, error) {
	out := &routed{decision: d}
	first := d.Plan[0]
	provider := st.snapshot.Providers[first.Provider]
	streamed := facts.Stream || st.target.Stream
	path, direct := st.sameSchema(provider, first.Name, streamed)
	direct = direct && !provider.Signed && (!facts.Foreign || provider.tolerant)
	var ask *schema.Field
	var watched bool // the answer stage reads usage off the answer
	if direct {
		ask = provider.ask(st.target.Op, facts, st.body, mayAsk(facts, &d.Edit))
		watched = provider.watches(st.target.Op, ask)
		direct = st.answers || !watched
	}

	edit := schema.Edit{MaxOutputTokens: d.Edit.MaxOutputTokens, Remove: d.Edit.Remove, System: d.Edit.SystemPreamble()}
	for _, p := range d.Edit.Set {
		edit.Set = append(edit.Set, schema.Field(p))
	}
	for _, p := range d.Edit.Default {
		edit.Default = append(edit.Default, schema.Field(p))
	}
	if facts.Member("models") != nil { // llmroute's own; providers refuse it
		edit.Remove = append(edit.Remove[:len(edit.Remove):len(edit.Remove)], "models")
	}
	if direct {
		if ask != nil {
			edit.Set = append(edit.Set, *ask)
		}
		edit.MaxOutputTokens = limitOf(first.MaxOutputTokens, edit.MaxOutputTokens)
		if first.Name != facts.Model {
			edit.Model = first.Name
		}
	}
	var err error
	if out.body, err = st.client.Patch(st.target, st.body, facts, &edit); err != nil {
		return nil, err
	}

	m := &out.mutation
	m.putInt(retriesHeader, max(1, len(d.Plan)-1))
	m.putInt(tryHeader, int(st.firstByte(streamed).Milliseconds()))
	if len(d.Plan) > 1 {
		m.put(codesHeader, keyRefused)
	}
	st.dropControls(m)
	here := false
	if !direct && st.mayAdaptHere(d) {
		if here, err = st.adaptHere(out, d, facts); err != nil {
			return nil, err
		}
	}
	m.putInt("content-length", len(out.body))
	switch {
	case here: // all is said
	case direct:
		st.rewriteTo(m, withQuery(path, st.query))
		st.require(m, provider.Format)
		out.metadata = st.planMetadata(d, facts, doorDirect, watched && ask != nil)
		if watched {
			return st.watchHere(out, d, facts, ask != nil)
		}
	default:
		if clean := withQuery(st.path, st.query); clean != st.asked {
			m.put(":path", clean) // a credential was in it
		}
		out.metadata = st.planMetadata(d, facts, doorAdapt, false)
	}
	return out, nil
}

// keyRefused are the statuses that speak of the key or the account behind it, beyond those at which Envoy always goes on. Both are
// the provider's entry in the configuration, so the next entry may well answer.
const keyRefused = "401,402,403"

// limitOf is the output limit that policy fitted to a candidate, or else the one for all.
func limitOf(fitted, common int) int {
	if fitted != 0 {
		return fitted
	}
	return common
}

// sameSchema tells whether the provider takes the body as it stands, but for the model's name, and at which path.
func (st *stream) sameSchema(p *Provider, model string, stream bool) (path string, ok bool) {
	if p.Format != st.client.Format() || !p.Serves[st.target.Op] || p.enveloped {
		return "", false
	}
	path, ok = p.Face.Locate(p.Prefix, st.target.Op, model, stream)
	if st.target.JSONArray { // Gemini's other way to stream
		path = strings.Replace(path, "alt=sse", "alt=json", 1)
	}
	return path, ok
}

// required are headers without which a format's providers refuse a request. SDKs send them, curl users may not.
var required = map[schema.Format][2]string{
	schema.Anthropic: {"anthropic-version", "2023-06-01"}, // https://docs.anthropic.com/en/api/versioning
}

// require adds what a client of the format left out.
func (st *stream) require(m *mutation, f schema.Format) {
	if h, ok := required[f]; ok && st.head.get(h[0]) == "" {
		m.put(h[0], h[1])
	}
}

func (st *stream) firstByte(stream bool) time.Duration {
	if stream {
		return st.snapshot.FirstByteStream
	}
	return st.snapshot.FirstByteJSON
}

// dropControls removes what only llmroute or its Envoy may say to the stages behind, and what would hide usage from
// Envoy: it cannot read compressed answers.
func (st *stream) dropControls(m *mutation) {
	m.drop("accept-encoding", "x-envoy-retry-on", "x-envoy-upstream-rq-timeout-ms", "expect")
	for _, h := range st.head {
		if strings.HasPrefix(h.GetKey(), "x-llmroute-") {
			m.drop(h.GetKey())
		}
	}
}

// rewriteTo sends the request to a path, with its query, if the client's differs. Envoy's route does the rewriting, so that
// the match of that route, which Envoy looks up once more, still sees the client's path.
func (st *stream) rewriteTo(m *mutation, wanted string) {
	if wanted == st.asked {
		return
	}
	if st.asked != st.path { // Envoy would append the query
		m.put(":path", st.path)
	}
	if wanted != st.path {
		m.put(pathHeader, wanted)
	}
}

// withoutCredentials leaves out the parameters of a query that are keys or tokens, and those that cannot be read.
func withoutCredentials(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		switch plain, err := url.QueryUnescape(name); {
		case err != nil, plain == "", plain == "key", plain == "access_token":
		default:
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// withQuery adds to path the parameters of query that path does not set.
func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		_, own, has := strings.Cut(path, "?")
		if has && hasParam(own, name) {
			continue
		}
		separator := "?"
		if has {
			separator = "&"
		}
		path += separator + pair
	}
	return path
}

func hasParam(query, name string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		if n, _, _ := strings.Cut(pair, "="); n == name {
			return true
		}
	}
	return false
}

// checkBody refuses by its headers a body that llmroute cannot read.
func checkBody(h headers, limit int64) error {
	if kind := h.get("content-type"); kind != "" && !isJSON(kind) {
		return wrongType(kind)
	}
	if encoding := h.get("content-encoding"); encoding != "" && encoding != "identity" {
		return wrongEncoding(encoding)
	}
	if contentLength(h) > limit {
		return tooLarge(limit)
	}
	return nil
}

func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}
