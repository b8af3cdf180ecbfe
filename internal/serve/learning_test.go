package serve

import (
	"fmt"
	"testing"
	"time"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy"
	"github.com/llmroute/llmroute/policy/learn"
)

// lesson is a learner with a clock that the test moves.
type lesson struct {
	*learner
	now time.Time
}

func newLesson() *lesson {
	l := &lesson{now: time.Unix(1e9, 0)}
	l.learner = newLearner(learn.New(func() time.Time { return l.now }))
	for _, p := range []string{"alpha", "beta"} {
		l.state.Arm(p, "m")
	}
	return l
}

// decides makes a decision for alpha, then beta.
func (l *lesson) decides(request string) {
	plan := []policy.Entry{
		{Candidate: &policy.Candidate{Provider: "alpha", Model: "m"}}, {Candidate: &policy.Candidate{Provider: "beta", Model: "m"}},
	}
	l.outcome(&extproc.Outcome{
		RequestID: request, ID: "id-" + request, Decision: &policy.Decision{Plan: plan}, Features: &policy.Features{Stream: true},
	})
}

// ended is a request's entry: answered by alpha, or after alpha failed by beta.
func ended(request string, fellBack bool) *accesslog.Entry {
	e := &accesslog.Entry{
		RequestID: request, ID: "id-" + request, Provider: "alpha", Model: "m", Stream: true, Status: 200, Attempts: 1,
		Elapsed: time.Second, FirstByte: 500 * time.Millisecond,
	}
	if fellBack {
		e.Provider, e.Attempts, e.Failed = "beta", 2, []accesslog.Target{{Provider: "alpha", Model: "m"}}
	}
	return e
}

func failedAttempt(request string, status int, retryAfter time.Duration) *accesslog.Entry {
	return &accesslog.Entry{
		Kind: accesslog.KindAttempt, RequestID: request, Provider: "alpha", Status: status, RetryAfter: retryAfter, Elapsed: 100 * time.Millisecond,
	}
}

func (l *lesson) busy(provider string) int { return l.state.Arm(provider, "m").Busy() }

// failures is how many failures of alpha count.
func (l *lesson) failures() float64 {
	for _, a := range l.state.Export().Arms {
		if a.Provider == "alpha" {
			return a.Health.Failed + a.Health.Limited
		}
	}
	return 0
}

// proven is a lesson that has seen enough to trust its log.
func proven() *lesson {
	l := newLesson()
	for i := range 20 {
		id := fmt.Sprint("proof-", i)
		l.decides(id)
		l.entry(ended(id, false))
	}
	return l
}

func TestWhatIsUnderWayIsCountedFromDecisionToEntry(t *testing.T) {
	l := proven()
	for _, id := range []string{"a", "b", "c"} {
		l.decides(id)
	}
	if l.busy("alpha") != 3 {
		t.Fatalf("%d under way, want 3", l.busy("alpha"))
	}
	l.entry(ended("a", false))
	l.entry(ended("a", false))        // Envoy said it twice
	l.entry(ended("stranger", false)) // another replica's
	if l.busy("alpha") != 2 {
		t.Errorf("%d under way, want 2", l.busy("alpha"))
	}
	l.entry(&accesslog.Entry{RequestID: "b", ID: "id-b"}) // it reached nobody
	l.outcome(&extproc.Outcome{RequestID: "c", ID: "id-c", Attempt: 1})
	if l.busy("alpha") != 0 || l.busy("beta") != 1 {
		t.Errorf("%d and %d under way, want 0 and 1", l.busy("alpha"), l.busy("beta"))
	}
	l.entry(ended("c", true))
	if l.busy("beta") != 0 {
		t.Errorf("%d under way at the end", l.busy("beta"))
	}
}

func TestARequestIDThatAClientChoseTwiceCountsOnce(t *testing.T) {
	l := proven()
	l.decides("same")
	l.decides("same")
	if l.busy("alpha") != 1 {
		t.Fatalf("%d under way", l.busy("alpha"))
	}
	l.entry(ended("same", false))
	l.entry(ended("same", false))
	if l.busy("alpha") != 0 {
		t.Errorf("%d under way at the end", l.busy("alpha"))
	}
}

func TestAFailureCountsOnceWhoeverTellsOfItFirst(t *testing.T) {
	adapt := func(l *lesson) { l.outcome(&extproc.Outcome{RequestID: "a", ID: "id-a", Attempt: 1}) }
	attempt := func(l *lesson) { l.entry(failedAttempt("a", 429, 40*time.Second)) }
	request := func(l *lesson) { l.entry(ended("a", true)) }
	for name, tellers := range map[string][]func(*lesson){
		"adapt, attempt, request": {adapt, attempt, request},
		"adapt, request, attempt": {adapt, request, attempt},
		"request, attempt":        {request, attempt},
		"attempt, request":        {attempt, request},
		"attempt, twice":          {attempt, attempt, request},
	} {
		t.Run(name, func(t *testing.T) {
			l := proven()
			l.decides("a")
			for _, tell := range tellers {
				tell(l)
			}
			if l.failures() != 1 {
				t.Errorf("%g failures", l.failures())
			}
			if standing, _ := l.state.Arm("alpha", "m").Standing(l.now.Add(39 * time.Second)); standing != learn.Resting {
				t.Errorf("its retry-after of 40 s is forgotten: %v", standing)
			}
		})
	}
}

func TestARequestAloneTellsOfItsFailedAttempts(t *testing.T) {
	l := newLesson()
	l.entry(failedAttempt("elsewhere", 503, 0)) // whose model nobody here knows
	l.entry(ended("elsewhere", true))
	if l.failures() != 1 {
		t.Errorf("%g failures", l.failures())
	}
}

func TestASlowFirstByteIsNoticedBeforeTheAnswerEnds(t *testing.T) {
	l := proven()
	before := l.state.Arm("alpha", "m").Outlook(learn.Ask(l.now, 0), 0)
	for i := range 10 {
		l.decides(fmt.Sprint("slow-", i))
	}
	for range 3 {
		l.now = l.now.Add(time.Second)
		for i := range 10 {
			l.entry(&accesslog.Entry{Kind: accesslog.KindAttempt, UnderWay: true, RequestID: fmt.Sprint("slow-", i), Provider: "alpha"})
		}
	}
	if after := l.state.Arm("alpha", "m").Outlook(learn.Ask(l.now, 0), 0); after.FirstByte < 1.5*before.FirstByte {
		t.Errorf("expects %.2f s, %.2f before", after.FirstByte, before.FirstByte)
	}
}

func TestWithoutProofNothingIsUnderWay(t *testing.T) {
	l := newLesson()
	for i := range 100 {
		l.decides(fmt.Sprint(i)) // and no end comes
	}
	if l.busy("alpha") != 0 {
		t.Errorf("%d under way", l.busy("alpha"))
	}
}

func TestWhereHalfTheEndsGoElsewhereNothingIsUnderWay(t *testing.T) {
	l := proven()
	for i := range 40 {
		l.decides(fmt.Sprint(i))
		l.entry(ended(fmt.Sprint("stranger-", i), false))
	}
	if l.state.Trusted() || l.busy("alpha") != 0 {
		t.Errorf("%d under way", l.busy("alpha"))
	}
}

func TestWhatNeverEndsIsGivenUp(t *testing.T) {
	l := proven()
	l.decides("lost")
	for range 3 {
		l.now = l.now.Add(generation + time.Second)
		l.flights.sweep(l.now)
	}
	if l.busy("alpha") != 0 {
		t.Errorf("%d under way", l.busy("alpha"))
	}
	if l.flights.visit("lost", func(*flight) bool { return false }) {
		t.Error("it is still held")
	}
}

func BenchmarkLearner(b *testing.B) {
	l := newLesson()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprint(i)
		l.decides(id)
		l.entry(ended(id, false))
	}
}
