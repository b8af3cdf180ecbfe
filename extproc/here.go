package extproc

import (
	"encoding/json"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// answerHeader brings to the answer stage what route remembers. The provider's door sets it from the metadata, on answers of
// the provider alone: Envoy's own errors have the client's schema already, and pass.
const answerHeader = "x-llmroute-answer"

// maxRemembered is the most that travels so, in bytes: an answer's headers must stay small.
const maxRemembered = 4 << 10

// remembered is what the answer stage must know of a request that was adapted in the route stage.
type remembered struct {
	Planned planned         `json:"plan"`
	Request json.RawMessage `json:"request,omitempty"` // schema's; none: the answer is only looked at
	Asked   bool            `json:"asked,omitempty"`   // for usage that the client did not ask for
	OneCall bool            `json:"one_call,omitempty"`
}

// mayAdaptHere tells whether the route stage may do what adapt would do behind its door. It saves a second pass through Envoy
// and a round trip, and may be done where no other attempt needs the request as the client sent it. Signing needs the door, and
// what the Responses API repeats of its tools is too much to travel.
func (st *stream) mayAdaptHere(d *policy.Decision, facts *schema.Facts) bool {
	return st.answers && len(d.Plan) == 1 && !st.snapshot.Providers[d.Plan[0].Provider].Signed &&
		(st.target.Op != schema.OpResponses || facts.Tools == 0)
}

// adaptHere writes the request as the provider takes it, and what the answer stage must know into the metadata. It leaves out as
// it was and returns false where that is too much.
func (st *stream) adaptHere(out *routed, d *policy.Decision, facts *schema.Facts) (bool, error) {
	a := &st.adapt
	a.plan = st.planned(facts, d)
	a.try = a.plan.Try[0]
	a.provider = st.snapshot.Providers[a.try.Provider]
	st.body = out.body
	own := &mutation{}
	body, path, err := st.adapted(own)
	if err != nil {
		return false, err
	}
	memory, err := a.remember()
	if err != nil || len(memory) > maxRemembered {
		return false, err
	}
	out.body = body
	out.mutation.set = append(out.mutation.set, own.set...)
	st.rewriteTo(&out.mutation, path)
	out.metadata = st.planMetadata(d, facts, doorHere).text("answer", string(memory))
	if lost := a.answer.dropped; len(lost) > 0 {
		out.metadata = out.metadata.text("dropped", printable(strings.Join(lost, ",")))
	}
	return true, nil
}

func (a *adaptation) remember() ([]byte, error) {
	r := remembered{Planned: a.plan, OneCall: a.answer.calls.on}
	if a.watch != nil {
		r.Asked = a.watch.asked
	}
	if a.request != nil {
		var err error
		if r.Request, err = a.request.EncodeForAnswer(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(&r)
}

// recall begins the answer stage: with the headers of a provider's answer, and what route has remembered in them.
func recall(st *stream, msg message) (state, error) {
	if err := st.recall(msg.headers.get(answerHeader)); err != nil {
		return nil, err
	}
	return st.adapt.answerState()(st, msg)
}

func (st *stream) recall(text string) error {
	lost := &schema.Error{Kind: schema.KindInternal, Code: "no_plan", Message: "the answer came without what its translation needs; generate Envoy's configuration anew"}
	var r remembered
	if json.Unmarshal([]byte(text), &r) != nil || len(r.Planned.Try) == 0 {
		return lost
	}
	a := &st.adapt
	a.plan, a.try = r.Planned, r.Planned.Try[0]
	a.provider = st.snapshot.Providers[a.try.Provider]
	client, ok := clients[a.plan.Op]
	if a.provider == nil || !ok {
		return lost
	}
	st.id, st.client = a.plan.ID, client
	st.target = a.plan.target()
	if r.Request == nil {
		a.watch = &watch{asked: r.Asked}
		return nil
	}
	request, err := schema.DecodeForAnswer(r.Request)
	if err != nil {
		return lost
	}
	a.request = request
	if r.OneCall {
		a.answer.calls = newOneCall()
	}
	return nil
}

// forget is the note by which what was remembered goes out of the access log.
func (st *stream) forget() metadata {
	if st.stage != stageAnswer {
		return nil
	}
	return metadata(nil).text("answer", "")
}
