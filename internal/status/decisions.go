package status

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/llmroute/llmroute/extproc"
)

// Decision is one request as it was decided, without anything of its prompt.
type Decision struct {
	Time      time.Time `json:"time"`
	ID        string    `json:"id"`
	RequestID string    `json:"request_id,omitempty"`
	Op        string    `json:"op"`
	Route     string    `json:"route,omitempty"`
	Strategy  string    `json:"strategy,omitempty"`
	Model     string    `json:"model,omitempty"`
	Provider  string    `json:"provider,omitempty"`
	Fallbacks int       `json:"fallbacks"`
	Policies  []string  `json:"policies,omitempty"`
	Audited   []string  `json:"audited,omitempty"` // what policies and budgets would have done that only audit
	Reason    string    `json:"reason"`            // of the decision, or of the refusal
	Code      string    `json:"code,omitempty"`
	TookUS    float64   `json:"took_us"`
}

const (
	kept  = 50               // decisions
	apart = time.Millisecond // between two that are kept, so that noting them costs a busy server nothing
)

// decisions are the last ones. Writers take no lock: each has its own place.
type decisions struct {
	ring  [kept]atomic.Pointer[Decision]
	count atomic.Uint64
	last  atomic.Int64 // when one was kept, in nanoseconds
}

func (d *decisions) add(o *extproc.Outcome, now time.Time) {
	last := d.last.Load()
	if now.UnixNano()-last < int64(apart) || !d.last.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	e := &Decision{Time: now, ID: o.ID, RequestID: o.RequestID, Op: string(o.Op), TookUS: float64(o.Took.Nanoseconds()) / 1e3}
	if o.Err != nil {
		e.Code, e.Reason = o.Err.Code, o.Err.Message
	}
	if p := o.Decision; p != nil {
		e.Route, e.Strategy, e.Reason = p.Route, p.Strategy, p.Reason
		e.Policies = slices.Clone(p.Policies)
		for _, a := range p.Audited {
			e.Audited = append(e.Audited, a.Policy+" "+a.Effect)
		}
		if len(p.Plan) > 0 {
			e.Model, e.Provider, e.Fallbacks = p.Plan[0].Model, p.Plan[0].Provider, len(p.Plan)-1
		}
	}
	d.ring[(d.count.Add(1)-1)%kept].Store(e)
}

// list has the newest first.
func (d *decisions) list() []Decision {
	out := make([]Decision, 0, kept)
	for i := range d.ring {
		if e := d.ring[i].Load(); e != nil {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, func(a, b Decision) int { return b.Time.Compare(a.Time) })
	return out
}
