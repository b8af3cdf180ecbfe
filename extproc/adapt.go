package extproc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/llmroute/llmroute/extproc/schema"
)

// native is the operation that a format has for answering prompts, where the client's own is another format's.
var native = map[schema.Format]schema.Op{
	schema.OpenAI: schema.OpChat, schema.Anthropic: schema.OpMessages, schema.Gemini: schema.OpGenerate, schema.Bedrock: schema.OpConverse,
}

// adaptation is what the adapt stage keeps of one attempt.
type adaptation struct {
	provider *Provider
	plan     planned
	try      attempt
	index    int // of try in the plan

	request *schema.Request // as ForAnswer leaves it; nil when the answer needs no translation
	answer  answer

	watch *watch   // of an answer that needs no translation; nil: it is not looked at
	note  metadata // for the door's access log, with the next message
}

// adaptHeaders finds out which attempt this is.
func adaptHeaders(st *stream, msg message) (state, error) {
	a := &st.adapt
	st.head = msg.headers
	plan, ok := decodePlan(st.head.get(planHeader))
	if !ok {
		return nil, &schema.Error{
			Kind: schema.KindInternal, Code: "no_plan",
			Message: "the request came to the adapting door of " + a.provider.Name + " without a plan; it must pass the route stage first",
		}
	}
	a.plan = plan
	st.id = plan.ID
	client, ok := plan.client()
	if !ok {
		return nil, &schema.Error{Kind: schema.KindInternal, Code: "no_plan", Message: "the plan names an unknown operation"}
	}
	st.client = client
	st.target = plan.target()
	if !a.find(st.head.get(attemptHeader)) {
		return nil, &schema.Error{
			Kind: schema.KindInternal, Code: "no_plan", Message: "the plan has no entry for " + a.provider.Name,
		}
	}
	if msg.end {
		return adaptRequest(st, msg)
	}
	return adaptBody, nil
}

// find picks the plan's entry for this attempt. Should Envoy have come here by another way, any entry of this
// provider will do.
func (a *adaptation) find(count string) bool {
	a.try, a.index = a.plan.at(count)
	if a.try.Provider == a.provider.Name {
		return true
	}
	a.index = slices.IndexFunc(a.plan.Try, func(t attempt) bool { return t.Provider == a.provider.Name })
	if a.index < 0 {
		return false
	}
	a.try = a.plan.Try[a.index]
	return true
}

// adaptBody gathers the request's body.
func adaptBody(st *stream, msg message) (state, error) {
	if msg.what == requestBody {
		if err := st.take(msg.body); err != nil {
			return nil, err
		}
	}
	if msg.end {
		return adaptRequest(st, msg)
	}
	return adaptBody, nil
}

// adaptRequest sends the request on as the provider takes it.
func adaptRequest(st *stream, msg message) (state, error) {
	began := time.Now()
	m := &mutation{}
	body, path, err := st.adapted(m)
	if err != nil {
		return nil, err
	}
	m.put(":path", path)
	m.putInt("content-length", len(body))
	m.drop(planHeader, pathHeader, "accept-encoding")
	if st.server.observe != nil {
		st.server.observe(&Outcome{Stage: st.stage, RequestID: st.head.get(requestIDHeader), ID: st.id, Op: st.target.Op, Took: time.Since(began), Attempt: st.adapt.index})
	}
	trailers := msg.what == requestTrailers
	if err := st.conn.sendRequestHeaders(m, st.adapt.metadata()); err != nil {
		return nil, err
	}
	if err := st.conn.sendRequestBody(body, !trailers); err != nil {
		return nil, err
	}
	if trailers {
		if err := st.conn.sendRequestTrailers(); err != nil {
			return nil, err
		}
	}
	st.body = nil // answers take their time
	return st.adapt.answerState(), nil
}

// answerState takes the headers of the answer to an adapted request.
func (a *adaptation) answerState() state {
	switch {
	case a.watch != nil:
		return watchHeaders
	case a.request != nil:
		return answerHeaders
	}
	return passHeaders
}

// adapted writes the request for this attempt, and tells its path at the provider: only the model's name changes where the
// schemas agree.
func (st *stream) adapted(m *mutation) (body []byte, path string, err error) {
	a := &st.adapt
	if a.plan.Had != nil {
		if err := st.restoreOptions(); err != nil {
			return nil, "", err
		}
	}
	if path, ok := st.sameSchema(a.provider, a.try.Name, a.plan.Stream); ok {
		facts, err := st.client.Scan(st.target, st.body)
		if err != nil {
			return nil, "", err
		}
		if facts.Foreign && !a.provider.tolerant {
			return st.translated(m)
		}
		st.require(m, a.provider.Format)
		edit := &schema.Edit{Model: a.try.Name, MaxOutputTokens: a.try.Limit}
		ask := a.provider.ask(st.target.Op, &facts, st.body, a.plan.Ask)
		if ask != nil {
			edit.Set = append(edit.Set, *ask)
		}
		if a.provider.watches(st.target.Op, ask) {
			a.watch = &watch{asked: ask != nil}
		}
		body, err := st.client.Patch(st.target, st.body, &facts, edit)
		return body, withQuery(path, a.plan.Query), err
	}
	return st.translated(m)
}

// translated writes the request in the provider's schema and remembers it for the answer.
func (st *stream) translated(m *mutation) (body []byte, path string, err error) {
	a := &st.adapt
	request, err := st.client.DecodeRequest(st.target, st.body)
	if err != nil {
		return nil, "", err
	}
	request.Model = a.try.Name
	request.Stream = a.plan.Stream
	request.Via = st.via()
	if betas := st.head.get("anthropic-beta"); betas != "" && a.provider.enveloped { // clouds have a member for them
		request.Betas = strings.Split(betas, ",")
	}
	if a.try.Limit != 0 {
		request.MaxOutputTokens = &a.try.Limit
	}
	request.OutputCeiling = cmp.Or(a.try.Limit, a.try.Ceiling)
	out, err := a.provider.Face.EncodeRequest(request)
	if err != nil {
		return nil, "", err
	}
	path, ok := a.provider.Face.Locate(a.provider.Prefix, out.Op, a.try.Name, request.Stream)
	if !ok {
		return nil, "", unsupportedOp(a.provider.Name, st.target.Op)
	}
	out.Lost = a.answer.calls.fulfil(out.Lost)
	if lost := hardLosses(out.Lost); len(lost) > 0 && a.provider.Unsupported != Drop {
		more := a.provider.Unsupported == RouteElsewhere && a.index+1 < len(a.plan.Try)
		return nil, "", unsupportedParameter(a.provider.Name, lost, more)
	}
	m.put("content-type", "application/json")
	for _, h := range out.Header {
		m.put(h[0], h[1])
	}
	// Answers take their time: what was asked is not kept meanwhile.
	a.request = request.ForAnswer()
	st.body = nil
	a.answer.dropped = out.Lost
	return out.Body, path, nil
}

// via is the provider's operation: the client's own if it serves that, else what its format has for prompts.
func (st *stream) via() schema.Op {
	p := st.adapt.provider
	if p.Format == st.client.Format() && p.Serves[st.target.Op] || st.target.Op == schema.OpEmbeddings {
		return st.target.Op
	}
	if p.Format == schema.OpenAI && !p.Serves[schema.OpChat] && p.Serves[schema.OpResponses] {
		return schema.OpResponses
	}
	return native[p.Format]
}

// metadata is what the door's own route writes into response headers, in place of what route said of the first attempt.
func (a *adaptation) metadata() metadata {
	m := metadata(nil).text("model", a.try.Model).text("provider", a.provider.Name)
	m = m.text("id", a.plan.ID).number("attempt", float64(a.index+1))
	if a.index > 0 {
		m = m.text("reason", printable(fmt.Sprintf("fallback %d of %d after %s", a.index, len(a.plan.Try)-1, a.plan.Try[a.index-1].Model)))
	}
	if len(a.answer.dropped) > 0 {
		m = m.text("dropped", printable(strings.Join(a.answer.dropped, ",")))
	}
	return m
}

// unsupportedParameter refuses a request that would lose something. With a further entry in the plan, its status
// makes Envoy try that one.
func unsupportedParameter(provider string, lost []string, more bool) *schema.Error {
	e := &schema.Error{
		Kind: schema.KindInvalidRequest, Code: "unsupported_parameter", Param: lost[0],
		Message: fmt.Sprintf("provider %s cannot take %s; leave it out, route elsewhere, or set `unsupported: drop` for the provider", provider, strings.Join(lost, ", ")),
	}
	if more {
		e.Status = 503
	}
	return e
}

func unsupportedOp(provider string, op schema.Op) *schema.Error {
	return &schema.Error{
		Kind: schema.KindInvalidRequest, Code: "unsupported_operation",
		Message: fmt.Sprintf("provider %s cannot serve %s", provider, op),
	}
}
