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
	Config  string         `json:"config"` // the version of the snapshot
	Planned planned        `json:"plan"`
	Request *schema.Memory `json:"request,omitempty"` // nil: the answer is only looked at
	Asked   bool           `json:"asked,omitempty"`   // for usage that the client did not ask for
	OneCall bool           `json:"one_call,omitempty"`
}

// mayAdaptHere tells whether the route stage may do what adapt would do behind its door. It saves a second pass through Envoy
// and a round trip, and may be done where no other attempt needs the request as the client sent it. Signing needs the door, and
// what answers of the Responses API repeat of their requests must not travel in metadata.
func (st *stream) mayAdaptHere(d *policy.Decision) bool {
	return st.answers && len(d.Plan) == 1 && !st.snapshot.Providers[d.Plan[0].Provider].Signed && st.target.Op != schema.OpResponses
}

// adaptHere writes the request as the provider takes it, and what the answer stage must know into the metadata. It leaves out as
// it was and returns false where that is too much.
func (st *stream) adaptHere(out *routed, d *policy.Decision, facts *schema.Facts) (bool, error) {
	a := &st.adapt
	a.plan = st.planned(facts, d)
	a.try = a.plan.Try[0]
	a.provider = st.snapshot.Providers[a.try.Provider]
	sent := st.body
	defer func() { st.body = sent }() // it is still to be recorded
	st.body = out.body
	own := &mutation{}
	body, path, err := st.adapted(own)
	if err != nil {
		return false, err
	}
	if a.request == nil { // not translated after all: the door knows what else there is
		return false, nil
	}
	memory, err := st.remember()
	if err != nil || len(memory) > maxRemembered {
		return false, err
	}
	out.body = body
	out.mutation.set = append(out.mutation.set, own.set...)
	st.rewriteTo(&out.mutation, path)
	out.metadata = st.planMetadata(d, facts, doorHere, false).text("answer", string(memory))
	if lost := a.answer.dropped; len(lost) > 0 {
		out.metadata = out.metadata.text("dropped", printable(strings.Join(lost, ",")))
	}
	return true, nil
}

// watchHere lets the answer to the first attempt pass the answer stage, which reads its usage.
func (st *stream) watchHere(out *routed, d *policy.Decision, facts *schema.Facts, asked bool) (*routed, error) {
	p := st.planned(facts, d)
	p.Try, p.Query = p.Try[:1], ""
	memory, err := json.Marshal(&remembered{Config: st.snapshot.Version, Planned: p, Asked: asked})
	out.metadata = out.metadata.text("answer", string(memory))
	return out, err
}

func (st *stream) remember() ([]byte, error) {
	a := &st.adapt
	return json.Marshal(&remembered{Config: st.snapshot.Version, Planned: a.plan, Request: a.request.Memory(), OneCall: a.answer.calls.on})
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
	st.snapshot = st.server.find(r.Config, st.snapshot) // what the request began with
	a := &st.adapt
	a.plan, a.try = r.Planned, r.Planned.Try[0]
	a.provider = st.snapshot.Providers[a.try.Provider]
	client, ok := a.plan.client()
	if !ok {
		return lost
	}
	st.id, st.client = a.plan.ID, client
	st.target = a.plan.target()
	if a.provider == nil {
		return lost
	}
	if r.Request == nil {
		if a.provider.asker != nil {
			a.watch = &watch{asked: r.Asked}
		}
		return nil
	}
	a.request = r.Request.Request()
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

// streamOptions is what the client sent of them, null if nothing.
func (st *stream) streamOptions(facts *schema.Facts) json.RawMessage {
	if m := facts.Member(streamOptions); m != nil {
		return m.Value.Of(st.body)
	}
	return json.RawMessage("null")
}

// restoreOptions makes the body the client's again, which route has changed for the first attempt's provider.
func (st *stream) restoreOptions() error {
	facts, err := st.client.Scan(st.target, st.body)
	if err != nil {
		return err
	}
	edit := &schema.Edit{Set: []schema.Field{{Name: streamOptions, Value: st.adapt.plan.Had}}}
	if string(st.adapt.plan.Had) == "null" {
		edit = &schema.Edit{Remove: []string{streamOptions}}
	}
	st.body, err = st.client.Patch(st.target, st.body, &facts, edit)
	return err
}
