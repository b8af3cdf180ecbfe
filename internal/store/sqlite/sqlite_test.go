package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

func made(t *testing.T, path string) ledger.Store {
	t.Helper()
	s, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAReaderSeesWhatAWriterCommitsMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llmroute.db")
	w := made(t, path)
	r, err := sqlite.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range 3 {
		if err := w.Write(t.Context(), []*usage.Record{{ID: string(rune('a' + n)), Started: time.Now()}}, nil); err != nil {
			t.Fatal(err)
		}
		sums, err := r.Usage(t.Context(), ledger.Query{})
		if got := ledger.Total(sums).Requests; err != nil || got != int64(n+1) {
			t.Errorf("%d rows, want %d (%v)", got, n+1, err)
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llmroute.db")
	made(t, path)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
	}
}

func TestWhatIsNoLedgerIsNotRead(t *testing.T) {
	dir := t.TempDir()
	garbage, newer := filepath.Join(dir, "garbage.db"), filepath.Join(dir, "newer.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	made(t, newer)
	db, err := sql.Open("sqlite", newer)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO llmroute_migrations VALUES (99, 0)"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.db"): "there is no ledger yet", garbage: "not a database", newer: "written by a newer llmroute",
	} {
		if _, err := sqlite.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	s, err := sqlite.Open(newer)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); !errors.Is(err, ledger.ErrNewer) {
		t.Errorf("a newer ledger was migrated: %v", err)
	}
	if _, err := sqlite.Open(filepath.Join(dir, "no", "folder.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestALockedDatabaseIsWaitedForNoLongerThanTheCallerSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llmroute.db")
	s := made(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	record := []*usage.Record{{ID: "a", Started: time.Now()}}
	if err := s.Write(ctx, record, nil); err == nil || errors.Is(err, ledger.ErrRefused) {
		t.Errorf("written to a locked database: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), record, nil); err != nil {
		t.Error(err)
	}
}
