package learn

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// bench is a State with a clock that the test moves, and one arm.
type bench struct {
	*State
	now time.Time
	arm *Arm
	rnd *rand.Rand
}

func newBench() *bench {
	b := &bench{now: time.Unix(1e9, 0), rnd: rand.New(rand.NewPCG(1, 2))}
	b.State = New(func() time.Time { return b.now })
	b.arm = b.Arm("p", "m")
	return b
}

func (b *bench) pass(d time.Duration) { b.now = b.now.Add(d) }

// answer is a streamed answer of 100 tokens in a second after its first byte.
func answer(firstByte time.Duration, input int) *Observation {
	return &Observation{Provider: "p", Model: "m", Route: "r", Outcome: Answered, Done: true, Stream: true, InputTokens: input, OutputTokens: 100,
		FirstByte: firstByte, Elapsed: firstByte + time.Second}
}

// answers are n, four a second, around a median in seconds.
func (b *bench) answers(n int, median float64, input int) {
	for range n {
		b.pass(250 * time.Millisecond)
		b.Observe(answer(time.Duration(median*math.Exp(0.3*b.rnd.NormFloat64())*1e9), input))
	}
}

func (b *bench) firstByte(input int) float64 {
	o := b.arm.Outlook(Ask(b.now, input), 100)
	return o.FirstByte
}

func near(got, want, factor float64) bool { return got > want/factor && got < want*factor }

func TestTheFirstByteIsLearned(t *testing.T) {
	b := newBench()
	if o := b.arm.Outlook(Ask(b.now, 100), 100); o.Measured {
		t.Errorf("measured before anything was: %+v", o)
	}
	b.answers(200, 0.5, 1000)
	mean := 0.5 * math.Exp(0.3*0.3/2)
	if got := b.firstByte(1000); !near(got, mean, 1.1) {
		t.Errorf("expects %.3f s, the mean is %.3f", got, mean)
	}
}

func TestTheRestOfAnAnswerFollowsItsLength(t *testing.T) {
	b := newBench()
	b.answers(50, 0.5, 1000)
	for tokens, want := range map[int]float64{100: 1, 300: 3} {
		if o := b.arm.Outlook(Ask(b.now, 1000), tokens); !near(o.Rest, want, 1.1) {
			t.Errorf("%d tokens in %.2f s, want %.2f", tokens, o.Rest, want)
		}
	}
	if tokens, ok := b.Answers("r").Tokens(); ok {
		t.Errorf("a route that nobody asked for is remembered: %v", tokens)
	}
	b.answers(50, 0.5, 1000)
	if tokens, ok := b.Answers("r").Tokens(); !ok || !near(tokens, 100, 1.1) {
		t.Errorf("answers have %.0f tokens, want 100", tokens)
	}
}

func TestOutliersMoveLittle(t *testing.T) {
	b := newBench()
	b.answers(100, 0.5, 1000)
	before := b.firstByte(1000)
	b.Observe(answer(2*time.Minute, 1000))
	if after := b.firstByte(1000); after > 1.1*before {
		t.Errorf("one answer after two minutes moves the expectation from %.2f to %.2f", before, after)
	}
}

func TestAJumpIsSeenWithinAFewAnswers(t *testing.T) {
	b := newBench()
	b.answers(500, 0.5, 1000)
	b.answers(5, 5, 1000)
	if got := b.firstByte(1000); got < 2 {
		t.Errorf("after five answers of 5 s still expects %.2f s", got)
	}
	b.answers(40, 0.5, 1000)
	if got := b.firstByte(1000); got > 1 {
		t.Errorf("after forty answers of 0.5 s still expects %.2f s", got)
	}
}

func TestAttemptsUnderWayTellOfASlowProviderBeforeTheyEnd(t *testing.T) {
	b := newBench()
	b.answers(500, 0.3, 1000)
	for range 8 {
		b.pass(100 * time.Millisecond)
		b.Observe(&Observation{Provider: "p", Model: "m", Stream: true, InputTokens: 1000, Elapsed: 2 * time.Second})
	}
	if got := b.firstByte(1000); got < 1 {
		t.Errorf("eight have waited 2 s for a first byte, and it still expects %.2f s", got)
	}
}

func TestAFirstByteThatWasToldBeforeCountsOnce(t *testing.T) {
	b := newBench()
	b.answers(20, 0.5, 1000)
	before := b.arm.seen.Load().First.N
	o := answer(500*time.Millisecond, 1000)
	o.Told = time.Second
	b.Observe(o)
	if after := b.arm.seen.Load().First.N; after > before {
		t.Errorf("worth %.1f before and %.1f after", before, after)
	}
}

func TestPromptSizesDiffer(t *testing.T) {
	b := newBench()
	for range 200 {
		b.answers(1, 0.4, 200)
		b.answers(1, 1.6, 20_000)
	}
	small, large := b.firstByte(200), b.firstByte(20_000)
	if !near(small, 0.42, 1.25) || !near(large, 1.67, 1.25) {
		t.Errorf("200 tokens: %.2f s, 20,000 tokens: %.2f s", small, large)
	}
	b.answers(60, 4, 200) // ten times slower, and only small ones tell
	if got := b.firstByte(20_000); got < 3*large {
		t.Errorf("large prompts are still expected in %.2f s, before it was %.2f", got, large)
	}
}

func TestCertaintyFadesWithTime(t *testing.T) {
	b := newBench()
	b.answers(200, 0.5, 1000)
	now := b.arm.Outlook(Ask(b.now, 1000), 0).Spread
	later := b.arm.Outlook(Ask(b.now.Add(10*time.Minute), 1000), 0)
	if later.Spread < 3*now || later.Idle != 600 {
		t.Errorf("spread %.3f, and after ten minutes %.3f, idle %.0f", now, later.Spread, later.Idle)
	}
}

func TestAnswersThatComeWholeAreFreedOfTheirLength(t *testing.T) {
	b := newBench()
	b.answers(50, 0.5, 1000) // streamed: 10 ms a token
	for range 50 {
		b.pass(250 * time.Millisecond)
		b.Observe(&Observation{Provider: "p", Model: "m", Outcome: Answered, Done: true, InputTokens: 1000, OutputTokens: 400,
			FirstByte: 4500 * time.Millisecond, Elapsed: 4500 * time.Millisecond})
	}
	if got := b.firstByte(1000); !near(got, 0.5, 1.3) {
		t.Errorf("expects %.2f s, want 0.5", got)
	}
}

func TestNamesThatNobodyAskedForAreNotKept(t *testing.T) {
	b := newBench()
	o := answer(time.Second, 10)
	o.Model = "made-up"
	b.Observe(o)
	if len(b.arms) != 1 {
		t.Errorf("%d arms", len(b.arms))
	}
}

func TestWhatIsUnderWayIsCounted(t *testing.T) {
	b := newBench()
	b.arm.Begin()
	b.arm.Begin()
	o := answer(time.Second, 10)
	b.Observe(o) // of an attempt that another process began
	if got := b.arm.Busy(); got != 2 {
		t.Errorf("%d under way, want 2", got)
	}
	o.Began = true
	b.Observe(o)
	if got := b.arm.Busy(); got != 1 {
		t.Errorf("%d under way, want 1", got)
	}
}

func TestALineMakesAWindowThatOpensAgain(t *testing.T) {
	b := newBench()
	for range 10 {
		b.arm.Begin()
	}
	b.answers(200, 0.5, 1000)
	if o := b.arm.Outlook(Ask(b.now, 1000), 0); o.Limit != 0 {
		t.Fatalf("a limit of %g without a line", o.Limit)
	}
	b.answers(20, 1.0, 1000)
	limit := b.arm.Outlook(Ask(b.now, 1000), 0).Limit
	if limit <= 0 || limit >= 10 {
		t.Fatalf("a limit of %g with ten under way and a line", limit)
	}
	b.answers(200, 0.5, 1000)
	if o := b.arm.Outlook(Ask(b.now, 1000), 0); o.Limit <= limit {
		t.Errorf("the limit stays at %g though the line is gone", o.Limit)
	}
}

func TestConcurrentUse(t *testing.T) {
	b := newBench()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2000 {
			b.Observe(answer(time.Second, 100))
			b.Observe(failure(503, 0))
		}
	}()
	for range 2000 {
		b.arm.Begin()
		_ = b.arm.Outlook(Ask(b.Now(), 100), 100)
		_, _ = b.arm.Standing(b.Now())
		_ = b.Export()
	}
	<-done
}

func BenchmarkOutlook(b *testing.B) {
	w := newBench()
	w.answers(100, 0.5, 1000)
	b.ReportAllocs()
	for b.Loop() {
		_ = w.arm.Outlook(Ask(w.now, 1000), 100)
	}
}

func BenchmarkObserve(b *testing.B) {
	w := newBench()
	o := answer(time.Second, 1000)
	b.ReportAllocs()
	for b.Loop() {
		w.Observe(o)
	}
}
