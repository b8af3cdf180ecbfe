package learn

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestStateSurvivesARestart(t *testing.T) {
	b := newBench()
	b.Answers("r")
	b.answers(200, 0.5, 1000)
	b.Observe(failure(429, time.Minute))
	text, err := json.Marshal(b.Export())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSnapshot(text)
	if err != nil {
		t.Fatal(err)
	}
	after := newBench()
	after.now = b.now.Add(10 * time.Second)
	if err := after.Import(s); err != nil {
		t.Fatal(err)
	}
	if got, want := after.firstByte(1000), b.firstByte(1000); !near(got, want, 1.01) {
		t.Errorf("expects %.3f s after the restart, %.3f before", got, want)
	}
	if after.standing() == Up {
		t.Error("the minute that the provider asked for is forgotten")
	}
	if tokens, ok := after.Answers("r").Tokens(); !ok || !near(tokens, 100, 1.1) {
		t.Errorf("answers have %.0f tokens", tokens)
	}
}

func TestSnapshotsThatNoOneWroteAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":             `{`,
		"another version":     `{"version": 2}`,
		"a negative count":    `{"version": 1, "arms": [{"first_byte": {"count": -1}}]}`,
		"no variance":         `{"version": 1, "arms": [{"first_byte": {"count": 1}}]}`,
		"a mean beyond reach": `{"version": 1, "arms": [{"first_byte": {"mean": 1e300, "var": 1, "count": 1}}]}`,
		"offsets alone":       `{"version": 1, "arms": [{"offsets": [1]}]}`,
		"a bad route":         `{"version": 1, "routes": [{"length": {"mean": 99, "var": 1, "count": 1}}]}`,
	} {
		if _, err := ParseSnapshot([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestReplicasLearnFromEachOther(t *testing.T) {
	store, ctx := &Memory{}, context.Background()
	a, b := newBench(), newBench()
	a.answers(200, 0.5, 1000)
	b.now = a.now
	for range 3 { // more often tells no more
		if err := a.Share(ctx, store, "a"); err != nil {
			t.Fatal(err)
		}
		if err := b.Share(ctx, store, "b"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := b.firstByte(1000), a.firstByte(1000); !near(got, want, 1.01) {
		t.Errorf("b expects %.3f s, a %.3f", got, want)
	}
	if n := b.arm.seen.Load().First.N; n > a.arm.seen.Load().First.N+1 {
		t.Errorf("b believes %.0f observations, a made %.0f", n, a.arm.seen.Load().First.N)
	}
	if arms := b.Export().Arms; len(arms) != 0 {
		t.Errorf("b tells what it was told: %+v", arms)
	}
	b.answers(100, 2, 1000) // and its own eyes count too
	if got := b.firstByte(1000); got < 0.8 {
		t.Errorf("b sees 2 s and expects %.2f", got)
	}
}

func FuzzParseSnapshot(f *testing.F) {
	b := newBench()
	b.answers(3, 0.5, 1000)
	text, _ := json.Marshal(b.Export())
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSnapshot(text)
		if err != nil {
			return
		}
		b := newBench()
		if err := b.Import(s); err != nil {
			t.Fatal(err)
		}
		b.answers(2, 0.5, 1000)
		for _, r := range s.Arms {
			o := b.Arm(r.Provider, r.Model).Outlook(Ask(b.now, 100), 100)
			if math.IsNaN(o.Seconds()) || math.IsInf(o.Seconds(), 0) || o.Seconds() < 0 {
				t.Fatalf("%+v", o)
			}
		}
	})
}
