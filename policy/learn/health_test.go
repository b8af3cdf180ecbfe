package learn

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func failure(status int, retryAfter time.Duration) *Observation {
	return &Observation{Provider: "p", Model: "m", Outcome: OutcomeOf(status, retryAfter, false), Done: true, Elapsed: 100 * time.Millisecond, RetryAfter: retryAfter}
}

func (b *bench) standing() Standing {
	s, _ := b.arm.Standing(b.now)
	return s
}

func (b *bench) fails(n, status int) {
	for range n {
		b.Observe(failure(status, 0))
	}
}

func TestThreeFailuresInARowTakeAnArmDown(t *testing.T) {
	for name, status := range map[string]int{"5xx": 503, "no answer": 0, "too many requests": 429, "overloaded": 529} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.answers(50, 0.5, 1000)
			b.fails(2, status)
			if b.standing() != Up {
				t.Error("down after two")
			}
			if o := b.arm.Outlook(Ask(b.now, 1000), 0); o.FailChance < 0.5 {
				t.Errorf("after two failures the next is given a chance of %.2f to fail", o.FailChance)
			}
			b.fails(1, status)
			if b.standing() != Resting || !b.Troubled() {
				t.Errorf("standing %v, troubled %v", b.standing(), b.Troubled())
			}
		})
	}
}

func TestWhatIsNotTheProvidersFaultDoesNotTakeItDown(t *testing.T) {
	b := newBench()
	for range 20 {
		b.Observe(failure(400, 0))
		b.Observe(&Observation{Provider: "p", Model: "m", Outcome: OutcomeOf(0, 0, true), Done: true, Elapsed: time.Second})
	}
	if b.standing() != Up {
		t.Error("bad requests and impatient clients took it down")
	}
}

func TestHalfOfManyAttemptsFailingTakesAnArmDown(t *testing.T) {
	b := newBench()
	for range 6 {
		b.answers(1, 0.5, 1000)
		b.fails(2, 500)
	}
	if b.standing() == Up {
		t.Error("two of three fail, and it is not down")
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	b := newBench()
	b.answers(50, 0.5, 1000)
	b.Observe(failure(429, 20*time.Second))
	b.pass(15 * time.Second)
	b.answers(1, 0.5, 1000) // asked for by name, by someone
	b.pass(4 * time.Second)
	if b.standing() != Resting {
		t.Errorf("after 19.5 of 20 s: %v", b.standing())
	}
	b.pass(time.Second)
	if b.standing() != Due {
		t.Errorf("after 20.5 s: %v", b.standing())
	}
}

func TestOfManyDecisionsAtOnceOneProbes(t *testing.T) {
	b := newBench()
	b.fails(3, 503)
	b.pass(1100 * time.Millisecond)
	if b.standing() != Due {
		t.Fatalf("standing %v", b.standing())
	}
	var won atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if b.arm.Claim(b.now) {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || b.standing() != Resting {
		t.Errorf("%d probes; standing %v", won.Load(), b.standing())
	}
}

func TestALostProbeDoesNotBlockTheNext(t *testing.T) {
	b := newBench()
	b.fails(3, 503)
	b.pass(2 * time.Second)
	if !b.arm.Claim(b.now) {
		t.Fatal("no probe")
	}
	b.pass(6 * time.Second)
	if b.standing() != Due || !b.arm.Claim(b.now) {
		t.Errorf("six seconds later: %v", b.standing())
	}
}

func TestAFailedProbeDoublesThePauseUpToFifteenSeconds(t *testing.T) {
	b := newBench()
	b.fails(3, 503)
	for _, want := range []time.Duration{1, 2, 4, 8, 15, 15} {
		want *= time.Second
		b.pass(want - 50*time.Millisecond)
		if b.standing() != Resting {
			t.Fatalf("just before %v: %v", want, b.standing())
		}
		b.pass(100 * time.Millisecond)
		if b.standing() != Due || !b.arm.Claim(b.now) {
			t.Fatalf("just after %v: %v", want, b.standing())
		}
		b.pass(100 * time.Millisecond)
		b.fails(1, 503)
	}
}

// probed makes an arm fail, and a probe of it answer.
func probed() *bench {
	b := newBench()
	b.fails(3, 503)
	b.pass(2 * time.Second)
	b.arm.Claim(b.now)
	b.pass(300 * time.Millisecond)
	b.answers(1, 0.1, 1000)
	return b
}

func TestOneProbeBringsAnArmBackWithARisingShare(t *testing.T) {
	b := probed()
	last := 0.0
	for range 3 {
		s, share := b.arm.Standing(b.now)
		if s != Ramping || share <= last || share >= 1 {
			t.Fatalf("standing %v with a share of %g after %g", s, share, last)
		}
		last = share
		b.pass(900 * time.Millisecond)
	}
	b.pass(time.Second)
	if b.standing() != Up {
		t.Errorf("four seconds after the probe: %v", b.standing())
	}
	b.pass(time.Minute)
	b.answers(1, 0.1, 1000)
	if b.Troubled() {
		t.Error("a minute later it is still looked at twice")
	}
}

func TestAFailureOnTheWayBackIsTheSameTrouble(t *testing.T) {
	b := probed()
	b.pass(time.Second)
	b.fails(1, 503)
	b.pass(1900 * time.Millisecond)
	if b.standing() != Resting {
		t.Errorf("1.9 of 2 s after: %v", b.standing())
	}
}

// TestWhatBeganBeforeItCameBackSaysNothing: where a provider hangs, requests time out long after it is well again.
func TestWhatBeganBeforeItCameBackSaysNothing(t *testing.T) {
	b := probed()
	b.pass(5 * time.Second)
	for range 10 {
		b.Observe(&Observation{Provider: "p", Model: "m", Outcome: Failed, Done: true, Elapsed: 30 * time.Second})
	}
	if b.standing() != Up {
		t.Errorf("standing %v", b.standing())
	}
}

func TestAnAnswerThatBeganBeforeTheFailuresDoesNotBringItBack(t *testing.T) {
	b := newBench()
	b.fails(3, 503)
	b.pass(1500 * time.Millisecond)
	b.Observe(&Observation{Provider: "p", Model: "m", Outcome: Answered, Done: true, FirstByte: time.Second, Elapsed: 20 * time.Second})
	if b.standing() != Due {
		t.Errorf("standing %v", b.standing())
	}
}

func TestAnArmThatNobodyTriesIsGivenANewStart(t *testing.T) {
	b := newBench()
	b.fails(3, 503)
	b.pass(11 * time.Minute)
	if b.standing() != Up {
		t.Error("down eleven minutes after the last failure")
	}
}

func TestWithoutTrustNothingIsUnderWay(t *testing.T) {
	b := newBench()
	b.arm.Begin()
	b.arm.Begin()
	b.arm.End()
	if b.arm.Busy() != 1 {
		t.Errorf("%d under way", b.arm.Busy())
	}
	b.Trust(false)
	if b.arm.Busy() != 0 || b.Trusted() {
		t.Errorf("%d under way, though nobody knows", b.arm.Busy())
	}
}
