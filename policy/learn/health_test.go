package learn

import (
	"testing"
	"time"
)

func failure(status int, retryAfter time.Duration) *Observation {
	return &Observation{Provider: "p", Model: "m", Outcome: OutcomeOf(status, retryAfter, false), Done: true, Elapsed: 100 * time.Millisecond, RetryAfter: retryAfter}
}

func (b *bench) down() bool {
	down, _ := b.arm.Health(b.now)
	return down
}

func (b *bench) probe() float64 {
	_, share := b.arm.Health(b.now)
	return share
}

func TestThreeFailuresInARowTakeAnArmDown(t *testing.T) {
	for name, status := range map[string]int{"5xx": 503, "no answer": 0, "too many requests": 429, "overloaded": 529} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			b.answers(50, 0.5, 1000)
			b.Observe(failure(status, 0))
			b.Observe(failure(status, 0))
			if b.down() {
				t.Error("down after two")
			}
			if o := b.arm.Outlook(b.now, 1000, 0); o.FailChance < 0.5 {
				t.Errorf("after two failures the next is given a chance of %.2f to fail", o.FailChance)
			}
			b.Observe(failure(status, 0))
			if !b.down() || b.probe() != 0 {
				t.Errorf("down: %v, probed at once with a share of %g", b.down(), b.probe())
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
	if b.down() {
		t.Error("bad requests and impatient clients took it down")
	}
}

func TestHalfOfManyAttemptsFailingTakesAnArmDown(t *testing.T) {
	b := newBench()
	for range 6 {
		b.answers(1, 0.5, 1000)
		b.Observe(failure(500, 0))
		b.Observe(failure(500, 0))
	}
	if !b.down() {
		t.Error("two of three fail, and it is not down")
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	b := newBench()
	b.answers(50, 0.5, 1000)
	b.Observe(failure(429, 20*time.Second))
	b.pass(19 * time.Second)
	if !b.down() || b.probe() != 0 {
		t.Errorf("after 19 of 20 s: down %v, probed with a share of %g", b.down(), b.probe())
	}
	b.pass(2 * time.Second)
	if share := b.probe(); share <= 0 || share > 0.05 {
		t.Errorf("after 21 s it is probed with a share of %g", share)
	}
}

func TestProbesBringAnArmBackStepByStep(t *testing.T) {
	b := newBench()
	for range 3 {
		b.Observe(failure(503, 0))
	}
	b.pass(2 * time.Second)
	first := b.probe()
	b.Observe(failure(503, 0))
	if b.probe() != 0 {
		t.Error("no pause after a probe that failed")
	}
	b.pass(time.Minute)
	second := b.probe()
	if second >= first || second <= 0 {
		t.Errorf("a share of %g, and after a failed probe %g", first, second)
	}
	for n := 0; b.down(); n++ {
		if n == 6 {
			t.Fatal("six probes answered, and it is still down")
		}
		b.answers(1, 0.5, 1000)
	}
}

func TestAnArmThatNobodyTriesIsGivenANewStart(t *testing.T) {
	b := newBench()
	for range 3 {
		b.Observe(failure(503, 0))
	}
	b.pass(11 * time.Minute)
	if b.down() {
		t.Error("down eleven minutes after the last failure")
	}
}
