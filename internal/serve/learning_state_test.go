package serve

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// fickle keeps the last snapshot, and fails while it is told to.
type fickle struct {
	kept  *learn.Snapshot
	fails error
	saved int
}

func (f *fickle) Load() (*learn.Snapshot, error) { return f.kept, f.fails }

func (f *fickle) Save(s *learn.Snapshot) error {
	if f.fails == nil {
		f.kept, f.saved = s, f.saved+1
	}
	return f.fails
}

func (f *fickle) Put(context.Context, string, *learn.Snapshot) error { return f.fails }

func (f *fickle) Others(context.Context, string) ([]*learn.Snapshot, error) { return nil, f.fails }

func TestTroubleWithTheStoreIsLoggedWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, nil))
		file, store := &fickle{}, &fickle{}
		state := learn.New(time.Now)
		m := Memory{File: file, Store: store, Replica: "one"}
		m.recall(state, log)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.keep(ctx, state, func(time.Time) {}, log)
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		store.fails = errors.New("no Redis")
		time.Sleep(time.Minute)
		synctest.Wait()
		store.fails = nil
		time.Sleep(time.Minute)
		synctest.Wait()
		before := file.saved
		stop()
		<-done
		if file.saved != before+1 {
			t.Error("not saved in the end")
		}
		if strings.Count(text.String(), "\n") != 2 || !strings.Contains(text.String(), "no Redis") || !strings.Contains(text.String(), "shared again") {
			t.Errorf("the log says\n%s", text.String())
		}
	})
}

func TestAFileThatCannotBeReadIsAWarning(t *testing.T) {
	var text bytes.Buffer
	m := Memory{File: &fickle{fails: errors.New("corrupt")}}
	m.recall(learn.New(time.Now), slog.New(slog.NewTextHandler(&text, nil)))
	if !strings.Contains(text.String(), "level=WARN") || !strings.Contains(text.String(), "corrupt") {
		t.Errorf("the log says %s", text.String())
	}
}
