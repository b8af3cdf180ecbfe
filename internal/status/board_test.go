package status

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy"
)

// clock is a time that tests set.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func newBoard() (*Board, *clock) {
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return New(c.time), c
}

func record(model string, change func(*usage.Record)) *usage.Record {
	r := &usage.Record{
		Model: model, Provider: "p", Route: "chat", Status: 200, Stream: true, FirstByte: 200 * time.Millisecond, Elapsed: 1200 * time.Millisecond,
		Tokens: usage.Tokens{Input: 100, Output: 50}, Source: usage.SourceReported, CostUSD: decimal.RequireFromString("0.0001"), Priced: true,
	}
	if change != nil {
		change(r)
	}
	return r
}

func TestAModelsFiguresAreThoseOfItsRequests(t *testing.T) {
	b, now := newBoard()
	for range 3 {
		b.Finished(record("m", nil))
	}
	b.Finished(record("m", func(r *usage.Record) { r.Status, r.FirstByte, r.Tokens = 503, 0, usage.Tokens{} }))
	now.now = now.now.Add(step)
	b.Finished(record("m", func(r *usage.Record) { r.Failed = []usage.Attempt{{Provider: "q", Model: "n"}} }))

	v := b.View(Source{Models: func(time.Time) []Candidate {
		return []Candidate{{Provider: "p", Model: "m", Health: Health{State: "up"}}, {Provider: "p", Model: "idle"}}
	}})
	if len(v.Models) != 3 || v.Models[1].Model != "idle" || v.Models[2].Model != "n" || v.Models[2].Health.State != "unknown" {
		t.Fatalf("models %+v", v.Models)
	}
	m := v.Models[0]
	if m.Requests != 5 || m.Failed != 1 || m.Input != 400 || m.CostUSD.String() != "0.0005" {
		t.Errorf("totals %+v", m.Totals)
	}
	if m.TokensPerS != 50 || math.Abs(m.FirstByteP50-0.2) > 0.02 {
		t.Errorf("first byte %v s, %v tokens/s", m.FirstByteP50, m.TokensPerS)
	}
	if last := m.Points[steps-1]; last.Requests != 1 || last.FirstByte != 0 {
		t.Errorf("a first byte that another attempt delayed counts: %+v", last)
	}
	if before := m.Points[steps-2]; before.Requests != 4 || before.Failed != 1 {
		t.Errorf("the step before: %+v", before)
	}
	if n := v.Models[2]; n.Points[steps-1].Failed != 1 {
		t.Errorf("the attempt that failed is missing: %+v", n)
	}
	if len(v.Routes) != 1 || v.Routes[0].Requests != 5 {
		t.Errorf("routes %+v", v.Routes)
	}
}

func TestStepsLeaveTheViewAfterHalfAnHour(t *testing.T) {
	b, now := newBoard()
	b.Finished(record("m", nil))
	now.now = now.now.Add(steps * step)
	m := b.View(Source{}).Models[0]
	for i, p := range m.Points {
		if p != (Point{}) {
			t.Errorf("step %d still shows %+v", i, p)
		}
	}
	if m.Requests != 1 {
		t.Errorf("totals were lost: %+v", m.Totals)
	}
}

func TestDecisionsAreNewestFirstAndBounded(t *testing.T) {
	b, now := newBoard()
	for range kept + 5 {
		now.now = now.now.Add(time.Second)
		b.Decided(&extproc.Outcome{ID: "d", Decision: &policy.Decision{
			Route: "r", Reason: "cheapest of 2", Plan: []policy.Entry{{Candidate: &policy.Candidate{Model: "m", Provider: "p"}}},
		}})
	}
	now.now = now.now.Add(time.Second)
	b.Decided(&extproc.Outcome{ID: "last", Err: &schema.Error{Code: "policy_denied", Message: "no"}})
	b.Decided(&extproc.Outcome{ID: "too soon", Err: &schema.Error{Code: "policy_denied"}})

	v := b.View(Source{})
	if len(v.Decisions) != kept || v.Decisions[0].ID != "last" || v.Decisions[1].Model != "m" {
		t.Errorf("%d decisions, first %+v", len(v.Decisions), v.Decisions[0])
	}
	if v.Decided != kept+5 || v.Refused != 2 {
		t.Errorf("counted %d decided, %d refused", v.Decided, v.Refused)
	}
}

func TestADecisionTellsWhatAnAuditWouldHaveDone(t *testing.T) {
	b, _ := newBoard()
	b.Decided(&extproc.Outcome{ID: "d", Decision: &policy.Decision{
		Reason: "cheapest of 2", Audited: []policy.Audit{{Policy: "budget lab", Effect: "would refuse the request"}},
	}})
	if got := b.View(Source{}).Decisions; len(got) != 1 || len(got[0].Audited) != 1 || got[0].Audited[0] != "budget lab would refuse the request" {
		t.Errorf("got %+v", got)
	}
}

func TestARefusedConfigurationShowsUntilOneIsTaken(t *testing.T) {
	b, _ := newBoard()
	b.Loaded("one")
	b.Refused(errors.New("line 3"))
	if c := b.View(Source{}).Config; c.Version != "one" || c.Fault != "line 3" || c.Since == nil {
		t.Errorf("%+v", c)
	}
	b.Loaded("one")
	if c := b.View(Source{}).Config; c.Fault != "" || c.Since != nil {
		t.Errorf("%+v", c)
	}
}

func TestQuantilesAreCloseToTheTruth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s sketch
	for range 20000 {
		s.add(0.3 * math.Exp(0.5*random.NormFloat64()))
	}
	for q, want := range map[float64]float64{0.5: 0.3, 0.95: 0.3 * math.Exp(0.5*1.6449)} {
		if got := s.quantile(q); math.Abs(got/want-1) > 0.1 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}
