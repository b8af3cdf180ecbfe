package serve

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmroute/llmroute/policy/learn"
)

// fickle keeps the last snapshot, and fails while it is told to.
type fickle struct {
	mu    sync.Mutex // of the next
	kept  *learn.Snapshot
	fault error
	saved int
}

func (f *fickle) Load() (*learn.Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept, f.fault
}

func (f *fickle) Save(s *learn.Snapshot) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil {
		f.kept, f.saved = s, f.saved+1
	}
	return f.fault
}

func (f *fickle) Put(context.Context, string, *learn.Snapshot) error { return f.fails() }

func (f *fickle) Others(context.Context, string) ([]*learn.Snapshot, error) { return nil, f.fails() }

func (f *fickle) fails() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault
}

// fail is nil when it is to work again.
func (f *fickle) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = err
}

func (f *fickle) saves() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.saved
}

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
		store.fail(errors.New("no Redis"))
		time.Sleep(time.Minute)
		synctest.Wait()
		store.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		before := file.saves()
		stop()
		<-done
		if file.saves() != before+1 {
			t.Error("not saved in the end")
		}
		if strings.Count(text.String(), "\n") != 2 || !strings.Contains(text.String(), "no Redis") || !strings.Contains(text.String(), "shared again") {
			t.Errorf("the log says\n%s", text.String())
		}
	})
}

func TestAFileThatCannotBeReadIsAWarning(t *testing.T) {
	var text bytes.Buffer
	m := Memory{File: &fickle{fault: errors.New("corrupt")}}
	m.recall(learn.New(time.Now), slog.New(slog.NewTextHandler(&text, nil)))
	if !strings.Contains(text.String(), "level=WARN") || !strings.Contains(text.String(), "corrupt") {
		t.Errorf("the log says %s", text.String())
	}
}
