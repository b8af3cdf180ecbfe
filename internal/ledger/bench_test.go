package ledger_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/ledger"
	"github.com/llmroute/llmroute/internal/store/sqlite"
	"github.com/llmroute/llmroute/internal/usage"
)

// BenchmarkWrite puts batches of 1,000 into SQLite: the time is that of one batch.
func BenchmarkWrite(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "llmroute.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	if err := store.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	const rows = 1000
	batch := make([]*usage.Record, rows)
	n := 0
	for b.Loop() {
		for i := range batch {
			batch[i] = record(fmt.Sprintf("%032x", n*7919))
			batch[i].Started = begun.Add(time.Duration(n) * 200 * time.Microsecond)
			n++
		}
		if err := store.Write(b.Context(), batch, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkAdd is what a request waits for the ledger.
func BenchmarkAdd(b *testing.B) {
	store, err := sqlite.Open(filepath.Join(b.TempDir(), "llmroute.db"))
	if err != nil {
		b.Fatal(err)
	}
	l, err := ledger.Open(b.Context(), ledger.Options{Store: store, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	r := record("the same")
	b.ReportAllocs()
	for b.Loop() {
		l.Add(r)
	}
}
