package usage

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
)

// seen gathers records.
type seen struct {
	mu      sync.Mutex
	records []*Record
}

func (s *seen) add(r *Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
}

func (s *seen) all() []*Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

func meter() (*Meter, *seen) {
	s := &seen{}
	return NewMeter(Options{Sinks: []func(*Record){s.add}}), s
}

// direct is the entry of a request that was answered through a direct door.
func direct(id string) *accesslog.Entry {
	return &accesslog.Entry{
		ID: id, Op: "chat_completions", Provider: "alpha", Model: "m", Stream: true, Status: 200, Attempts: 1, Started: time.Now(),
		FirstByte: time.Millisecond, ResponseBytes: 10_000, InputTokens: 10,
		Usage: &accesslog.Usage{Input: 11, Output: 7},
	}
}

// adapted is one of a request that went through an adapting door, in its try-th attempt.
func adapted(id string, try int) *accesslog.Entry {
	e := direct(id)
	e.Adapted, e.Attempts = true, try
	for range try - 1 {
		e.Failed = append(e.Failed, accesslog.Target{Provider: "alpha", Model: "m"})
	}
	return e
}

// door is what such a door says of that attempt.
func door(id string, try int, u *accesslog.Usage) *accesslog.Entry {
	return &accesslog.Entry{Kind: accesslog.KindDoor, ID: id, Try: try, Usage: u}
}

var provider = &accesslog.Usage{Input: 100, Cached: 60, CacheWrite: 5, Output: 40, Reasoning: 30}

func TestEntriesOfOneRequestMakeOneRecordWhateverTheirOrder(t *testing.T) {
	entries := []*accesslog.Entry{
		adapted("a", 2), door("a", 1, nil), door("a", 2, provider),
		{Kind: accesslog.KindAttempt, ID: "a"},
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {2, 1, 0, 3}, {1, 2, 0, 3}, {2, 0, 1, 3}, {0, 2, 1, 3}, {3, 1, 0, 2}} {
		for _, again := range []bool{false, true} { // Envoy sends all of them once more
			t.Run(fmt.Sprintf("%v/%v", order, again), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m, got := meter()
					defer m.Close()
					if again {
						order = append(slices.Clone(order), order...)
					}
					for _, i := range order {
						m.Entry(entries[i])
					}
					synctest.Wait()
					if len(got.all()) != 1 {
						t.Fatalf("%d records", len(got.all()))
					}
					r := got.all()[0]
					if want := (Tokens{100, 60, 5, 40, 30}); r.Tokens != want || r.Source != SourceReported {
						t.Errorf("got %+v, want %+v", r, want)
					}
					if s := m.Stats(); s.Recorded != 1 || s.GivenUp != 0 || s.Waiting != 0 || s.Duplicates != one(again) {
						t.Errorf("%+v", s)
					}
				})
			})
		}
	}
}

func one(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

func TestADoorThatSaysNothingIsWaitedForInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, got := meter()
		defer m.Close()
		m.Entry(adapted("a", 1))
		time.Sleep(time.Second)
		m.Entry(adapted("b", 1))
		time.Sleep(doorWait - time.Second - time.Nanosecond)
		synctest.Wait()
		if len(got.all()) != 0 {
			t.Fatalf("%d records before the time", len(got.all()))
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if len(got.all()) != 1 || got.all()[0].ID != "a" || got.all()[0].Tokens.Output != 7 || got.all()[0].Source != SourceReported {
			t.Fatalf("with what Envoy read of the answer: %+v", got.all())
		}
		m.Entry(door("a", 1, provider)) // too late
		m.Entry(door("b", 1, provider))
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(got.all()) != 2 || got.all()[1].Tokens.Output != 40 {
			t.Errorf("got %+v", got.all())
		}
		if s := m.Stats(); s.GivenUp != 1 || s.Recorded != 2 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestClosingRecordsWhatWaits(t *testing.T) {
	m, got := meter()
	m.Entry(adapted("a", 1))
	m.Close()
	m.Entry(adapted("b", 1))
	if len(got.all()) != 2 {
		t.Errorf("%d records, want 2", len(got.all()))
	}
}

func TestWhatARequestUsed(t *testing.T) {
	with := func(change func(*accesslog.Entry)) *accesslog.Entry {
		e := direct("a")
		change(e)
		return e
	}
	for name, tc := range map[string]struct {
		entry  *accesslog.Entry
		source Source
		input  int64
	}{
		"told":                             {direct("a"), SourceReported, 11},
		"refused by llmroute":              {with(func(e *accesslog.Entry) { e.Code, e.Status, e.FirstByte = "model_not_found", 404, 0 }), SourceNone, 0},
		"refused by the provider":          {with(func(e *accesslog.Entry) { e.Status = 429 }), SourceNone, 0},
		"the client left before any":       {with(func(e *accesslog.Entry) { e.Status, e.FirstByte, e.Usage, e.ClientLeft = 0, 0, nil, true }), SourceNone, 0},
		"the client left in between":       {with(func(e *accesslog.Entry) { e.Usage, e.ClientLeft = nil, true }), SourceEstimate, 10},
		"nothing told":                     {with(func(e *accesslog.Entry) { e.Usage = nil }), SourceEstimate, 10},
		"told at the beginning, then left": {with(func(e *accesslog.Entry) { e.Usage.Partial, e.ClientLeft = true, true }), SourceEstimate, 11},
		"tokens are only counted":          {with(func(e *accesslog.Entry) { e.Op = "count_tokens" }), SourceNone, 0},
		"embeddings have no output":        {with(func(e *accesslog.Entry) { e.Op, e.Stream, e.Usage = "embeddings", false, nil }), SourceEstimate, 10},
	} {
		t.Run(name, func(t *testing.T) {
			m, got := meter()
			defer m.Close()
			m.Entry(tc.entry)
			r := got.all()[0]
			if r.Source != tc.source || r.Tokens.Input != tc.input {
				t.Errorf("got %+v from %q, want %d input tokens from %q", r.Tokens, r.Source, tc.input, tc.source)
			}
			if output := r.Tokens.Output > 0; output != (tc.source != SourceNone && tc.entry.Op != "embeddings") {
				t.Errorf("output %d", r.Tokens.Output)
			}
		})
	}
}

func TestWhatIsDecidedAndNeverEndsIsCountedAsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := meter()
		defer m.Close()
		decide := func(id string) { m.Decided(&extproc.Outcome{Stage: "route", ID: id}) }
		decide("a")
		decide("b")
		m.Decided(&extproc.Outcome{Stage: "adapt", ID: "b"})
		m.Entry(direct("b"))
		m.Entry(direct("elsewhere"))
		m.Entry(&accesslog.Entry{})
		if s := m.Stats(); s.Decided != 2 || s.Recorded != 2 || s.UnderWay != 1 || s.Foreign != 1 || s.Nameless != 1 || s.Lost != 0 {
			t.Errorf("%+v", s)
		}
		time.Sleep(2 * longest)
		decide("c")
		time.Sleep(2 * longest)
		decide("d")
		if s := m.Stats(); s.Decided != 4 || s.Lost != 2 || s.UnderWay != 1 {
			t.Errorf("hours later: %+v", s)
		}
	})
}

// flat charges a USD for each token.
type flat struct{}

func (flat) Cost(_, _ string, t Tokens, _ time.Time) (decimal.Decimal, string, bool) {
	return decimal.NewFromInt(t.Total()), "v1", true
}

func TestARecordHasItsPriceAtTheTimeOfTheRequest(t *testing.T) {
	s := &seen{}
	m := NewMeter(Options{Prices: flat{}, Sinks: []func(*Record){s.add}})
	var more int
	m.Tell(func(*Record) { more++ })
	defer m.Close()
	m.Entry(direct("a"))
	if r := s.all()[0]; !r.Priced || r.PriceVersion != "v1" || !r.CostUSD.Equal(decimal.NewFromInt(18)) || more != 1 {
		t.Errorf("got %+v, and %d records at the second sink", r, more)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	now := time.Now()
	a := newAged[int](100, 0, now)
	for i := range 10_000 {
		a.put(fmt.Sprint(i), i, now)
	}
	if n := a.len(); n > 200 {
		t.Errorf("%d are kept", n)
	}
	if !a.has("9999") || a.has("1") || !a.drop("9999") || a.drop("9999") {
		t.Error("the newest are not those that are kept")
	}
}

func BenchmarkMeter(b *testing.B) {
	m, _ := meter()
	m.options.Sinks = nil
	defer m.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprint(i)
		m.Decided(&extproc.Outcome{Stage: "route", ID: id})
		m.Entry(door(id, 1, provider))
		m.Entry(adapted(id, 1))
	}
}

// BenchmarkDecided is what a request itself pays, with all processors deciding at once, while entries of the log come in.
func BenchmarkDecided(b *testing.B) {
	m, _ := meter()
	m.options.Sinks = nil
	defer m.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				m.Entry(direct(fmt.Sprint(i)))
			}
		}
	}()
	ids := make([]string, 1<<12)
	for i := range ids {
		ids[i] = fmt.Sprintf("request-%d", i)
	}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		o := &extproc.Outcome{Stage: "route"}
		for i := 0; p.Next(); i++ {
			o.ID = ids[i%len(ids)]
			m.Decided(o)
		}
	})
}

func TestRequestsMayBeDecidedAndEndAtTheSameTime(t *testing.T) {
	m, _ := meter()
	m.options.Sinks = nil
	defer m.Close()
	const each, workers = 2000, 8
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range each {
				id := fmt.Sprint(w, "-", i)
				m.Decided(&extproc.Outcome{Stage: "route", ID: id})
				if i%2 == 0 {
					m.Entry(direct(id))
				}
				if i%500 == 0 {
					m.Stats()
				}
			}
		})
	}
	group.Wait()
	if s := m.Stats(); s.Decided != each*workers || s.Recorded != each*workers/2 || s.UnderWay != each*workers/2 || s.Foreign != 0 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}
