package postgres_test

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/postgrestest"
	"github.com/llmroute/llmroute/internal/store/postgres"
	"github.com/llmroute/llmroute/internal/usage"
)

func TestAConnectionStringThatCannotBeReadIsNotRepeated(t *testing.T) {
	for _, dsn := range []string{"postgres://u:hunter2@host:port/db", "hunter2", "postgres://u:hunter2@/%zz"} {
		_, err := postgres.Open(dsn)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

func TestALedgerThatIsNotThereIsSaidToBe(t *testing.T) {
	server := postgrestest.Start(t)
	dsn := server.Database(t)
	if _, err := postgres.Read(t.Context(), dsn); err == nil || !strings.Contains(err.Error(), "llmroute serve makes it") {
		t.Errorf("%v", err)
	}
}

func TestAServerThatDiesAndComesBackLosesNothing(t *testing.T) {
	server := postgrestest.Start(t)
	dsn := server.Database(t)
	store, err := postgres.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	server.Stop() // down when llmroute starts
	l, err := ledger.Open(t.Context(), ledger.Options{
		Store: store, Patient: true, Spill: filepath.Join(t.TempDir(), "spill"), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	added := 0
	add := func(n int) {
		for range n {
			added++
			l.Add(&usage.Record{ID: fmt.Sprint(added), Started: time.Now(), Status: 200})
		}
	}
	await := func(what string, ok func(ledger.Stats) bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !ok(l.Stats()); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: still %+v", what, l.Stats())
			}
		}
	}
	add(50)
	await("spilled while it was down", func(s ledger.Stats) bool { return s.Spilled == 50 })
	server.Restart()
	await("replayed", func(s ledger.Stats) bool { return s.Replayed == 50 && !s.Down })
	add(50)
	await("written", func(s ledger.Stats) bool { return s.Written == 50 })
	server.Stop()
	add(50)
	await("spilled again", func(s ledger.Stats) bool { return s.Spilled == 100 })
	server.Restart()
	await("replayed again", func(s ledger.Stats) bool { return s.Replayed == 100 })
	sums, err := l.Usage(t.Context(), ledger.Query{})
	if total := ledger.Total(sums); err != nil || total.Requests != int64(added) {
		t.Errorf("%d rows, want %d (%v)", total.Requests, added, err)
	}
}
