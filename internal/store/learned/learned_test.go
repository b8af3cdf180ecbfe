package learned_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/redistest"
	"github.com/llmroute/llmroute/internal/store/learned"
	"github.com/llmroute/llmroute/policy/learn"
)

// taught is a state that knows one model, whose answers begin after firstByte; 0: it knows that there is one.
func taught(firstByte time.Duration) *learn.State {
	s := learn.New(time.Now)
	s.Arm("p", "m")
	for range 50 {
		if firstByte > 0 {
			s.Observe(&learn.Observation{Provider: "p", Model: "m", Outcome: learn.Answered, Done: true, Stream: true, FirstByte: firstByte, Elapsed: 2 * firstByte})
		}
	}
	return s
}

func firstByte(s *learn.State) float64 {
	o := s.Arm("p", "m").Outlook(learn.Ask(time.Now(), 100), 0)
	return o.FirstByte
}

func TestAFileKeepsWhatWasLearned(t *testing.T) {
	file := learned.File(filepath.Join(t.TempDir(), "learned.json"))
	if s, err := file.Load(); s != nil || err != nil {
		t.Fatalf("before it was written: %v, %v", s, err)
	}
	before := taught(time.Second)
	for range 2 { // the second replaces the first
		if err := file.Save(before.Export()); err != nil {
			t.Fatal(err)
		}
	}
	s, err := file.Load()
	if err != nil {
		t.Fatal(err)
	}
	after := taught(0)
	if err := after.Import(s); err != nil {
		t.Fatal(err)
	}
	if got := firstByte(after); got < 0.9 || got > 1.2 {
		t.Errorf("expects %.2f s", got)
	}
	entries, err := os.ReadDir(filepath.Dir(string(file)))
	if err != nil || len(entries) != 1 {
		t.Fatalf("left behind: %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestACorruptFileIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "learned.json")
	for _, text := range []string{"", "{", `{"version": 99}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := learned.File(path).Load(); s != nil || err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

func open(t *testing.T, r *redistest.Redis) *learned.Redis {
	t.Helper()
	store, err := learned.NewRedis(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestReplicasShareByRedis(t *testing.T) {
	r := redistest.Start(t)
	ctx := context.Background()
	store := open(t, r)
	knows, asks := taught(time.Second), taught(0)
	if err := knows.Share(ctx, store, "one"); err != nil {
		t.Fatal(err)
	}
	if err := asks.Share(ctx, open(t, r), "two"); err != nil {
		t.Fatal(err)
	}
	if got := firstByte(asks); got < 0.9 || got > 1.2 {
		t.Errorf("the other replica expects %.2f s", got)
	}
	if own, err := store.Others(ctx, "one"); err != nil || len(own) != 1 || len(own[0].Arms) != 0 {
		t.Errorf("the other replica told %+v, %v: what it heard of others is not its own to tell", own, err)
	}
}

func TestWithoutRedisWhatIsKnownStaysAndItComesBack(t *testing.T) {
	r := redistest.Start(t)
	ctx := context.Background()
	store := open(t, r)
	state := taught(time.Second)
	r.Stop()
	if err := state.Share(ctx, store, "one"); err == nil {
		t.Fatal("it shared with nobody")
	}
	r.Restart()
	if err := state.Share(ctx, store, "one"); err != nil {
		t.Errorf("Redis is back: %v", err)
	}
	r.Pause()
	defer r.Resume()
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if err := state.Share(short, store, "one"); err == nil {
		t.Error("a Redis that does not answer answered")
	}
	if firstByte(state) == 0 {
		t.Error("what was known is gone")
	}
}

func TestAnUnreadableURLDoesNotShowItsPassword(t *testing.T) {
	_, err := learned.NewRedis("redis://:secret@host:port%/x")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}
